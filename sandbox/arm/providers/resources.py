"""Microsoft.Resources: resource groups."""

import re
from typing import TYPE_CHECKING

from sandbox.arm import api_versions
from sandbox.arm.ids import ResourceId
from sandbox.arm.types import ResourceType, register
from sandbox.errors import AzureError
from sandbox.store import Document

if TYPE_CHECKING:
    from sandbox.world import World


class ResourceGroup(ResourceType):
    """A resource group. Deleting one takes minutes in Azure, mostly those of what is in it."""

    name = "Microsoft.Resources/resourceGroups"
    api_versions = api_versions.RESOURCES
    delete_s = 90

    def desired(self, world: "World", id: ResourceId, body: Document, existing: Document | None) -> Document:
        _check_name(id.name)
        group = super().desired(world, id, {**body, "properties": {}}, existing)
        if body.get("managedBy"):
            group["managedBy"] = body["managedBy"]
        elif existing and "managedBy" in existing:
            group["managedBy"] = existing["managedBy"]
        group["properties"] = {"provisioningState": "Succeeded"}
        return group


def _check_name(name: str) -> None:
    """Up to 90 letters, digits, and ``-_.()``, not ending with a full stop."""
    strange = sorted(set(re.findall(r"[^\w.()-]", name)))
    if strange:
        raise AzureError(
            400, "InvalidResourceGroup", f"The provided resource group name '{name}' has these invalid characters: "
            f"'{''.join(strange)}'. The name can only be a letter, digit, '-', '.', '(', ')' or '_'.",
        )  # fmt: skip
    if name.endswith("."):
        raise AzureError(400, "InvalidResourceGroup", f"The provided resource group name '{name}' ends with a period.")
    if len(name) > 90:
        raise AzureError(
            400,
            "InvalidResourceGroup",
            f"The provided resource group name '{name}' has more than 90 characters.",
        )


register(ResourceGroup())
