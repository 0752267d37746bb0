"""Pods: images refused and then let in, identities injected, Pod Security, things that are missing."""

import asyncio
import base64
from typing import Any

import pytest
from live_cluster import GROUP, Live, deployment, running

from sandbox.acr import images
from sandbox.arm import resources, roles
from sandbox.arm.ids import ResourceId
from sandbox.controllers import conditions, pod_status
from sandbox.controllers.labels import labels_of
from sandbox.kube.errors import ApiError
from sandbox.world import TENANT_ID, World


def pod_of(live: Live, app: str) -> dict[str, Any] | None:
    return next((pod for pod in live.objects.list("pods", "default") if labels_of(pod).get("app") == app), None)


def waiting(live: Live, app: str) -> str:
    pod = pod_of(live, app)
    return (pod_status.state_of(pod, app).get("waiting") or {}).get("reason", "") if pod else ""


def is_ready(live: Live, app: str) -> bool:
    return conditions.is_true(pod_of(live, app), "Ready")


def test_a_pull_is_refused_until_the_kubelet_may(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The registry's own checks are the registry's tests; here a role on it decides."""
    registry = f"{GROUP}/providers/Microsoft.ContainerRegistry/registries/lab"

    def pull(world: World, principal_id: str, reference: str) -> images.Image:
        held = (one["properties"]["principalId"] for one in roles.assignments_for(world, principal_id, registry))
        if principal_id not in held:
            raise images.PullRefused(f'failed to pull and unpack image "{reference}": 401 Unauthorized')
        return images.Image(reference, "sha256:" + "0" * 64)

    async def scenario() -> None:
        async with running(world) as live:
            monkeypatch.setattr(images, "pull", pull)
            live.create("apps/deployments", deployment("web", "lab.azurecr.io/web:1"))
            await live.until(lambda: waiting(live, "web") == "ImagePullBackOff")
            assert "Error: ErrImagePull" in live.events("Failed")
            assert any("401 Unauthorized" in said for said in live.events("Failed"))
            roles.grant(world, live.kubelet, "AcrPull", registry)
            await live.until(lambda: is_ready(live, "web"))

    asyncio.run(scenario())


def test_a_labelled_pod_gets_the_identity_of_its_account(world: World) -> None:
    async def scenario() -> None:
        async with running(world) as live:
            live.account("app", "11111111-1111-4111-8111-111111111111")
            labelled = deployment("app", serviceAccountName="app")
            labelled["spec"]["template"]["metadata"]["labels"]["azure.workload.identity/use"] = "true"
            live.create("apps/deployments", labelled)
            live.create("apps/deployments", deployment("plain", serviceAccountName="app"))
            pod = await live.until(lambda: pod_of(live, "app"))
            env = {one["name"]: one["value"] for one in pod["spec"]["containers"][0]["env"]}
            assert env == {
                "AZURE_CLIENT_ID": "11111111-1111-4111-8111-111111111111",
                "AZURE_TENANT_ID": TENANT_ID,
                "AZURE_FEDERATED_TOKEN_FILE": "/var/run/secrets/azure/tokens/azure-identity-token",
                "AZURE_AUTHORITY_HOST": "https://localhost:1/",
            }
            assert "azure-identity-token" in [volume["name"] for volume in pod["spec"]["volumes"]]
            plain = await live.until(lambda: pod_of(live, "plain"))
            assert "env" not in plain["spec"]["containers"][0]

    asyncio.run(scenario())


def test_a_restricted_namespace_refuses_pods_and_says_why(world: World) -> None:
    async def scenario() -> None:
        async with running(world) as live:
            live.namespace("tight", **{"pod-security.kubernetes.io/enforce": "restricted"})
            await live.until(lambda: live.objects.find("serviceaccounts", "tight", "default"))
            loose = deployment("web")
            loose["metadata"]["namespace"] = "tight"
            live.create("apps/deployments", loose)
            said = (await live.until(lambda: live.events("FailedCreate", "tight")))[0]
            assert (
                'violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "web" must set'
                in said
            )
            assert 'seccompProfile (pod or container "web" must set' in said
            found = live.objects.get("apps/deployments", "tight", "web")
            await live.until(
                lambda: conditions.is_true(live.objects.get("apps/deployments", "tight", "web"), "ReplicaFailure")
            )
            container = found["spec"]["template"]["spec"]["containers"][0]
            confined = {
                "allowPrivilegeEscalation": False, "runAsNonRoot": True, "capabilities": {"drop": ["ALL"]},
                "seccompProfile": {"type": "RuntimeDefault"},
            }  # fmt: skip
            metadata = {"name": "good", "namespace": "tight"}
            spec = {"containers": [{**container, "securityContext": confined}]}
            live.create("pods", {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
            await live.until(lambda: conditions.is_true(live.objects.get("pods", "tight", "good"), "Ready"))

    asyncio.run(scenario())


def test_a_pod_waits_for_the_secret_that_it_mounts(world: World) -> None:
    async def scenario() -> None:
        async with running(world) as live:
            volume = {"name": "keys", "secret": {"secretName": "keys"}}
            live.create("apps/deployments", deployment("web", volumes=[volume]))
            said = await live.until(lambda: live.events("FailedMount"))
            assert said[0] == 'MountVolume.SetUp failed for volume "keys" : secret "keys" not found'
            assert waiting(live, "web") == "ContainerCreating"
            data = {"key": base64.b64encode(b"1").decode()}
            metadata = {"name": "keys", "namespace": "default"}
            live.create("secrets", {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data})
            await live.until(lambda: is_ready(live, "web"))

    asyncio.run(scenario())


def test_a_pod_of_an_unknown_account_is_refused(world: World) -> None:
    async def scenario() -> None:
        async with running(world) as live:
            spec = {"serviceAccountName": "nobody", "containers": [{"name": "c", "image": "quay.io/x/y:1"}]}
            metadata = {"name": "p", "namespace": "default"}
            with pytest.raises(ApiError, match="error looking up service account default/nobody"):
                live.create("pods", {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})

    asyncio.run(scenario())


def test_a_load_balancer_needs_a_role_on_the_users_subnet(world: World) -> None:
    subnet = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet/subnets/nodes"

    async def scenario() -> None:
        pools = [{"name": "system", "count": 1, "vmSize": "Standard_D2s_v5", "vnetSubnetID": subnet}]
        async with running(world, agentPoolProfiles=pools) as live:
            id = ResourceId(f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-cluster")
            made, _ = await resources.put(world, None, id, {"location": "westeurope"}, api_version="2023-01-31")
            cluster = ResourceId(live.cluster.record["id"])
            principal = made["properties"]["principalId"]
            held = {"type": "UserAssigned", "userAssignedIdentities": {id.text: {"principalId": principal}}}
            table = world.store.table("resources")
            table[cluster.key] = {**table[cluster.key], "identity": held}
            spec = {"type": "LoadBalancer", "ports": [{"port": 80}], "selector": {"app": "web"}}
            metadata = {"name": "web", "namespace": "default"}
            live.create("services", {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec})
            said = (await live.until(lambda: live.events("SyncLoadBalancerFailed")))[0]
            assert "ERROR CODE: AuthorizationFailed" in said and "virtualNetworks/subnets/read" in said
            roles.grant(world, principal, "Network Contributor", subnet)
            await live.until(
                lambda: live.objects.get("services", "default", "web").get("status", {}).get("loadBalancer")
            )
            addresses = resources.find(world, "Microsoft.Network/publicIPAddresses")
            assert [one["id"].split("/")[4] for one in addresses] == ["MC_rg-lab"]
            live.objects.delete("services", "default", "web")
            await live.until(lambda: not resources.find(world, "Microsoft.Network/publicIPAddresses"))

    asyncio.run(scenario())
