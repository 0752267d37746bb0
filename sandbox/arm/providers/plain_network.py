"""Microsoft.Network: security groups and load balancers, kept as they are given."""

import uuid
from typing import TYPE_CHECKING, ClassVar

from sandbox.arm import resources
from sandbox.arm.ids import ResourceId
from sandbox.arm.providers.network import API_VERSIONS, new_etag
from sandbox.arm.shapes import READ_ONLY, Fields, fitted
from sandbox.arm.types import ResourceType, register
from sandbox.errors import AzureError
from sandbox.store import Document

if TYPE_CHECKING:
    from sandbox.world import World

_SERVER_MADE = {"provisioningState": READ_ONLY, "resourceGuid": READ_ONLY}


class Plain(ResourceType):
    """A type whose properties are lists of named parts, each of which gets an id and an etag of its own."""

    api_versions = API_VERSIONS
    put_s = 3
    delete_s = 5
    shape: ClassVar[Fields]

    def desired(self, world: "World", id: ResourceId, body: Document, existing: Document | None) -> Document:
        properties = fitted(body.get("properties") or {}, self.shape)
        for member, kind in self.shape.members.items():
            if kind == [dict]:
                parts = properties.get(member) or []
                properties[member] = [self._part(id, member, part) for part in parts]
        plain = super().desired(world, id, {**body, "properties": {}}, existing)
        plain["properties"] = {**properties, "provisioningState": "Succeeded"}
        return plain

    def _part(self, id: ResourceId, member: str, part: Document) -> Document:
        content = {**(part.get("properties") or {}), "provisioningState": "Succeeded"}
        place = f"{id.text}/{member}/{part.get('name', '')}"
        return {**part, "id": place, "type": f"{self.name}/{member}", "properties": content}

    async def realise(self, world: "World", id: ResourceId, desired: Document, existing: Document | None) -> Document:
        guid = (existing or {}).get("properties", {}).get("resourceGuid") or str(uuid.uuid4())
        return {**desired, "etag": new_etag(), "properties": {**desired["properties"], "resourceGuid": guid}}


class NetworkSecurityGroup(Plain):
    """Firewall rules of subnets and network cards."""

    name = "Microsoft.Network/networkSecurityGroups"
    shape = Fields(
        "NetworkSecurityGroupPropertiesFormat",
        {
            "securityRules": [dict], "flushConnection": bool, "defaultSecurityRules": READ_ONLY,
            "networkInterfaces": READ_ONLY, "subnets": READ_ONLY, "flowLogs": READ_ONLY, **_SERVER_MADE,
        },
    )  # fmt: skip

    def deletable(self, world: "World", existing: Document) -> None:
        used_by = resources.users(world, ResourceId(existing["id"]))
        if used_by:
            raise AzureError(
                400, "InUseNetworkSecurityGroupCannotBeDeleted", f"Network security group {existing['id']} cannot be "
                f"deleted because it is in use by the following resources: {', '.join(used_by)}.",
            )  # fmt: skip


class LoadBalancer(Plain):
    """A load balancer, such as a cluster makes for its services."""

    name = "Microsoft.Network/loadBalancers"
    shape = Fields(
        "LoadBalancerPropertiesFormat",
        {
            "frontendIPConfigurations": [dict], "backendAddressPools": [dict], "loadBalancingRules": [dict],
            "probes": [dict], "inboundNatRules": [dict], "inboundNatPools": [dict], "outboundRules": [dict],
            "scope": str, **_SERVER_MADE,
        },
    )  # fmt: skip


register(NetworkSecurityGroup())
register(LoadBalancer())
