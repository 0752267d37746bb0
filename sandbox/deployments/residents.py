"""What lies right in a resource group: no children, no extensions of others."""

from typing import TYPE_CHECKING

from sandbox.deployments.scope import Scope
from sandbox.store import Document

if TYPE_CHECKING:
    from sandbox.world import World


def residents(world: "World", scope: Scope) -> list[Document]:
    """The stored resources of a group; a subscription has none."""
    prefix = f"{scope.id}/providers/".lower()
    if not scope.group:
        return []
    return [
        document
        for key, document in world.store.table("resources").items()
        if key.startswith(prefix) and key.removeprefix(prefix).count("/") == 2
    ]
