"""Microsoft.Authorization: locks, which keep what they stand on from being deleted or changed."""

from typing import TYPE_CHECKING

from sandbox.arm.ids import ResourceId
from sandbox.arm.locking import LOCKS
from sandbox.arm.shapes import Choice, Fields, fitted
from sandbox.arm.types import ResourceType, register
from sandbox.errors import AzureError
from sandbox.store import Document

if TYPE_CHECKING:
    from sandbox.world import World

_SHAPE = Fields(
    "ManagementLockProperties",
    {
        "level": Choice("LockLevel", ("CanNotDelete", "ReadOnly", "NotSpecified")), "notes": str,
        "owners": [Fields("ManagementLockOwner", {"applicationId": str})],
    },
)  # fmt: skip


class Lock(ResourceType):
    """A lock holds for its scope and all below; ``sandbox.arm.locking`` enforces it."""

    name = LOCKS
    api_versions = frozenset({"2015-01-01", "2016-09-01", "2017-04-01", "2020-05-01"})
    tracked = False
    extension = True

    def desired(self, world: "World", id: ResourceId, body: Document, existing: Document | None) -> Document:
        properties = fitted(body.get("properties") or {}, _SHAPE)
        if properties.get("level") in (None, "NotSpecified"):
            raise AzureError(400, "LockLevelNotSpecified", f"The level of the lock '{id.name}' is not specified.")
        return {"id": id.text, "name": id.name, "type": self.name, "properties": properties}


register(Lock())
