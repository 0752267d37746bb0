"""What AKS refuses, in its own words."""

from typing import Any

import pytest
from cluster_callers import CLUSTER, GROUP, IDENTITY, POOL, SUBNET, put, refused

from sandbox.arm import resources, roles
from sandbox.arm.ids import ResourceId
from sandbox.entra import principals
from sandbox.errors import AzureError
from sandbox.world import World

pytestmark = pytest.mark.anyio

STRANGER = "00000000-0000-0000-0000-000000000001"


def pool(**of: Any) -> dict[str, Any]:
    return {"pools": [POOL | of]}


def network(**of: Any) -> dict[str, Any]:
    return {"networkProfile": {"networkPlugin": "azure", **of}}


@pytest.mark.parametrize(
    ("of", "code", "said"),
    [
        (
            {"kubernetesVersion": "1.25.4"},
            "K8sVersionNotSupported",
            "aks-lab is on version 1.25.4, which is not supported",
        ),
        (
            {"kubernetesVersion": "1.33"},
            "K8sVersionNotSupported",
            "1.33.12, which is only available for Long-Term Support",
        ),
        ({"kubernetesVersion": "latest"}, "K8sVersionNotSupported", "version latest"),
        (
            pool(orchestratorVersion="1.25"),
            "AgentPoolK8sVersionNotSupported",
            "Version 1.25 is not supported in this region",
        ),
        (
            pool(orchestratorVersion="1.36"),
            "NodePoolMcVersionIncompatible",
            "36 is bigger than control plane version 35",
        ),
        ({"dnsPrefix": "a_b"}, "InvalidParameter", "aka.ms/aks-naming-rules"),
        ({"sku": "Basic"}, "InvalidParameter", "'Basic' is not supported. Please use 'Base' or 'Automatic'"),
        ({"tier": "Paid"}, "InvalidParameter", "SKU tier 'Paid'"),
        ({"supportPlan": "AKSLongTermSupport"}, "InvalidParameter", "requires the Premium tier"),
        ({"unknown": 1}, "InvalidRequestContent", "Could not find member 'unknown'"),
        (pool(vmsize=3), "InvalidRequestContent", "Path 'properties.agentPoolProfiles[0].vmSize'"),
        (pool(name="Pool1"), "InvalidParameter", "Agent pool name Pool1 is invalid"),
        (pool(name="averylongname"), "InvalidParameter", "at most 12 characters for Linux"),
        (pool(vmSize="Standard_X1"), "BadRequest", "The VM size of Standard_X1 is not allowed in your subscription"),
        (pool(vmSize="Standard_B2ms"), "InvalidParameter", "not supported in a system node pool"),
        (pool(count=0), "InvalidParameter", "0 is not in the range from 1 to 1000"),
        (pool(count=51), "ErrCode_InsufficientVCPUQuota", "requested 102, remaining 100 for family standardDSv5Family"),
        (pool(maxPods=300), "InvalidParameter", "300 is not in the range from 10 to 250"),
        (pool(mode="User"), "OperationNotAllowed", "at least one system node pool"),
        ({"pools": [POOL, POOL]}, "InvalidParameter", "nodepool1 is used more than once"),
        (network(networkPolicy="cilium"), "InvalidParameter", "requires the cilium network dataplane"),
        (network(networkDataplane="cilium", networkPolicy="calico"), "InvalidParameter", "calico is not supported"),
        (network(networkPolicy="weave"), "InvalidRequestContent", 'Error converting value "weave"'),
        (network(loadBalancerSku="basic"), "InvalidParameter", "retired"),
        (
            network(serviceCidr="10.0.0.0/16", dnsServiceIP="10.1.0.10"),
            "InvalidParameter",
            "not within the service CIDR",
        ),
        (network(serviceCidr="10.0.0.1/16"), "InvalidParameter", "invalid CIDR address"),
        (
            {"networkProfile": {"networkPlugin": "kubenet", "networkPluginMode": "overlay"}},
            "InvalidParameter",
            "overlay",
        ),
        (
            {**pool(vnetSubnetID=SUBNET), **network(serviceCidr="10.20.0.0/16")},
            "ServiceCidrOverlapExistingSubnetsCidr",
            "service CIDR 10.20.0.0/16 is conflicted with an existing subnet CIDR 10.20.0.0/22",
        ),
        (pool(vnetSubnetID=f"{SUBNET}x"), "ResourceNotFound", "virtualNetworks/vnet/subnets/nodesx"),
        (pool(vnetSubnetID=IDENTITY), "InvalidParameter", "is not the id of a subnet"),
        ({"disableLocalAccounts": True}, "InvalidParameter", "only in clusters with Azure AD integration"),
        ({"aadProfile": {"managed": False}}, "InvalidParameter", "Legacy Azure AD integration is retired"),
        (
            {"aadProfile": {"managed": True, "adminGroupObjectIDs": [STRANGER]}},
            "InvalidParameter",
            f"{STRANGER} is not the object id of a group",
        ),
        (
            {"oidcIssuerProfile": {"enabled": False}, "securityProfile": {"workloadIdentity": {"enabled": True}}},
            "InvalidParameter",
            "Enabling workload identity requires the OIDC issuer",
        ),
        ({"identity": {"type": "None"}}, "InvalidParameter", "Required parameter identity is missing (null)."),
        (
            {"identity": {"type": "UserAssigned", "userAssignedIdentities": {f"{IDENTITY}x": {}}}},
            "FailedIdentityOperation",
            "id-controlx' was not found.",
        ),
        (
            {"identity": {"type": "None"}, "servicePrincipalProfile": {"clientId": STRANGER}},
            "ServicePrincipalNotFound",
            f"Service principal clientID: {STRANGER} not found",
        ),
        ({"version": "2022-05-02-preview"}, "NoRegisteredProviderFound", "API version '2022-05-02-preview'"),
        ({"nodeResourceGroup": "rg-aks"}, "InvalidParameter", "Resource group rg-aks already exists"),
    ],
)
async def test_new_clusters(world: World, of: dict[str, Any], code: str, said: str) -> None:
    refusal = await refused(world, **of)
    assert refusal.code == code, refusal.message
    assert said in refusal.message
    assert resources.stored(world, CLUSTER) is None, "a refusal changes nothing"


@pytest.mark.parametrize(
    ("of", "said"),
    [
        ({"dnsPrefix": "other"}, "Changing property 'dnsPrefix' is not allowed."),
        ({"nodeResourceGroup": "other"}, "Changing property 'nodeResourceGroup' is not allowed."),
        (
            network(serviceCidr="10.1.0.0/16", dnsServiceIP="10.1.0.10"),
            "Changing property 'networkProfile.serviceCidr'",
        ),
        (pool(vmSize="Standard_D4s_v5"), "Changing property 'agentPoolProfile.vmSize' is not allowed."),
        ({"oidcIssuerProfile": {"enabled": False}}, "OIDC issuer feature cannot be disabled once it is enabled."),
        ({"kubernetesVersion": "1.34"}, "Upgrading Kubernetes version 1.35.6 to 1.34.9 is not allowed"),
    ],
)
async def test_standing_clusters(world: World, of: dict[str, Any], said: str) -> None:
    before = await put(world)
    assert said in (await refused(world, **of)).message
    assert resources.get(world, CLUSTER) == before


async def test_names(world: World) -> None:
    for name in ("-a", "a_", "a" * 64):
        refusal = await refused(
            world, ResourceId(f"{GROUP}/providers/Microsoft.ContainerService/managedClusters/{name}")
        )
        assert "aka.ms/aks-naming-rules" in refusal.message


async def test_the_quota_is_the_regions(world: World) -> None:
    await put(world, **pool(count=40))
    other = ResourceId(f"{CLUSTER.text}2")
    assert "requested 22, remaining 20" in (await refused(world, other, **pool(count=11))).message
    await put(world, other, **pool(count=10))


async def test_a_caller_needs_rights_on_what_the_cluster_uses(world: World) -> None:
    document = principals.create_service_principal(world, "somebody")
    caller = principals.principal_of(document)
    from cluster_callers import VERSION, body

    async def attempt(**of: Any) -> str:
        try:
            await resources.put(world, caller, CLUSTER, body(**of), api_version=VERSION)
        except AzureError as error:
            return error.message
        return ""

    assert "'Microsoft.ContainerService/managedClusters/write'" in await attempt()
    roles.grant(world, caller.id, "Azure Kubernetes Service Contributor Role", GROUP)
    assert "virtualNetworks/subnets/join/action" in await attempt(**pool(vnetSubnetID=SUBNET))
    brought = {"identity": {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: {}}}}
    assert "userAssignedIdentities/assign/action" in await attempt(**brought)
    assert await attempt() == ""
