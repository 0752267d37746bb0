"""What locks forbid. They hold for what lies below them too, and a group cannot go while something in it is locked."""

from typing import TYPE_CHECKING

from sandbox.arm import refusals, roles
from sandbox.arm.ids import ResourceId

if TYPE_CHECKING:
    from sandbox.world import World

LOCKS = "Microsoft.Authorization/locks"

# What keeps from an act.
_LEVELS = {"write": ("ReadOnly",), "delete": ("CanNotDelete", "ReadOnly")}


def check(world: "World", id: ResourceId, act: str) -> None:
    """Raise ScopeLocked if a lock keeps ``id`` from ``act``, ``write`` or ``delete``. Locks themselves are free."""
    if id.type.lower() == LOCKS.lower():
        return
    scopes = [
        ResourceId(document["id"]).scope
        for document in world.store.table("resources").values()
        if document["type"] == LOCKS and document["properties"]["level"] in _LEVELS[act]
    ]
    holding = [
        scope for scope in scopes if roles.covers(scope, id.text) or (act == "delete" and roles.covers(id.text, scope))
    ]
    if holding:
        raise refusals.locked(id.text, act, holding)
