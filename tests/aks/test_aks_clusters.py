"""Managed clusters: what Azure fills in, what it makes beside them, what stays, what goes."""

import asyncio
import base64
from pathlib import Path
from typing import Any

import pytest
import yaml
from cluster_callers import CLUSTER, IDENTITY, NODES, POOL, SUBNET, VERSION, body, new_world, put, refused

from sandbox.arm import resources, types
from sandbox.arm.ids import ResourceId
from sandbox.entra import principals
from sandbox.errors import AzureError
from sandbox.kube import cluster as kube
from sandbox.store import Document
from sandbox.world import TENANT_ID, World

pytestmark = pytest.mark.anyio

BROUGHT: dict[str, Any] = {
    "identity": {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: {}}},
    "pools": [POOL | {"vnetSubnetID": SUBNET}],
}


async def act(world: World, name: str, id: ResourceId = CLUSTER) -> Any:
    kind = types.find(id.type)
    assert kind
    return await kind.actions[name.lower()](world, id, {})


async def kubeconfig(world: World, name: str) -> Document:
    answer = await act(world, name)
    return yaml.safe_load(base64.b64decode(answer["kubeconfigs"][0]["value"]))


async def test_defaults(world: World) -> None:
    cluster = await put(world)
    properties = cluster["properties"]
    assert properties["currentKubernetesVersion"].startswith(f"{properties['kubernetesVersion']}.")
    assert properties["nodeResourceGroup"] == NODES.name
    assert properties["powerState"] == {"code": "Running"}
    assert properties["provisioningState"] == "Succeeded"
    assert properties["fqdn"].endswith(".hcp.westeurope.azmk8s.io")
    network = properties["networkProfile"]
    assert (network["networkPlugin"], network["networkPluginMode"]) == ("azure", "overlay")
    assert (network["serviceCidr"], network["dnsServiceIP"], network["podCidr"]) == (
        "10.0.0.0/16", "10.0.0.10", "10.244.0.0/16",
    )  # fmt: skip
    assert len(network["loadBalancerProfile"]["effectiveOutboundIPs"]) == 1
    pool = properties["agentPoolProfiles"][0]
    assert (pool["maxPods"], pool["osType"], pool["currentOrchestratorVersion"]) == (
        250, "Linux", properties["currentKubernetesVersion"],
    )  # fmt: skip


@pytest.mark.parametrize("of", [{}, BROUGHT, {"kubernetesVersion": "1.34.8"}], ids=["own", "brought", "patch"])
async def test_the_same_body_again_changes_nothing(world: World, of: dict[str, Any]) -> None:
    await put(world, **of)
    standing = resources.stored(world, CLUSTER)
    assert resources.preview(world, None, CLUSTER, body(**of), api_version=VERSION) == standing
    await put(world, **of)
    assert resources.stored(world, CLUSTER) == standing


async def test_the_cluster_sent_back_as_it_was_got_changes_nothing(world: World) -> None:
    cluster = await put(world, securityProfile={"workloadIdentity": {"enabled": True}})
    again, created = await resources.put(world, None, CLUSTER, cluster, api_version="2026-06-01")
    assert (again, created) == (cluster, False)


async def test_the_node_resource_group_holds_what_azure_makes(world: World) -> None:
    cluster = await put(world)
    group = resources.get(world, NODES)
    assert group and group["managedBy"] == CLUSTER.text
    made = {document["type"].partition("/")[2] for document in resources.find(world, None, f"{NODES.text}/providers")}
    assert made - {"virtualNetworks/subnets"} == {
        "loadBalancers", "publicIPAddresses", "networkSecurityGroups", "virtualNetworks", "virtualMachineScaleSets",
        "userAssignedIdentities",
    }  # fmt: skip
    kubelet = cluster["properties"]["identityProfile"]["kubeletidentity"]
    identity = resources.get(world, ResourceId(kubelet["resourceId"]))
    assert identity and identity["name"] == "aks-lab-agentpool"
    assert principals.get(world, kubelet["objectId"])["appId"] == kubelet["clientId"]  # type: ignore[index]


async def test_a_subnet_of_the_users_own_makes_no_other_network(world: World) -> None:
    cluster = await put(world, **BROUGHT)
    assert resources.find(world, "Microsoft.Network/virtualNetworks", NODES.text) == []
    control = resources.get(world, ResourceId(IDENTITY))
    assert control
    assigned = cluster["identity"]["userAssignedIdentities"][IDENTITY]
    assert assigned["principalId"] == control["properties"]["principalId"]


async def test_each_cluster_has_an_issuer_of_its_own(world: World) -> None:
    first = (await put(world))["properties"]["oidcIssuerProfile"]
    assert first["issuerURL"].startswith(f"{world.url}/oidc/{TENANT_ID}/")
    assert first["issuerURL"].endswith("/")
    await resources.delete(world, None, CLUSTER)
    assert (await put(world))["properties"]["oidcIssuerProfile"]["issuerURL"] != first["issuerURL"]


async def test_a_deleted_cluster_leaves_nothing(world: World) -> None:
    before = set(principals.directory(world))
    await put(world)
    assert len(set(principals.directory(world)) - before) == 2, "the control plane's and the kubelet's"
    await resources.delete(world, None, CLUSTER)
    assert set(principals.directory(world)) == before
    assert resources.get(world, NODES) is None
    assert kube.uids(world) == []
    assert resources.find(world, None, CLUSTER.text) == []


async def test_an_update_keeps_what_it_leaves_out(world: World) -> None:
    await put(world, securityProfile={"workloadIdentity": {"enabled": True}}, nodeResourceGroup="rg-nodes")
    changed = await put(world, pools=[POOL | {"count": 3}])
    assert changed["properties"]["securityProfile"]["workloadIdentity"] == {"enabled": True}
    assert changed["properties"]["nodeResourceGroup"] == "rg-nodes"
    assert changed["properties"]["agentPoolProfiles"][0]["count"] == 3
    machines = resources.find(world, "Microsoft.Compute/virtualMachineScaleSets")
    assert [one["sku"]["capacity"] for one in machines] == [3]
    nodes = kube.objects(world, kube.uids(world)[0]).list("nodes")
    assert len(nodes) == 3


async def test_an_upgrade_moves_one_minor_version_at_most(world: World) -> None:
    await put(world, kubernetesVersion="1.34")
    refusal = await refused(world, kubernetesVersion="1.36")
    assert "Upgrading Kubernetes version 1.34.9 to 1.36.2 is not allowed. Available upgrades: [1.35" in refusal.message
    upgraded = await put(world, kubernetesVersion="1.35")
    assert upgraded["properties"]["currentKubernetesVersion"] == "1.35.6"
    assert upgraded["properties"]["agentPoolProfiles"][0]["currentOrchestratorVersion"] == "1.34.9"


async def test_kubeconfigs_of_local_accounts(world: World) -> None:
    await put(world)
    user, admin = (
        await kubeconfig(world, "listClusterUserCredential"),
        await kubeconfig(world, "listClusterAdminCredential"),
    )
    assert user["users"][0]["user"]["token"] != admin["users"][0]["user"]["token"]
    assert user["clusters"][0]["cluster"]["server"].startswith(f"{world.url}/clusters/")
    authority = base64.b64decode(user["clusters"][0]["cluster"]["certificate-authority-data"])
    assert authority.startswith(b"-----BEGIN CERTIFICATE-----")


async def test_kubeconfigs_of_an_entra_cluster(world: World) -> None:
    await put(world, aadProfile={"managed": True}, disableLocalAccounts=True)
    user = await kubeconfig(world, "listClusterUserCredential")
    plugin = user["users"][0]["user"]["exec"]
    assert plugin["command"] == "kubelogin"
    assert plugin["args"][-2:] == ["--login", "devicecode"]
    with pytest.raises(AzureError, match="Getting static credential is not allowed because this cluster is set to"):
        await act(world, "listClusterAdminCredential")


async def test_stop_and_start(world: World) -> None:
    await put(world)
    await act(world, "stop")
    cluster = resources.get(world, CLUSTER)
    assert cluster and cluster["properties"]["powerState"] == {"code": "Stopped"}
    assert [one["sku"]["capacity"] for one in resources.find(world, "Microsoft.Compute/virtualMachineScaleSets")] == [0]
    await act(world, "start")
    assert [one["sku"]["capacity"] for one in resources.find(world, "Microsoft.Compute/virtualMachineScaleSets")] == [2]


async def test_one_operation_at_a_time(tmp_path: Path) -> None:
    world = await new_world(tmp_path, pace=0.001)
    going = asyncio.create_task(put(world))
    while (resources.get(world, CLUSTER) or {}).get("properties", {}).get("provisioningState") != "Creating":
        await asyncio.sleep(0)
    refusal = await refused(world, tier="Standard")
    assert (refusal.status, refusal.code) == (409, "OperationNotAllowed")
    assert "Another operation (Creating) is in progress, please wait for it to finish" in refusal.message
    with pytest.raises(AzureError) as early:
        await act(world, "listClusterUserCredential")
    assert early.value.code == "OperationNotAllowed"
    assert (await going)["properties"]["provisioningState"] == "Succeeded"
    await put(world)
