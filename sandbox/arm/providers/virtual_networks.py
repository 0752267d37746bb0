"""Microsoft.Network: virtual networks and their subnets, which may be written with the network or by themselves."""

import ipaddress
import uuid
from typing import TYPE_CHECKING

from sandbox.arm import refusals, resources
from sandbox.arm.ids import ResourceId
from sandbox.arm.providers.network import API_VERSIONS, REFERENCE, new_etag
from sandbox.arm.shapes import READ_ONLY, Fields, fitted
from sandbox.arm.types import ResourceType, register
from sandbox.errors import AzureError
from sandbox.store import Document

if TYPE_CHECKING:
    from sandbox.world import World

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

SUBNET = "Microsoft.Network/virtualNetworks/subnets"

_SUBNET_SHAPE = Fields(
    "SubnetPropertiesFormat",
    {
        "addressPrefix": str, "addressPrefixes": [str], "networkSecurityGroup": REFERENCE, "routeTable": REFERENCE,
        "natGateway": REFERENCE, "serviceEndpoints": [dict], "serviceEndpointPolicies": [REFERENCE],
        "delegations": [dict], "privateEndpointNetworkPolicies": str, "privateLinkServiceNetworkPolicies": str,
        "applicationGatewayIPConfigurations": [dict], "ipAllocations": [REFERENCE], "sharingScope": str,
        "defaultOutboundAccess": bool, "ipamPoolPrefixAllocations": [dict], "purpose": READ_ONLY,
        "provisioningState": READ_ONLY, "ipConfigurations": READ_ONLY, "privateEndpoints": READ_ONLY,
        "resourceNavigationLinks": READ_ONLY, "serviceAssociationLinks": READ_ONLY,
        "ipConfigurationProfiles": READ_ONLY, "serviceGateway": REFERENCE,
    },
)  # fmt: skip
_SHAPE = Fields(
    "VirtualNetworkPropertiesFormat",
    {
        "addressSpace": Fields("AddressSpace", {"addressPrefixes": [str], "ipamPoolPrefixAllocations": [dict]}),
        "dhcpOptions": Fields("DhcpOptions", {"dnsServers": [str]}),
        "subnets": [dict], "virtualNetworkPeerings": [dict], "enableDdosProtection": bool, "enableVmProtection": bool,
        "ddosProtectionPlan": REFERENCE, "bgpCommunities": dict, "encryption": dict, "ipAllocations": [REFERENCE],
        "flowTimeoutInMinutes": int, "privateEndpointVNetPolicies": str, "provisioningState": READ_ONLY,
        "resourceGuid": READ_ONLY, "flowLogs": READ_ONLY, "defaultPublicNatGateway": READ_ONLY,
    },
)  # fmt: skip


def _networks(prefixes: list[str], owner: str) -> list[Network]:
    found = []
    for prefix in prefixes:
        try:
            found.append(ipaddress.ip_network(prefix))
        except ValueError as error:
            raise AzureError(
                400, "InvalidCIDRNotation", f"The address prefix {prefix} in resource {owner} has an invalid CIDR "
                "notation. For the given prefix length, the address prefix should be "
                f"{_aligned(prefix) or 'of the form 10.0.0.0/16'}.",
            ) from error  # fmt: skip
    return found


def _aligned(prefix: str) -> str:
    try:
        return str(ipaddress.ip_network(prefix, strict=False))
    except ValueError:
        return ""


def _inside(inner: Network, outer: Network) -> bool:
    return inner.version == outer.version and inner.subnet_of(outer)  # type: ignore[arg-type]


def _subnet(id: ResourceId, properties: object, space: list[Network], siblings: list[Document]) -> Document:
    """A subnet as it is stored, checked against the network's address space and the other subnets."""
    content = fitted(properties or {}, _SUBNET_SHAPE)
    prefixes = content.get("addressPrefixes") or ([content["addressPrefix"]] if "addressPrefix" in content else [])
    if not prefixes:
        raise AzureError(
            400, "NoAddressPrefixOrPoolProvided", f"No address prefix or pool has been provided for resource {id.text}."
        )
    network, ranges = id.parent.name, _networks(prefixes, id.text)
    if not all(any(_inside(one, outer) for outer in space) for one in ranges):
        raise AzureError(
            400, "NetcfgSubnetRangeOutsideVnet", f"Subnet '{id.name}' is not valid because its IP address range is "
            f"outside the IP address range of virtual network '{network}'.",
        )  # fmt: skip
    for sibling in siblings:
        if any(one.overlaps(other) for one in ranges for other in _ranges(sibling)):
            raise AzureError(
                400, "NetcfgSubnetRangesOverlap", f"Subnet '{id.name}' is not valid because its IP address range "
                f"overlaps with that of an existing subnet in virtual network '{network}'.",
            )  # fmt: skip
    usual = {
        "delegations": [], "privateEndpointNetworkPolicies": "Disabled", "privateLinkServiceNetworkPolicies": "Enabled",
    }  # fmt: skip
    content = {**usual, **content, "provisioningState": "Succeeded"}
    return {"id": id.text, "name": id.name, "type": SUBNET, "properties": content}


def _ranges(subnet: Document) -> list[Network]:
    properties = subnet["properties"]
    return _networks(properties.get("addressPrefixes") or [properties["addressPrefix"]], subnet["id"])


def _check_unused(world: "World", subnet: ResourceId) -> None:
    used_by = resources.users(world, subnet)
    if used_by:
        raise AzureError(
            400, "InUseSubnetCannotBeDeleted", f"Subnet {subnet.name} is in use by {used_by[0]} and cannot be deleted. "
            "In order to delete the subnet, delete all the resources within the subnet. See aka.ms/deletesubnet.",
        )  # fmt: skip


def _stored_subnets(world: "World", network: ResourceId) -> list[Document]:
    return resources.find(world, SUBNET, network.text)


class VirtualNetwork(ResourceType):
    """A network. Its subnets are resources of their own; it shows them among its properties."""

    name = "Microsoft.Network/virtualNetworks"
    api_versions = API_VERSIONS
    put_s = 4
    delete_s = 10

    def desired(self, world: "World", id: ResourceId, body: Document, existing: Document | None) -> Document:
        properties = fitted(body.get("properties") or {}, _SHAPE)
        prefixes = properties.get("addressSpace", {}).get("addressPrefixes")
        if not prefixes:
            raise AzureError(
                400, "InvalidRequestFormat", f"Cannot parse the request: the virtual network {id.name} needs at least "
                "one address prefix in addressSpace.",
            )  # fmt: skip
        space = _networks(prefixes, id.text)
        subnets: list[Document] = []
        given = properties.get("subnets")
        if given is None:
            standing = _stored_subnets(world, id)
            given = [{"name": one["name"], "properties": one["properties"]} for one in standing]
        for one in given:
            if not one.get("name"):
                raise refusals.content_invalid("A subnet in properties.subnets has no name")
            place = ResourceId(f"{id.text}/subnets/{one['name']}")
            subnets.append(_subnet(place, one.get("properties"), space, subnets))
        usual = {"virtualNetworkPeerings": [], "enableDdosProtection": False}
        network = super().desired(world, id, {**body, "properties": {}}, existing)
        network["properties"] = {**usual, **properties, "subnets": subnets, "provisioningState": "Succeeded"}
        return network

    def beside(self, desired: Document) -> list[Document]:
        return list(desired["properties"]["subnets"])

    async def realise(self, world: "World", id: ResourceId, desired: Document, existing: Document | None) -> Document:
        table = world.store.table("resources")
        properties = dict(desired["properties"])
        wanted = {subnet["id"].lower(): subnet for subnet in properties.pop("subnets")}
        gone = [one for one in _stored_subnets(world, id) if one["id"].lower() not in wanted]
        for subnet in gone:
            _check_unused(world, ResourceId(subnet["id"]))
        for subnet in gone:
            del table[subnet["id"].lower()]
        for key, subnet in wanted.items():
            table[key] = {**subnet, "etag": new_etag()}
        guid = ((existing or {}).get("properties") or {}).get("resourceGuid") or str(uuid.uuid4())
        properties["resourceGuid"] = guid
        return {**desired, "properties": properties, "etag": new_etag()}

    def deletable(self, world: "World", existing: Document) -> None:
        for subnet in _stored_subnets(world, ResourceId(existing["id"])):
            _check_unused(world, ResourceId(subnet["id"]))

    def shown(self, world: "World", existing: Document) -> Document:
        subnets = _stored_subnets(world, ResourceId(existing["id"]))
        return {**existing, "properties": {**existing["properties"], "subnets": subnets}}


class Subnet(ResourceType):
    """A subnet written by itself."""

    name = SUBNET
    api_versions = API_VERSIONS
    tracked = False
    put_s = 3
    delete_s = 5

    def desired(self, world: "World", id: ResourceId, body: Document, existing: Document | None) -> Document:
        network = resources.stored(world, id.parent)
        if network is None:
            raise refusals.parent_not_found(id, self.name)
        space = _networks(network["properties"]["addressSpace"]["addressPrefixes"], network["id"])
        siblings = [one for one in _stored_subnets(world, id.parent) if one["id"].lower() != id.key]
        return _subnet(id, body.get("properties"), space, siblings)

    async def realise(self, world: "World", id: ResourceId, desired: Document, existing: Document | None) -> Document:
        return {**desired, "etag": new_etag()}

    def deletable(self, world: "World", existing: Document) -> None:
        _check_unused(world, ResourceId(existing["id"]))


register(VirtualNetwork())
register(Subnet())
