"""Microsoft.Network: public IP addresses, handed out from the ranges that are kept for documentation."""

import ipaddress
from typing import TYPE_CHECKING

from sandbox.arm import resources
from sandbox.arm.ids import ResourceId
from sandbox.arm.providers.network import API_VERSIONS, REFERENCE, new_etag
from sandbox.arm.shapes import READ_ONLY, Choice, Fields, fitted
from sandbox.arm.types import ResourceType, register
from sandbox.errors import AzureError
from sandbox.store import Document

if TYPE_CHECKING:
    from sandbox.world import World

# TEST-NET-2 and TEST-NET-3 (RFC 5737): no packet to them ever leaves for a stranger.
_RANGES = (ipaddress.ip_network("203.0.113.0/24"), ipaddress.ip_network("198.51.100.0/24"))

_SHAPE = Fields(
    "PublicIPAddressPropertiesFormat",
    {
        "publicIPAllocationMethod": Choice("IPAllocationMethod", ("Static", "Dynamic")),
        "publicIPAddressVersion": Choice("IPVersion", ("IPv4", "IPv6")),
        "idleTimeoutInMinutes": int,
        "dnsSettings": Fields(
            "PublicIPAddressDnsSettings",
            {"domainNameLabel": str, "domainNameLabelScope": str, "fqdn": READ_ONLY, "reverseFqdn": str},
        ),
        "ipTags": [dict], "ddosSettings": dict, "publicIPPrefix": REFERENCE, "natGateway": REFERENCE,
        "deleteOption": str, "migrationPhase": str, "linkedPublicIPAddress": REFERENCE, "ipAddress": READ_ONLY,
        "provisioningState": READ_ONLY, "resourceGuid": READ_ONLY, "ipConfiguration": READ_ONLY,
        "servicePublicIPAddress": READ_ONLY,
    },
)  # fmt: skip


class PublicIPAddress(ResourceType):
    """An address; a label in ``dnsSettings`` gives it a name below the region's cloudapp domain."""

    name = "Microsoft.Network/publicIPAddresses"
    api_versions = API_VERSIONS
    put_s = 4
    delete_s = 5

    def desired(self, world: "World", id: ResourceId, body: Document, existing: Document | None) -> Document:
        properties = fitted(body.get("properties") or {}, _SHAPE)
        address = super().desired(world, id, {**body, "properties": {}}, existing)
        address.setdefault("sku", {"name": "Standard", "tier": "Regional"})
        usual = {
            "publicIPAddressVersion": "IPv4", "publicIPAllocationMethod": "Static", "idleTimeoutInMinutes": 4,
            "ipTags": [],
        }  # fmt: skip
        label = properties.get("dnsSettings", {}).get("domainNameLabel")
        if label:
            fqdn = f"{label}.{address['location']}.cloudapp.azure.com"
            _check_free(world, id, fqdn)
            properties["dnsSettings"] = {**properties["dnsSettings"], "fqdn": fqdn}
        address["properties"] = {**usual, **properties, "provisioningState": "Succeeded"}
        return address

    async def realise(self, world: "World", id: ResourceId, desired: Document, existing: Document | None) -> Document:
        standing = (existing or {}).get("properties", {}).get("ipAddress")
        properties = {**desired["properties"], "ipAddress": standing or _next(world)}
        return {**desired, "properties": properties, "etag": new_etag()}

    def deletable(self, world: "World", existing: Document) -> None:
        used_by = resources.users(world, ResourceId(existing["id"]))
        if used_by:
            raise AzureError(
                400, "PublicIPAddressCannotBeDeleted", f"Public IP address {existing['id']} can not be deleted since "
                f"it is still allocated to resource {used_by[0]}. In order to delete the public IP, "
                "disassociate/detach the Public IP address from the resource.",
            )  # fmt: skip


def _addresses(world: "World") -> list[Document]:
    return resources.find(world, PublicIPAddress.name)


def _check_free(world: "World", id: ResourceId, fqdn: str) -> None:
    for other in _addresses(world):
        taken = other["properties"].get("dnsSettings", {}).get("fqdn")
        if taken == fqdn and other["id"].lower() != id.key:
            raise AzureError(
                400, "DnsRecordInUse", f"DNS record {fqdn} is already used by another public IP."
            )  # fmt: skip


def _next(world: "World") -> str:
    """The lowest address that nobody has."""
    taken = {one["properties"].get("ipAddress") for one in _addresses(world)}
    for network in _RANGES:
        for host in network.hosts():
            if str(host) not in taken:
                return str(host)
    raise AzureError(
        400, "PublicIPCountLimitReached", "Cannot create more than "
        f"{sum(network.num_addresses - 2 for network in _RANGES)} public IP addresses for this subscription in this "
        "region.",
    )  # fmt: skip


register(PublicIPAddress())
