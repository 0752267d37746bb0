"""Resource groups over REST: made, changed, listed, deleted with what is in them; ids without regard to case."""

import asyncio

import pytest
from arm_callers import GROUP, IDENTITY, SUBSCRIPTION, Caller, new_world

from sandbox.arm import roles
from sandbox.entra import principals
from sandbox.world import SUBSCRIPTION_ID

pytestmark = pytest.mark.anyio


async def test_a_group_is_made_shown_and_changed(owner: Caller) -> None:
    made = await owner.ask("PUT", GROUP, {"location": "West Europe", "tags": {"lab": "one"}})
    assert (made.status_code, made.json()["location"]) == (201, "westeurope")
    again = await owner.ask("PUT", GROUP, {"location": "westeurope"})
    assert (again.status_code, again.json().get("tags")) == (200, None)
    patched = await owner.ask("PATCH", GROUP, {"tags": {"lab": "two"}})
    assert patched.json()["tags"] == {"lab": "two"}
    assert await owner.get(GROUP) == patched.json()


async def test_ids_are_compared_without_case_and_keep_the_written_case(owner: Caller) -> None:
    await owner.put(f"{SUBSCRIPTION}/resourcegroups/RG-Lab", {"location": "westeurope"})
    shown = await owner.get(f"/subscriptions/{SUBSCRIPTION_ID.upper()}/RESOURCEGROUPS/rg-lab/")
    assert shown["id"] == f"{SUBSCRIPTION}/resourceGroups/RG-Lab"
    assert len((await owner.get(f"{SUBSCRIPTION}/resourcegroups"))["value"]) == 1


async def test_head_tells_whether_a_group_exists(lab: Caller) -> None:
    assert (await lab.ask("HEAD", GROUP)).status_code == 204
    assert (await lab.ask("HEAD", f"{GROUP}-other")).status_code == 404


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        (GROUP, {}, 400, "LocationRequired"),
        (GROUP, {"location": "atlantis"}, 400, "LocationNotAvailableForResourceGroup"),
        (GROUP, {"location": "westeurope", "colour": "red"}, 400, "InvalidRequestContent"),
        (GROUP, {"location": "westeurope", "tags": {"n": 1}}, 400, "InvalidRequestContent"),
        (f"{GROUP}.", {"location": "westeurope"}, 400, "InvalidResourceGroup"),
        (f"{GROUP}!", {"location": "westeurope"}, 400, "InvalidResourceGroup"),
        (f"{SUBSCRIPTION}/resourceGroups/{'x' * 91}", {"location": "westeurope"}, 400, "InvalidResourceGroup"),
    ],
)
async def test_bad_groups_are_refused(owner: Caller, path: str, body: dict, status: int, code: str) -> None:
    assert (await owner.refused("PUT", path, body))[:2] == (status, code)


async def test_a_group_stays_in_its_location(lab: Caller) -> None:
    status, code, message = await lab.refused("PUT", GROUP, {"location": "northeurope"})
    assert (status, code) == (409, "InvalidResourceGroupLocation")
    assert "already exists in location 'westeurope'" in message


async def test_an_api_version_is_needed_and_must_be_known(lab: Caller) -> None:
    assert (await lab.refused("GET", GROUP, version=""))[1] == "MissingApiVersionParameter"
    assert (await lab.refused("GET", GROUP, version="2001-01-01"))[1] == "InvalidApiVersionParameter"
    status, code, message = await lab.refused("GET", f"{IDENTITY}/id-a", version="2001-01-01")
    assert (status, code) == (400, "NoRegisteredProviderFound")
    assert "'2001-01-01' for type 'userAssignedIdentities'" in message
    assert "2024-11-30" in message


async def test_what_is_not_there_is_told_apart(lab: Caller) -> None:
    nowhere = f"{SUBSCRIPTION}/resourceGroups/rg-none"
    assert (await lab.refused("GET", nowhere))[:2] == (404, "ResourceGroupNotFound")
    assert (await lab.refused("DELETE", nowhere))[:2] == (404, "ResourceGroupNotFound")
    inside = f"{nowhere}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-a"
    assert (await lab.refused("PUT", inside, {"location": "westeurope"}))[:2] == (404, "ResourceGroupNotFound")
    assert await lab.refused("GET", f"{IDENTITY}/id-a") == (
        404,
        "ResourceNotFound",
        "The Resource 'Microsoft.ManagedIdentity/userAssignedIdentities/id-a' under resource group 'rg-lab' was not "
        "found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
    )
    assert (await lab.ask("DELETE", f"{IDENTITY}/id-a")).status_code == 204
    credential = f"{IDENTITY}/id-a/federatedIdentityCredentials/fic"
    assert (await lab.refused("PUT", credential, {"properties": {}}))[:2] == (404, "ParentResourceNotFound")
    unknown = f"{GROUP}/providers/Microsoft.Network/telephones/one"
    assert (await lab.refused("GET", unknown))[:2] == (404, "InvalidResourceType")
    stranger = f"{GROUP}/providers/Contoso.Things/things/one"
    assert (await lab.refused("GET", stranger))[:2] == (404, "InvalidResourceNamespace")


async def test_a_resource_stays_in_its_location(lab: Caller) -> None:
    await lab.put(f"{IDENTITY}/id-a", {"location": "westeurope"})
    status, code, message = await lab.refused("PUT", f"{IDENTITY}/id-a", {"location": "northeurope"})
    assert (status, code) == (409, "InvalidResourceLocation")
    assert "already exists in location 'westeurope' in resource group 'rg-lab'" in message


async def test_broken_json_is_refused(lab: Caller) -> None:
    answer = await lab._client.put(GROUP, params={"api-version": "2024-11-01"}, content=b"{,")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidRequestContent")


async def test_deleting_a_group_takes_everything_along(lab: Caller) -> None:
    identity = await lab.put(f"{IDENTITY}/id-a", {"location": "westeurope"})
    network = f"{GROUP}/providers/Microsoft.Network"
    subnet = {"name": "nodes", "properties": {"addressPrefix": "10.0.0.0/24"}}
    await lab.put(f"{network}/networkSecurityGroups/nsg", {"location": "westeurope"})
    subnet["properties"]["networkSecurityGroup"] = {"id": f"{network}/networkSecurityGroups/nsg"}
    space = {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}, "subnets": [subnet]}
    await lab.put(f"{network}/virtualNetworks/vnet", {"location": "westeurope", "properties": space})
    roles.grant(lab.world, identity["properties"]["principalId"], "Reader", GROUP)
    assert (await lab.ask("DELETE", GROUP)).status_code == 200
    left = [key for key in lab.world.store.table("resources") if key.startswith(GROUP.lower())]
    assert left == []
    assert principals.get(lab.world, identity["properties"]["principalId"]) is None


async def test_a_long_deletion_is_polled_and_keeps_newcomers_out() -> None:
    world = new_world(pace=0.002)
    somebody = principals.create_service_principal(world, "operator")
    roles.grant(world, somebody["id"], "Owner", SUBSCRIPTION)
    owner = Caller(world, somebody["id"])
    await owner.put(GROUP, {"location": "westeurope"})
    begun = await owner.ask("DELETE", GROUP)
    assert (begun.status_code, begun.headers["x-ms-retry-after-ms"]) == (202, "20")
    assert "retry-after" not in begun.headers
    assert (await owner.get(GROUP))["properties"]["provisioningState"] == "Deleting"
    refused = await owner.refused("PUT", f"{IDENTITY}/id-a", {"location": "westeurope"})
    assert refused[:2] == (409, "ResourceGroupBeingDeleted")
    polled = [202]
    while polled[-1] == 202:
        await asyncio.sleep(0.02)
        polled.append((await owner.ask("GET", begun.headers["location"], params={"t": "1"})).status_code)
    assert polled[-1] == 204
    assert (await owner.ask("HEAD", GROUP)).status_code == 404
