"""Virtual networks, subnets, public addresses: ranges, use by others, long operations."""

import asyncio

import pytest
from arm_callers import GROUP, SUBSCRIPTION, Caller, new_world

from sandbox.arm import resources, roles
from sandbox.arm.ids import ResourceId
from sandbox.entra import principals

pytestmark = pytest.mark.anyio

NETWORK = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet"
ADDRESS = f"{GROUP}/providers/Microsoft.Network/publicIPAddresses"


def network(*subnets: tuple[str, str], space: str = "10.0.0.0/16") -> dict:
    parts = [{"name": name, "properties": {"addressPrefix": prefix}} for name, prefix in subnets]
    return {
        "location": "westeurope",
        "properties": {"addressSpace": {"addressPrefixes": [space]}, **({"subnets": parts} if parts else {})},
    }


async def test_subnets_come_with_the_network_or_by_themselves(lab: Caller) -> None:
    made = await lab.put(NETWORK, network(("nodes", "10.0.0.0/24")))
    assert [one["name"] for one in made["properties"]["subnets"]] == ["nodes"]
    await lab.put(f"{NETWORK}/subnets/pods", {"properties": {"addressPrefix": "10.0.1.0/24"}})
    names = [one["name"] for one in (await lab.get(NETWORK))["properties"]["subnets"]]
    assert names == ["nodes", "pods"] == [one["name"] for one in (await lab.get(f"{NETWORK}/subnets"))["value"]]
    assert (await lab.get(f"{NETWORK}/subnets/nodes"))["properties"]["addressPrefix"] == "10.0.0.0/24"


async def test_a_network_written_without_subnets_keeps_them(lab: Caller) -> None:
    first = await lab.put(NETWORK, network(("nodes", "10.0.0.0/24")))
    again = await lab.put(NETWORK, network())
    assert [one["name"] for one in again["properties"]["subnets"]] == ["nodes"]
    assert again["properties"]["resourceGuid"] == first["properties"]["resourceGuid"]
    gone = await lab.put(NETWORK, network(("pods", "10.0.0.0/24")))
    assert [one["name"] for one in gone["properties"]["subnets"]] == ["pods"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (network(("a", "10.1.0.0/24")), "NetcfgSubnetRangeOutsideVnet"),
        (network(("a", "10.0.0.0/24"), ("b", "10.0.0.128/25")), "NetcfgSubnetRangesOverlap"),
        (network(("a", "10.0.0.1/24")), "InvalidCIDRNotation"),
        (network(space="ten"), "InvalidCIDRNotation"),
        ({"location": "westeurope", "properties": {}}, "InvalidRequestFormat"),
        ({"location": "westeurope", "properties": {"addressSpaces": {}}}, "InvalidRequestContent"),
    ],
)
async def test_bad_ranges_are_refused(lab: Caller, body: dict, code: str) -> None:
    assert (await lab.refused("PUT", NETWORK, body))[:2] == (400, code)
    assert (await lab.ask("GET", NETWORK)).status_code == 404


async def test_a_subnet_in_use_stays(lab: Caller) -> None:
    await lab.put(NETWORK, network(("nodes", "10.0.0.0/24")))
    subnet = {"id": f"{NETWORK}/subnets/Nodes"}
    balancer = f"{GROUP}/providers/Microsoft.Network/loadBalancers/lb"
    front = {"name": "front", "properties": {"subnet": subnet}}
    await lab.put(balancer, {"location": "westeurope", "properties": {"frontendIPConfigurations": [front]}})
    status, code, message = await lab.refused("DELETE", f"{NETWORK}/subnets/nodes")
    assert (status, code) == (400, "InUseSubnetCannotBeDeleted")
    assert balancer in message
    assert (await lab.refused("DELETE", NETWORK))[1] == "InUseSubnetCannotBeDeleted"
    assert (await lab.refused("PUT", NETWORK, network(("other", "10.0.1.0/24"))))[1] == "InUseSubnetCannotBeDeleted"
    await lab.ask("DELETE", balancer)
    assert (await lab.ask("DELETE", f"{NETWORK}/subnets/nodes")).status_code == 200


async def test_public_addresses_differ_and_keep(lab: Caller) -> None:
    body = {"location": "westeurope", "sku": {"name": "Standard"}}
    first, second = [await lab.put(f"{ADDRESS}/{name}", body) for name in ("one", "two")]
    again = await lab.put(f"{ADDRESS}/one", body)
    addresses = [one["properties"]["ipAddress"] for one in (first, second, again)]
    assert addresses == ["203.0.113.1", "203.0.113.2", "203.0.113.1"]


async def test_a_dns_label_is_taken_once(lab: Caller) -> None:
    body = {"location": "westeurope", "properties": {"dnsSettings": {"domainNameLabel": "lab"}}}
    made = await lab.put(f"{ADDRESS}/one", body)
    assert made["properties"]["dnsSettings"]["fqdn"] == "lab.westeurope.cloudapp.azure.com"
    assert (await lab.refused("PUT", f"{ADDRESS}/two", body))[1] == "DnsRecordInUse"


async def test_a_preview_changes_nothing_and_foresees_subnets(lab: Caller) -> None:
    id = ResourceId(NETWORK)
    seen = resources.preview(lab.world, None, id, network(("nodes", "10.0.0.0/24")), api_version="2024-05-01")
    assert seen["properties"]["subnets"][0]["id"] == f"{NETWORK}/subnets/nodes"
    assert resources.get(lab.world, id) is None


async def slow_owner(pace: float) -> Caller:
    world = new_world(pace)
    somebody = principals.create_service_principal(world, "operator")
    roles.grant(world, somebody["id"], "Owner", SUBSCRIPTION)
    owner = Caller(world, somebody["id"])
    await owner.put(GROUP, {"location": "westeurope"})
    return owner


async def test_a_long_write_is_polled_to_its_end() -> None:
    owner = await slow_owner(0.02)
    begun = await owner.ask("PUT", NETWORK, network(("nodes", "10.0.0.0/24")))
    assert (begun.status_code, begun.json()["properties"]["provisioningState"]) == (201, "Creating")
    assert begun.headers["x-ms-retry-after-ms"] == "20"
    states = ["InProgress"]
    while states[-1] == "InProgress":
        await asyncio.sleep(0.02)
        states.append((await owner.get(begun.headers["azure-asyncoperation"]))["status"])
    assert states[-1] == "Succeeded"
    shown = await owner.get(NETWORK)
    assert shown["properties"]["provisioningState"] == "Succeeded"
    assert shown["properties"]["subnets"][0]["name"] == "nodes"


async def test_a_resource_that_is_being_written_is_busy() -> None:
    owner = await slow_owner(0.02)
    body = network(("nodes", "10.0.0.0/24"))
    await owner.put(NETWORK, body)
    assert (await owner.refused("PUT", NETWORK, network()))[:2] == (409, "AnotherOperationInProgress")
    assert (await owner.refused("DELETE", NETWORK))[:2] == (409, "AnotherOperationInProgress")
    joined = await resources.put(owner.world, None, ResourceId(NETWORK), body, api_version="2024-05-01")
    assert joined[0]["properties"]["provisioningState"] == "Succeeded"
    first, second = await owner.ask("DELETE", NETWORK), await owner.ask("DELETE", NETWORK)
    assert (first.status_code, first.headers["location"]) == (202, second.headers["location"])
