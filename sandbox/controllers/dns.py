"""DNS zones as programs in the cluster see them: as the identity that they signed in with, in the SDK's words."""

from typing import Any

from sandbox.arm import refusals, resources, roles
from sandbox.arm.ids import ResourceId
from sandbox.controllers.azure_sdk import response_error
from sandbox.controllers.cloud import DNS_API
from sandbox.entra.principals import Principal
from sandbox.errors import AzureError
from sandbox.store import Document
from sandbox.world import World

ZONES = "Microsoft.Network/dnsZones"


def zone_id(subscription: str, group: str, name: str) -> ResourceId:
    return ResourceId(f"/subscriptions/{subscription}/resourceGroups/{group}/providers/{ZONES}/{name}")


def nearest_zone(world: World, name: str) -> str:
    """The zone that public name servers answer a name from: the longest one that it lies in; "" for none."""
    zones = [zone["name"].lower() for zone in resources.find(world, ZONES)]
    return max((one for one in zones if f".{name}".endswith(f".{one}")), key=len, default="")


def zones(world: World, principal: Principal, group: ResourceId) -> list[Document]:
    """The zones of a group. Raises SdkError where the principal may not list them."""
    url = f"{world.url}{group.text}/providers/{ZONES}?api-version={DNS_API}"
    try:
        roles.require(world, principal, f"{ZONES}/read", group.text)
        if resources.stored(world, group) is None:
            raise refusals.group_not_found(group.name)
    except AzureError as error:
        seen = [
            one
            for one in resources.find(world, ZONES, group.text)
            if roles.allowed(world, principal, f"{ZONES}/read", one["id"])
        ]
        if seen:
            return seen  # a list is filtered by what the caller may read
        raise response_error("GET", url, error) from error
    return resources.find(world, ZONES, group.text)


def record_sets(world: World, principal: Principal, zone: ResourceId) -> list[Document]:
    """All record sets of a zone. Raises SdkError."""
    try:
        roles.require(world, principal, f"{ZONES}/read", zone.text)
    except AzureError as error:
        url = f"{world.url}{zone.text}/recordsets?api-version={DNS_API}"
        raise response_error("GET", url, error) from error
    prefix = f"{ZONES}/".lower()
    return [one for one in resources.find(world, None, zone.text) if one["type"].lower().startswith(prefix)]


def texts(world: World, principal: Principal | None, zone: ResourceId, name: str) -> list[str]:
    """The values of a TXT record set, [] where there is none. ``principal`` None: as public name servers see it.
    Raises SdkError where the principal may not read it, or there is no such zone."""
    id = ResourceId(f"{zone.text}/TXT/{name}")
    try:
        if principal:
            roles.require(world, principal, f"{ZONES}/TXT/read", id.text)
        if resources.stored(world, ResourceId(f"/subscriptions/{id.subscription}/resourceGroups/{id.group}")) is None:
            raise refusals.group_not_found(id.group)
        if resources.stored(world, zone) is None:
            raise refusals.parent_not_found(id, f"{ZONES}/TXT")
    except AzureError as error:
        raise response_error("GET", f"{world.url}{id.text}?api-version={DNS_API}", error) from error
    found = resources.stored(world, id)
    return ["".join(one["value"]) for one in found["properties"]["TXTRecords"]] if found else []


def text_records(values: list[str]) -> dict[str, Any]:
    return {"TXTRecords": [{"value": [value]} for value in values]}


async def put(
    world: World, principal: Principal, zone: ResourceId, kind: str, name: str, ttl_s: int, records: dict[str, Any]
) -> None:
    """Write a record set. Raises SdkError."""
    id = ResourceId(f"{zone.text}/{kind}/{name}")
    try:
        await resources.put(world, principal, id, {"properties": {"TTL": ttl_s, **records}}, api_version=DNS_API)
    except AzureError as error:
        raise response_error("PUT", f"{world.url}{id.text}?api-version={DNS_API}", error) from error


async def delete(world: World, principal: Principal, zone: ResourceId, kind: str, name: str) -> None:
    """Delete a record set; none there is no error. Raises SdkError."""
    id = ResourceId(f"{zone.text}/{kind}/{name}")
    try:
        await resources.delete(world, principal, id)
    except AzureError as error:
        raise response_error("DELETE", f"{world.url}{id.text}?api-version={DNS_API}", error) from error


async def put_or_delete(
    world: World, principal: Principal, zone: ResourceId, kind: str, name: str, ttl_s: int, records: dict[str, Any],
    any_left: bool,
) -> None:  # fmt: skip
    """Write what is left of a record set, or delete it if nothing is."""
    if any_left:
        await put(world, principal, zone, kind, name, ttl_s, records)
    else:
        await delete(world, principal, zone, kind, name)
