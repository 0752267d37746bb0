"""Node pools as resources of their own, and the Kubernetes versions that are offered."""

import pytest
from cluster_callers import CLUSTER, NODES, VERSION, put

from sandbox.aks import versions
from sandbox.arm import resources
from sandbox.arm.ids import ResourceId
from sandbox.errors import AzureError
from sandbox.kube import cluster as kube
from sandbox.store import Document
from sandbox.world import World

pytestmark = pytest.mark.anyio

EXTRA = ResourceId(f"{CLUSTER.text}/agentPools/extra")
FIRST = ResourceId(f"{CLUSTER.text}/agentPools/nodepool1")


async def put_pool(world: World, **properties: object) -> Document:
    document, _ = await resources.put(world, None, EXTRA, {"properties": properties}, api_version=VERSION)
    return document


def pools(world: World) -> dict[str, int]:
    """Name -> count, as the cluster has them."""
    cluster = resources.get(world, CLUSTER)
    assert cluster
    return {pool["name"]: pool["count"] for pool in cluster["properties"]["agentPoolProfiles"]}


def scale_sets(world: World) -> list[int]:
    found = resources.find(world, "Microsoft.Compute/virtualMachineScaleSets", NODES.text)
    return [one["sku"]["capacity"] for one in found]


async def test_a_clusters_pools_are_its_children(world: World) -> None:
    cluster = await put(world)
    first = resources.get(world, FIRST)
    assert first
    profile = cluster["properties"]["agentPoolProfiles"][0]
    assert first["properties"] == {field: value for field, value in profile.items() if field != "name"}


async def test_a_pool_is_added_changed_and_removed(world: World) -> None:
    await put(world)
    added = await put_pool(world, vmSize="Standard_E2s_v5", nodeLabels={"a": "1", "b": "2"})
    assert (added["properties"]["mode"], added["properties"]["count"]) == ("User", 1)
    assert (pools(world), scale_sets(world)) == ({"nodepool1": 2, "extra": 1}, [2, 1])
    changed = await put_pool(world, count=3, nodeLabels={"a": "1"})
    assert changed["properties"]["vmSize"] == "Standard_E2s_v5"
    assert changed["properties"]["nodeLabels"] == {"a": "1"}, "labels are replaced, not merged"
    assert len(kube.objects(world, kube.uids(world)[0]).list("nodes")) == 5
    await resources.delete(world, None, EXTRA)
    assert (pools(world), scale_sets(world)) == ({"nodepool1": 2}, [2])


async def test_a_cluster_put_without_a_pool_leaves_it_alone(world: World) -> None:
    await put(world)
    await put_pool(world, count=1)
    await put(world)
    assert pools(world) == {"nodepool1": 2, "extra": 1}


async def test_the_last_system_pool_stays(world: World) -> None:
    await put(world)
    await put_pool(world, count=1)
    with pytest.raises(AzureError, match="at least one system node pool"):
        await resources.delete(world, None, FIRST)
    await put_pool(world, mode="System")
    await resources.delete(world, None, FIRST)
    assert pools(world) == {"extra": 1}


async def test_a_pool_is_checked_as_in_the_cluster(world: World) -> None:
    await put(world)
    with pytest.raises(AzureError, match="The VM size of Standard_X"):
        await put_pool(world, vmSize="Standard_X")
    with pytest.raises(AzureError, match="Could not find member 'size'"):
        await put_pool(world, size="Standard_D2s_v5")
    with pytest.raises(AzureError, match="bigger than control plane version 35"):
        await put_pool(world, orchestratorVersion="1.36")


def test_versions() -> None:
    assert versions.patch_of("1.35") == "1.35.6"
    assert versions.patch_of("1.35.5") == "1.35.5"
    assert versions.patch_of("1.35.4") is None
    assert versions.patch_of("1") is None
    assert versions.patch_of("1.35.6.1") is None
    assert versions.upgrades_from("1.35.5") == ["1.35.6", "1.36.1", "1.36.2"]
    listed = {minor["version"]: minor for minor in versions.document()["values"]}
    assert [name for name, minor in listed.items() if minor.get("isDefault")] == [versions.DEFAULT]
    assert listed["1.33"]["capabilities"]["supportPlan"] == ["AKSLongTermSupport"]
