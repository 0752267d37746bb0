"""What is read across types: resources, providers, locations, tags, sizes, the cloud's metadata."""

import pytest
from arm_callers import GROUP, IDENTITY, SUBSCRIPTION, Caller

pytestmark = pytest.mark.anyio


@pytest.fixture
async def full(lab: Caller) -> Caller:
    await lab.put(f"{IDENTITY}/id-a", {"location": "westeurope", "tags": {"part": "app", "lab": "one"}})
    await lab.put(f"{IDENTITY}/id-b", {"location": "northeurope", "tags": {"part": "dns"}})
    await lab.put(f"{GROUP}/providers/Microsoft.Network/dnsZones/lab.example.org", {"location": "global"})
    return lab


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ("", ["id-a", "id-b", "lab.example.org"]),
        ("resourceType eq 'microsoft.network/DNSZONES'", ["lab.example.org"]),
        ("resourceType ne 'Microsoft.Network/dnsZones'", ["id-a", "id-b"]),
        ("name eq 'id-b'", ["id-b"]),
        ("tagName eq 'part' and tagValue eq 'app'", ["id-a"]),
        ("tagName eq 'lab'", ["id-a"]),
        ("location eq 'global' or name eq 'id-a'", ["id-a", "lab.example.org"]),
        ("startswith(name, 'id-')", ["id-a", "id-b"]),
    ],
)
async def test_resources_are_filtered(full: Caller, wanted: str, names: list[str]) -> None:
    for path in (f"{SUBSCRIPTION}/resources", f"{GROUP}/resources"):
        found = await full.get(path, params={"$filter": wanted} if wanted else {})
        assert [one["name"] for one in found["value"]] == names
        assert not any("properties" in one for one in found["value"])


async def test_a_filter_that_is_not_understood_is_refused(full: Caller) -> None:
    answer = await full.refused("GET", f"{SUBSCRIPTION}/resources", params={"$filter": "name like 'x'"})
    assert answer[:2] == (400, "InvalidFilterInQueryString")


async def test_a_type_is_listed_in_a_group_and_in_the_subscription(full: Caller) -> None:
    everywhere = f"{SUBSCRIPTION}/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
    for path in (IDENTITY, everywhere):
        assert [one["name"] for one in (await full.get(path))["value"]] == ["id-a", "id-b"]
    assert (await full.refused("GET", f"{GROUP}-none{IDENTITY.removeprefix(GROUP)}"))[1] == "ResourceGroupNotFound"


async def test_providers_can_be_registered(lab: Caller) -> None:
    path = f"{SUBSCRIPTION}/providers/Microsoft.OperationsManagement"
    assert (await lab.get(path))["registrationState"] == "NotRegistered"
    await lab.ask("POST", f"{path}/register")
    assert (await lab.get(path))["registrationState"] == "Registered"
    listed = {
        one["namespace"]: one["registrationState"] for one in (await lab.get(f"{SUBSCRIPTION}/providers"))["value"]
    }
    assert listed["Microsoft.ContainerService"] == listed["Microsoft.OperationsManagement"] == "Registered"
    assert (await lab.refused("GET", f"{SUBSCRIPTION}/providers/Contoso.Things"))[1] == "InvalidResourceNamespace"


async def test_an_unregistered_provider_makes_nothing(lab: Caller) -> None:
    await lab.ask("POST", f"{SUBSCRIPTION}/providers/Microsoft.ManagedIdentity/unregister", version="2024-11-01")
    status, code, message = await lab.refused("PUT", f"{IDENTITY}/id-a", {"location": "westeurope"})
    assert (status, code) == (409, "MissingSubscriptionRegistration")
    assert "not registered to use namespace 'Microsoft.ManagedIdentity'" in message


async def test_tags_are_merged_replaced_and_deleted(full: Caller) -> None:
    path = f"{IDENTITY}/id-a/providers/Microsoft.Resources/tags/default"

    async def after(operation: str, tags: dict[str, str]) -> dict[str, str]:
        body = {"operation": operation, "properties": {"tags": tags}}
        answer = await full.ask("PATCH", path, body, version="2024-11-01")
        return answer.json()["properties"]["tags"]

    assert await after("Merge", {"PART": "api", "x": "y"}) == {"lab": "one", "PART": "api", "x": "y"}
    assert await after("Delete", {"x": "y", "lab": "other"}) == {"lab": "one", "PART": "api"}
    assert await after("Replace", {"only": "this"}) == {"only": "this"}
    assert (await full.get(f"{IDENTITY}/id-a"))["tags"] == {"only": "this"}
    names = (await full.get(f"{SUBSCRIPTION}/tagNames"))["value"]
    assert [(one["tagName"], one["values"][0]["tagValue"]) for one in names] == [("only", "this"), ("part", "dns")]


async def test_sizes_and_quota_are_told_by_region(lab: Caller) -> None:
    compute = f"{SUBSCRIPTION}/providers/Microsoft.Compute"
    skus = (await lab.get(f"{compute}/skus", params={"$filter": "location eq 'westeurope'"}))["value"]
    assert {sku["locations"][0] for sku in skus} == {"westeurope"}
    assert "Standard_D2s_v5" in {sku["name"] for sku in skus}
    cluster = {
        "id": f"{GROUP}/providers/Microsoft.ContainerService/managedClusters/aks",
        "name": "aks",
        "type": "Microsoft.ContainerService/managedClusters",
        "location": "westeurope",
        "properties": {"agentPoolProfiles": [{"vmSize": "Standard_D2s_v5", "count": 3}]},
    }
    lab.world.store.table("resources")[cluster["id"].lower()] = cluster
    usages = (await lab.get(f"{compute}/locations/westeurope/usages"))["value"]
    used = {one["name"]["value"]: one["currentValue"] for one in usages}
    assert (used["cores"], used["standardDSv5Family"], used["standardBSFamily"]) == (6, 6, 0)


async def test_the_subscription_and_its_regions_are_shown(lab: Caller) -> None:
    subscription = (await lab.get("/subscriptions"))["value"][0]
    assert await lab.get(SUBSCRIPTION) == subscription
    assert "westeurope" in {one["name"] for one in (await lab.get(f"{SUBSCRIPTION}/locations"))["value"]}
    elsewhere = "/subscriptions/00000000-0000-4000-8000-000000000000/resourcegroups"
    assert (await lab.refused("GET", elsewhere))[:2] == (404, "SubscriptionNotFound")
    assert (await lab.get("/tenants"))["value"][0]["tenantId"] == subscription["tenantId"]


async def test_the_metadata_names_the_sandbox_as_the_cloud(lab: Caller) -> None:
    metadata = await lab.get("/metadata/endpoints", version="2022-09-01")
    assert metadata["resourceManager"] == metadata["authentication"]["loginEndpoint"] == lab.world.url


async def test_a_method_that_makes_no_sense_is_refused(lab: Caller) -> None:
    assert (await lab.refused("POST", f"{GROUP}/resources/x/y"))[0] in (404, 405)
    await lab.put(f"{IDENTITY}/id-a", {"location": "westeurope"})
    assert (await lab.refused("POST", f"{IDENTITY}/id-a/dance", version="2024-11-30"))[0] == 405
