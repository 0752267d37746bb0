"""The DNS zone and its records."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from engine.goal import Change, Completed, Differs, Goal, Holds, Question, State
from tools import az

#: As `az network dns` has it. Without it az would ask for the newest one first.
API_VERSION = "2018-05-01"


def shown(zone: str, group: str, subscription: UUID) -> Question:
    return _resource("", zone, group, subscription)


def address(label: str, zone: str, group: str, subscription: UUID) -> Question:
    """The addresses in the A record of ``label``, sorted; absent where there is none."""

    def addresses(completed: Completed) -> list[str]:
        return sorted(one["ipv4Address"] for one in az.answer(completed)["properties"].get("ARecords") or [])

    return replace(_resource(f"/A/{label}", zone, group, subscription), read=addresses)


def _resource(below: str, zone: str, group: str, subscription: UUID) -> Question:
    """By its id: `az network` loads nine hundred modules before it asks anything, `az resource` is loaded anyway."""
    place = f"/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Network/dnsZones/{zone}{below}"
    command = az.az("resource", "show", "--ids", place, "--api-version", API_VERSION)
    return az.question(command, topic=f"dns/{zone}/records" if below else f"dns/{zone}")


def records(zone: str, group: str, subscription: UUID) -> Question:
    """All record sets of a zone."""
    words = ("network", "dns", "record-set", "list", "--zone-name", zone, "--resource-group", group)
    return az.question(az.az(*words, subscription=subscription), topic=f"dns/{zone}/records")


def owned_by(owner: str, record_sets: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The record sets that ExternalDNS wrote for ``owner``: its TXT ownership records and what they stand beside.

    ExternalDNS names the ownership record of A record ``www`` ``a-www``, of a CNAME ``cname-www``."""
    marks = {
        record["name"]
        for record in record_sets
        for text in record.get("TXTRecords") or record.get("txtRecords") or []
        if f"external-dns/owner={owner}" in "".join(text["value"]).split(",")
    }
    owned = {
        (kind, mark.removeprefix(f"{kind.lower()}-"))
        for mark in marks
        for kind in ("A", "AAAA", "CNAME")
        if mark.startswith(f"{kind.lower()}-")
    }
    return [
        record
        for record in record_sets
        if (kind_of(record) == "TXT" and record["name"] in marks) or (kind_of(record), record["name"]) in owned
    ]


def kind_of(record: dict[str, Any]) -> str:
    """A record set's kind: A, TXT, CNAME, …"""
    return str(record["type"]).rsplit("/", 1)[-1]


def removed(record: dict[str, Any], zone: str, group: str, subscription: UUID) -> Goal:
    """This record set is gone from the zone."""
    kind, name = kind_of(record), record["name"]

    def judge(record_sets: list[dict[str, Any]]) -> State:
        there = any(r["name"] == name and kind_of(r) == kind for r in record_sets)
        return Differs((Change("remove", f"{kind} record {name} in {zone}"),)) if there else Holds()

    words = ("network", "dns", "record-set", kind.lower(), "delete", "--name", name, "--zone-name", zone)
    delete = az.az(*words, "--resource-group", group, "--yes", subscription=subscription)
    return Goal(f"no {kind} record {name}", asks=(records(zone, group, subscription),), judge=judge, acts=(delete,))
