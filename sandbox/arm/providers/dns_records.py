"""Microsoft.Network: the record sets of DNS zones, one resource type a record type."""

import ipaddress
import re
import uuid
from typing import TYPE_CHECKING, Any

from sandbox.arm.ids import ResourceId
from sandbox.arm.shapes import READ_ONLY, Fields, fitted
from sandbox.arm.types import ResourceType, register
from sandbox.errors import AzureError
from sandbox.store import Document

if TYPE_CHECKING:
    from sandbox.world import World

API_VERSIONS = frozenset({"2016-04-01", "2017-09-01", "2017-10-01", "2018-05-01", "2023-07-01-preview"})

_SOA = {
    "host": str, "email": str, "serialNumber": int, "refreshTime": int, "retryTime": int, "expireTime": int,
    "minimumTTL": int,
}  # fmt: skip
# Record type -> (member of the properties, shape of its content).
_RECORDS: dict[str, tuple[str, Any]] = {
    "A": ("ARecords", [Fields("ARecord", {"ipv4Address": str})]),
    "AAAA": ("AAAARecords", [Fields("AaaaRecord", {"ipv6Address": str})]),
    "CAA": ("caaRecords", [Fields("CaaRecord", {"flags": int, "tag": str, "value": str})]),
    "CNAME": ("CNAMERecord", Fields("CnameRecord", {"cname": str})),
    "MX": ("MXRecords", [Fields("MxRecord", {"preference": int, "exchange": str})]),
    "NS": ("NSRecords", [Fields("NsRecord", {"nsdname": str})]),
    "PTR": ("PTRRecords", [Fields("PtrRecord", {"ptrdname": str})]),
    "SOA": ("SOARecord", Fields("SoaRecord", _SOA)),
    "SRV": ("SRVRecords", [Fields("SrvRecord", {"priority": int, "weight": int, "port": int, "target": str})]),
    "TXT": ("TXTRecords", [Fields("TxtRecord", {"value": [str]})]),
}
_COMMON = {
    "TTL": int, "metadata": dict, "targetResource": Fields("SubResource", {"id": str}),
    "trafficManagementProfile": Fields("SubResource", {"id": str}), "fqdn": READ_ONLY, "provisioningState": READ_ONLY,
}  # fmt: skip
_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?|\*|@")


def new_etag() -> str:
    return str(uuid.uuid4())


def _bad(message: str) -> AzureError:
    return AzureError(400, "BadRequest", message)


class RecordSet(ResourceType):
    """The records of one type under one name; ``@`` is the zone itself."""

    api_versions = API_VERSIONS
    tracked = False

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind, self.name = kind, f"Microsoft.Network/dnsZones/{kind}"
        self.member, records = _RECORDS[kind]
        self._shape = Fields("RecordSetProperties", {**_COMMON, self.member: records})

    def desired(self, world: "World", id: ResourceId, body: Document, existing: Document | None) -> Document:
        zone = id.parent.name
        if not all(_LABEL.fullmatch(label) for label in id.name.split(".")) or len(f"{id.name}.{zone}") > 253:
            raise _bad(f"The record set name '{id.name}' in the zone '{zone}' is not a valid DNS name.")
        if self.kind == "SOA" and id.name != "@":
            raise _bad("The SOA record set is made with its zone and stands at '@' only.")
        properties = fitted(body.get("properties") or {}, self._shape)
        if self.kind == "SOA" and existing:
            properties[self.member] = {**existing["properties"][self.member], **properties.get(self.member, {})}
        self._check(world, id, properties)
        usual: Document = {"TTL": 3600, "targetResource": {}}
        if isinstance(_RECORDS[self.kind][1], list):
            usual[self.member] = []
        fqdn = f"{zone}." if id.name == "@" else f"{id.name}.{zone}."
        content = {**usual, **properties, "fqdn": fqdn, "provisioningState": "Succeeded"}
        return {"id": id.text, "name": id.name, "type": self.name, "properties": content}

    def _check(self, world: "World", id: ResourceId, properties: Document) -> None:
        """Values, and that a CNAME stands alone under its name."""
        if not 1 <= properties.get("TTL", 3600) <= 2**31 - 1:
            raise _bad(f"The TTL '{properties['TTL']}' of the record set '{id.name}' must be between 1 and 2147483647.")
        for record in properties.get("ARecords", []):
            _check_address(record.get("ipv4Address", ""), 4)
        for record in properties.get("AAAARecords", []):
            _check_address(record.get("ipv6Address", ""), 6)
        for record in properties.get("TXTRecords", []):
            if sum(map(len, record.get("value", []))) > 4096:
                raise _bad(f"A record of the TXT record set '{id.name}' is longer than 4096 characters.")
        if self.kind == "CNAME" and id.name == "@":
            raise _bad("A CNAME record set cannot be created at the zone's apex '@'.")
        others = [
            one
            for one in of_zone(world, id.parent)
            if one["name"].lower() == id.name.lower() and one["id"].lower() != id.key
        ]
        if self.kind == "CNAME" and others:
            raise _bad(
                f"The CNAME record set '{id.name}' cannot be created: a record set of that name already exists in the "
                "zone."
            )
        if any(one["type"].endswith("/CNAME") for one in others):
            raise _bad(
                f"The record set '{id.name}' cannot be created: a CNAME record set of that name already exists in the "
                "zone."
            )

    async def realise(self, world: "World", id: ResourceId, desired: Document, existing: Document | None) -> Document:
        return {**desired, "etag": new_etag()}

    def deletable(self, world: "World", existing: Document) -> None:
        if existing["name"] == "@" and self.kind in ("NS", "SOA"):
            raise _bad(f"The {self.kind} record set at the zone's apex cannot be deleted.")


def _check_address(text: str, version: int) -> None:
    try:
        if ipaddress.ip_address(text).version == version:
            return
    except ValueError:
        pass  # said below, in the same words as for an address of the other kind
    raise _bad(f"The value '{text}' is not a valid IPv{version} address.")


def of_zone(world: "World", zone: ResourceId) -> list[Document]:
    """All record sets of a zone."""
    return [
        document
        for key, document in world.store.table("resources").items()
        if key.startswith(f"{zone.key}/") and document["type"].startswith("Microsoft.Network/dnsZones/")
    ]


def plant(world: "World", zone: ResourceId, name_servers: list[str]) -> None:
    """Write the SOA and NS record sets that a new zone comes with."""
    soa = {
        "host": name_servers[0], "email": "azuredns-hostmaster.microsoft.com", "serialNumber": 1, "refreshTime": 3600,
        "retryTime": 300, "expireTime": 2419200, "minimumTTL": 300,
    }  # fmt: skip
    contents = {"NS": (172800, [{"nsdname": name} for name in name_servers]), "SOA": (3600, soa)}
    for kind, (ttl, records) in contents.items():
        text = f"{zone.text}/{kind}/@"
        properties = {
            "TTL": ttl, "fqdn": f"{zone.name}.", "targetResource": {}, "provisioningState": "Succeeded",
            _RECORDS[kind][0]: records,
        }  # fmt: skip
        world.store.table("resources")[text.lower()] = {
            "id": text, "name": "@", "type": f"Microsoft.Network/dnsZones/{kind}", "etag": new_etag(),
            "properties": properties,
        }  # fmt: skip


for _kind in _RECORDS:
    register(RecordSet(_kind))
