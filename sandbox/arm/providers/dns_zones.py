"""Microsoft.Network: public DNS zones, made with their SOA and NS record sets."""

import re
import zlib
from typing import TYPE_CHECKING

from starlette.responses import Response

from sandbox.arm import answers, filters, locations, resources, roles
from sandbox.arm.endpoints import Call, endpoint
from sandbox.arm.ids import ResourceId
from sandbox.arm.providers import dns_records
from sandbox.arm.shapes import READ_ONLY, Choice, Fields, fitted
from sandbox.arm.types import ResourceType, register
from sandbox.errors import AzureError
from sandbox.store import Document

if TYPE_CHECKING:
    from sandbox.world import World

_SHAPE = Fields(
    "ZoneProperties",
    {
        "zoneType": Choice("ZoneType", ("Public", "Private")), "registrationVirtualNetworks": [dict],
        "resolutionVirtualNetworks": [dict], "nameServers": READ_ONLY, "numberOfRecordSets": READ_ONLY,
        "maxNumberOfRecordSets": READ_ONLY, "maxNumberOfRecordsPerRecordSet": READ_ONLY, "signingKeys": READ_ONLY,
        "provisioningState": READ_ONLY,
    },
)  # fmt: skip

_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")


class DnsZone(ResourceType):
    """A zone; ``nameServers`` are the four that a registrar would have to delegate to."""

    name = "Microsoft.Network/dnsZones"
    api_versions = dns_records.API_VERSIONS
    locations = (locations.GLOBAL,)
    delete_s = 5

    def desired(self, world: "World", id: ResourceId, body: Document, existing: Document | None) -> Document:
        labels = id.name.split(".")
        if len(labels) < 2 or len(id.name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
            raise AzureError(
                400, "BadRequest", f"The zone name '{id.name}' is invalid. It must be two or more labels of letters, "
                "digits, underscores and hyphens, separated by full stops.",
            )  # fmt: skip
        given = fitted(body.get("properties") or {}, _SHAPE)
        zone = super().desired(world, id, {**body, "properties": {}}, existing)
        pool = zlib.crc32(id.key.encode()) % 40 + 1
        domains = ("azure-dns.com", "azure-dns.net", "azure-dns.org", "azure-dns.info")
        zone["properties"] = {
            "maxNumberOfRecordSets": 10000,
            "maxNumberOfRecordsPerRecordSet": None,
            "nameServers": [f"ns{place}-{pool:02}.{domain}." for place, domain in enumerate(domains, 1)],
            "numberOfRecordSets": len(dns_records.of_zone(world, id)) or 2,
            "zoneType": given.get("zoneType", "Public"),
        }
        return zone

    async def realise(self, world: "World", id: ResourceId, desired: Document, existing: Document | None) -> Document:
        if existing is None:
            dns_records.plant(world, id, desired["properties"]["nameServers"])
        return {**desired, "etag": dns_records.new_etag()}

    def shown(self, world: "World", existing: Document) -> Document:
        count = len(dns_records.of_zone(world, ResourceId(existing["id"])))
        return {**existing, "properties": {**existing["properties"], "numberOfRecordSets": count}}


_ZONE = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Network/dnsZones/{zone}"


@endpoint("GET", f"{_ZONE}/recordsets")
@endpoint("GET", f"{_ZONE}/all")
async def _all_records(call: Call) -> Response:
    zone = ResourceId(call.path.rpartition("/")[0])
    resources.require(call.world, call.principal, zone, api_version=call.api_version)
    roles.require(call.world, call.principal, "Microsoft.Network/dnsZones/recordsets/read", zone.text)
    query = call.request.query_params
    suffix = query.get("$recordsetnamesuffix", "").lower()
    found = [one for one in dns_records.of_zone(call.world, zone) if one["name"].lower().endswith(suffix)]
    top = query.get("$top", "")
    return answers.listed(filters.applied(query.get("$filter", ""), found)[: int(top) if top.isdigit() else None])


register(DnsZone())
