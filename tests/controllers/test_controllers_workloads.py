"""Workloads: from a Deployment to its ready pods and back, Jobs to their end."""

import asyncio

from conftest import Live, deployment, running

from sandbox.controllers import conditions
from sandbox.controllers.labels import labels_of
from sandbox.world import World


def available(live: Live, name: str) -> bool:
    found = live.objects.get("apps/deployments", "default", name)
    status = found.get("status", {})
    whole = status.get("availableReplicas", 0) == found["spec"]["replicas"] == status.get("updatedReplicas", 0)
    return whole and conditions.is_true(found, "Available") and status["replicas"] == found["spec"]["replicas"]


def pods(live: Live, app: str) -> list[dict]:
    return [pod for pod in live.objects.list("pods", "default") if labels_of(pod).get("app") == app]


def test_a_deployment_becomes_available_and_rolls_over(world: World) -> None:
    async def scenario() -> None:
        async with running(world) as live:
            live.create("apps/deployments", deployment("web", replicas=3))
            await live.until(lambda: available(live, "web"))
            first = {pod["metadata"]["name"] for pod in pods(live, "web")}
            assert len(first) == 3
            assert all(pod["status"]["phase"] == "Running" and pod["spec"]["nodeName"] for pod in pods(live, "web"))
            assert "Scaled up replica set" in live.events("ScalingReplicaSet")[0]

            def change(document: dict) -> None:
                document["spec"]["template"]["spec"]["containers"][0]["image"] = "registry.k8s.io/pause:3.9"

            live.objects.edit("apps/deployments", "default", "web", change)
            await live.until(
                lambda: available(live, "web") and not first & {p["metadata"]["name"] for p in pods(live, "web")}
            )
            found = live.objects.get("apps/deployments", "default", "web")
            assert found["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "2"
            progressing = conditions.find(found["status"], "Progressing")
            assert progressing and progressing["reason"] == "NewReplicaSetAvailable"
            live.objects.delete("apps/deployments", "default", "web")
            await live.until(lambda: not pods(live, "web") and not live.objects.list("apps/replicasets", "default"))

    asyncio.run(scenario())


def test_a_job_completes_with_both_conditions(world: World) -> None:
    async def scenario() -> None:
        async with running(world) as live:
            container = {"name": "say", "image": "docker.io/library/busybox:1", "command": ["echo", "done", "so"]}
            spec = {"template": {"spec": {"restartPolicy": "Never", "containers": [container]}}}
            job = {
                "apiVersion": "batch/v1",
                "kind": "Job",
                "metadata": {"name": "one", "namespace": "default"},
                "spec": spec,
            }
            live.create("batch/jobs", job)
            done = await live.until(
                lambda: conditions.is_true(live.objects.get("batch/jobs", "default", "one"), "Complete")
            )
            assert done
            status = live.objects.get("batch/jobs", "default", "one")["status"]
            assert [one["type"] for one in status["conditions"]] == ["SuccessCriteriaMet", "Complete"]
            assert status["succeeded"] == 1 and "completionTime" in status

    asyncio.run(scenario())


def test_a_job_fails_after_its_last_retry(world: World) -> None:
    async def scenario() -> None:
        async with running(world) as live:
            container = {
                "name": "no",
                "image": "docker.io/library/busybox:1",
                "command": ["sh", "-c", "echo no; exit 3"],
            }
            spec = {"backoffLimit": 1, "template": {"spec": {"restartPolicy": "Never", "containers": [container]}}}
            job = {
                "apiVersion": "batch/v1",
                "kind": "Job",
                "metadata": {"name": "bad", "namespace": "default"},
                "spec": spec,
            }
            live.create("batch/jobs", job)
            await live.until(lambda: conditions.is_true(live.objects.get("batch/jobs", "default", "bad"), "Failed"))
            status = live.objects.get("batch/jobs", "default", "bad")["status"]
            assert status["failed"] == 2
            assert conditions.find(status, "Failed")["reason"] == "BackoffLimitExceeded"

    asyncio.run(scenario())


def test_a_namespace_goes_with_all_that_is_in_it(world: World) -> None:
    async def scenario() -> None:
        async with running(world) as live:
            live.namespace("brief")
            await live.until(lambda: live.objects.find("configmaps", "brief", "kube-root-ca.crt"))
            live.objects.delete("namespaces", "", "brief")
            await live.until(lambda: live.objects.find("namespaces", "", "brief") is None)
            assert live.objects.find("serviceaccounts", "brief", "default") is None

    asyncio.run(scenario())
