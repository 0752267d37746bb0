"""Microsoft.ManagedIdentity: user-assigned identities, each with a service principal in the directory."""

import re
from typing import TYPE_CHECKING

from sandbox.arm.ids import ResourceId
from sandbox.arm.types import ResourceType, register
from sandbox.entra import principals
from sandbox.errors import AzureError
from sandbox.store import Document
from sandbox.world import TENANT_ID

if TYPE_CHECKING:
    from sandbox.world import World

API_VERSIONS = frozenset(
    {"2018-11-30", "2022-01-31-preview", "2023-01-31", "2023-07-31-preview", "2024-11-30", "2025-01-31-preview",
     "2025-05-31-preview"}
)  # fmt: skip


class UserAssignedIdentity(ResourceType):
    """An identity: ``principalId`` is its object in the directory, ``clientId`` what it is asked for by."""

    name = "Microsoft.ManagedIdentity/userAssignedIdentities"
    api_versions = API_VERSIONS

    def desired(self, world: "World", id: ResourceId, body: Document, existing: Document | None) -> Document:
        if not re.fullmatch(r"[A-Za-z0-9][\w-]{2,127}", id.name):
            raise AzureError(
                400, "InvalidResourceName", f"The resource name '{id.name}' is invalid. It must be 3 to 128 letters, "
                "digits, hyphens and underscores, and start with a letter or a digit.",
            )  # fmt: skip
        identity = super().desired(world, id, {**body, "properties": {}}, existing)
        identity["properties"] = (existing or {}).get("properties", {"tenantId": TENANT_ID})
        return identity

    async def realise(self, world: "World", id: ResourceId, desired: Document, existing: Document | None) -> Document:
        if existing:
            return desired
        principal = principals.create_service_principal(world, id.name, kind="ManagedIdentity")
        properties = {"tenantId": TENANT_ID, "principalId": principal["id"], "clientId": principal["appId"]}
        return {**desired, "properties": properties}

    async def remove(self, world: "World", existing: Document) -> None:
        principals.remove(world, existing["properties"]["principalId"])


register(UserAssignedIdentity())
