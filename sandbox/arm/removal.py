"""Resources taken away: what lies below goes first, and in a group those that others need go last."""

from typing import TYPE_CHECKING

from sandbox.arm import types
from sandbox.arm.ids import ResourceId
from sandbox.errors import AzureError
from sandbox.store import Document

if TYPE_CHECKING:
    from sandbox.world import World

GROUP = "Microsoft.Resources/resourceGroups"


async def remove(world: "World", id: ResourceId) -> None:
    """Remove what lies below ``id`` and then itself. Of a group's resources those that others need go last."""
    table = world.store.table("resources")
    if id.type == GROUP:
        await _empty(world, id)
        _forget_deployments(world, id)
    below = sorted((key for key in table if key.startswith(id.key + "/")), key=lambda key: -key.count("/"))
    for key in [*below, id.key]:
        document = table.get(key)
        if document is None:
            continue  # a parent's removal took it along
        kind = types.find(document["type"])
        if kind:
            await kind.remove(world, document)
        if key in table:
            del table[key]


def _forget_deployments(world: "World", group: ResourceId) -> None:
    """A group's history of template deployments, which are no resources, goes with it."""
    store = world.store
    for history in (store.table("deployments"), store.table("deployment_operations", quiet=True)):
        for key in history:
            if key.startswith(group.key + "/"):
                del history[key]


async def _empty(world: "World", group: ResourceId) -> None:
    """Delete a group's resources, round by round as long as a round gets rid of something."""
    while members := _top_level(world, group):
        refusals: list[AzureError] = []
        for document in members:
            kind = types.find(document["type"])
            try:
                if kind:
                    kind.deletable(world, document)
            except AzureError as refusal:
                refusals.append(refusal)
            else:
                await remove(world, ResourceId(document["id"]))
        if len(refusals) == len(members):
            raise refusals[0]


def _top_level(world: "World", group: ResourceId) -> list[Document]:
    """The stored resources right in a group: no children, no extensions of others."""
    prefix = f"{group.key}/providers/"
    return [
        document
        for key, document in list(world.store.table("resources").items())
        if key.startswith(prefix) and key.count("/") == prefix.count("/") + 2 and key.count("/providers/") == 1
    ]
