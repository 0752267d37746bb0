"""Trouble where no client sees a request: webhooks that do not answer, parts of deployments, what is known late."""

import time

import pytest
from live_cluster import GROUP, deployment, running

from sandbox.arm.ids import ResourceId
from sandbox.errors import AzureError
from sandbox.trouble import lags, parts
from sandbox.trouble.plan import Plan
from sandbox.world import World

pytestmark = pytest.mark.anyio

NETWORK = ResourceId(f"{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet")
CLUSTER = ResourceId(f"{GROUP}/providers/Microsoft.ContainerService/managedClusters/lab")


def met(world: World) -> list[str]:
    return [one["what"] for one in world.trouble.report()["injected"]]


async def test_a_pod_is_made_once_the_webhook_of_workload_identity_answers(world: World) -> None:
    async with running(world) as live:
        service = ("endpoints", "kube-system", "azure-wi-webhook-webhook-service")
        await live.until(lambda: (live.objects.find(*service) or {}).get("subsets"))
        world.trouble.set(Plan(1, frozenset({"webhook-not-ready"}), rate=1))
        wanted = deployment("web")
        wanted["spec"]["template"]["metadata"]["labels"]["azure.workload.identity/use"] = "true"
        live.create("apps/deployments", wanted)
        (refused, *_) = await live.until(lambda: live.events("FailedCreate"))
        assert 'failed calling webhook "mutation.azure-workload-identity.io": failed to call webhook: Post' in refused
        assert not live.objects.list("pods", "default")
        world.trouble.clear()
        await live.until(lambda: live.objects.list("pods", "default"))


async def test_a_part_of_a_deployment_is_refused_by_its_provider(world: World) -> None:
    written = []
    for fault, code, done in (
        ("conflict", "AnotherOperationInProgress", False),
        ("answer-lost", "GatewayTimeout", True),
    ):
        world.trouble.set(Plan(1, frozenset({fault}), rate=1))
        with pytest.raises(AzureError) as refused:
            async with parts.written(world, NETWORK):
                written.append(fault)
        assert refused.value.code == code and (fault in written) == done
        assert met(world)[0].startswith(f"{refused.value.status} {code}")


async def test_a_cluster_is_busy_only_once_it_is_there(world: World) -> None:
    world.trouble.set(Plan(1, frozenset({"operation-in-progress"}), rate=1))
    async with parts.written(world, CLUSTER):
        pass
    async with running(world):
        with pytest.raises(AzureError, match="Another operation"):
            async with parts.written(world, CLUSTER):
                pytest.fail("it was written")


async def test_what_is_new_is_known_later_and_what_was_there_is_known(world: World) -> None:
    world.trouble.set(Plan(1, frozenset({"role-lag"}), rate=0))
    now = time.time()
    assert not lags.over(world, "role-lag", "Reader on rg-lab", now)
    assert not lags.over(world, "role-lag", "Reader on rg-lab", now)
    assert lags.over(world, "role-lag", "Owner on all", now - 60)
    assert lags.over(world, "federation-lag", "fic of id-lab", now)
    assert [what.startswith("takes effect after") for what in met(world)] == [True]
    world.trouble.clear()
    assert lags.over(world, "role-lag", "Reader on rg-lab", now)
