"""Registries: names, SKUs, defaults, the admin user, and what goes with a deleted one."""

from typing import Any

import pytest
from registry_callers import GROUP, REGISTRY, SUBSCRIPTION, VERSION, act, built, registry

from sandbox.acr import lookup
from sandbox.acr.contents import Contents
from sandbox.arm import resources
from sandbox.arm.ids import ResourceId
from sandbox.errors import AzureError
from sandbox.world import World

pytestmark = pytest.mark.anyio


async def refused(world: World, id: ResourceId = REGISTRY, sku: str = "Basic", **properties: Any) -> AzureError:
    with pytest.raises(AzureError) as refusal:
        await registry(world, id, sku, **properties)
    return refusal.value


def called(name: str, group: str = GROUP) -> ResourceId:
    return ResourceId(f"{group}/providers/{lookup.REGISTRIES}/{name}")


async def test_defaults_are_filled_and_a_second_put_changes_nothing(world: World) -> None:
    first = await registry(world, adminUserEnabled=False)
    assert first["sku"] == {"name": "Basic", "tier": "Basic"}
    assert first["properties"]["loginServer"].startswith("localhost:")
    assert first["properties"]["anonymousPullEnabled"] is False
    assert await registry(world) == first
    body = {"location": "westeurope", "sku": {"name": "Basic"}}
    assert resources.preview(world, None, REGISTRY, body, api_version=VERSION) == resources.stored(world, REGISTRY)


@pytest.mark.parametrize("name", ["abcd", "a" * 51, "with-hyphen"])
async def test_names(world: World, name: str) -> None:
    assert "between 5 and 50 characters" in (await refused(world, called(name))).message


async def test_a_name_is_unique_in_all_of_azure(world: World, acr: dict[str, Any]) -> None:
    refusal = await refused(world, called("ACRtest", f"{SUBSCRIPTION}/resourceGroups/rg-other"))
    assert (refusal.status, refusal.code) == (409, "AlreadyInUse")
    assert "The registry DNS name acrtest.azurecr.io is already in use." in refusal.message


async def test_refusals(world: World) -> None:
    assert (await refused(world, sku="Classic")).code == "InvalidSku"
    assert "Could not find member 'adminUser'" in (await refused(world, adminUser=True)).message
    assert "anonymous pull" in (await refused(world, anonymousPullEnabled=True)).message
    assert "Premium" in (await refused(world, sku="Standard", zoneRedundancy="Enabled")).message
    assert (await refused(world, sku="Standard", publicNetworkAccess="Disabled")).code == "SkuNotSupported"


async def test_credentials_are_there_while_the_admin_user_is_enabled(world: World, acr: dict[str, Any]) -> None:
    with pytest.raises(AzureError, match="as admin user is disabled"):
        await act(world, REGISTRY, "listCredentials")
    await registry(world, adminUserEnabled=True)
    first = await act(world, REGISTRY, "listCredentials")
    assert first["username"] == "acrtest"
    second = await act(world, REGISTRY, "regenerateCredential", {"name": "password2"})
    assert second["passwords"][0] == first["passwords"][0]
    assert second["passwords"][1] != first["passwords"][1]


async def test_a_deleted_registry_leaves_nothing(world: World, acr: dict[str, Any]) -> None:
    await built(world, {"Dockerfile": "FROM scratch\nCOPY a /\n", "a": ""})
    await resources.delete(world, None, REGISTRY)
    assert Contents(world, "acrtest").repositories() == []
    assert not Contents(world, "acrtest").folder.exists()
    assert world.listeners.apps == {}  # type: ignore[attr-defined]
    assert resources.find(world, "Microsoft.ContainerRegistry/registries/runs") == []
    assert lookup.name_problem(world, "acrtest") is None


async def test_runs_are_scheduled_and_not_put(world: World, acr: dict[str, Any]) -> None:
    with pytest.raises(AzureError) as refusal:
        await resources.put(world, None, ResourceId(f"{REGISTRY.text}/runs/ca9"), {}, api_version="2019-04-01")
    assert refusal.value.status == 405
    for body, said in (
        ({"type": "FileTaskRunRequest"}, "builds Dockerfiles only"),
        ({"type": "DockerBuildRequest", "platform": {"os": "linux"}}, "'dockerFilePath' of the run request is missing"),
    ):
        with pytest.raises(AzureError, match=said):
            await act(world, REGISTRY, "scheduleRun", body)


async def test_imports(world: World, acr: dict[str, Any]) -> None:
    source = {"registryUri": "docker.io", "sourceImage": "library/nginx:1.29"}
    await act(world, REGISTRY, "importImage", {"source": source, "targetTags": ["mirror/nginx:1.29"]})
    contents = Contents(world, "acrtest")
    assert [tag["name"] for tag in contents.tags("mirror/nginx")] == ["1.29"]
    with pytest.raises(AzureError, match="already exists in target registry"):
        await act(world, REGISTRY, "importImage", {"source": source, "targetTags": ["mirror/nginx:1.29"]})
    other = called("acrother")
    await registry(world, other)
    copied = {"resourceId": REGISTRY.text, "sourceImage": "mirror/nginx:1.29"}
    await act(world, other, "importImage", {"source": copied, "targetTags": ["nginx:1"]})
    held = Contents(world, "acrother").manifest("nginx", "1")
    assert held and held["digest"] == contents.tags("mirror/nginx")[0]["digest"]
    with pytest.raises(AzureError, match="could not be found"):
        await act(world, other, "importImage", {"source": copied | {"sourceImage": "no:1"}, "targetTags": ["x:1"]})
