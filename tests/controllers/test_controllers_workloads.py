"""Workloads: from a Deployment to its ready pods and back, Jobs to their end."""

import asyncio
import time
from pathlib import Path

from live_cluster import Live, deployment, new_world, running

from sandbox.controllers import conditions
from sandbox.controllers import routes as controllers
from sandbox.controllers.labels import labels_of
from sandbox.kube import cluster as clusters
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


def test_stateful_pods_come_in_order_with_claims_that_are_bound(world: World) -> None:
    async def scenario() -> None:
        async with running(world) as live:
            mount = {"name": "data", "mountPath": "/data"}
            container = {"name": "db", "image": "docker.io/library/postgres:17", "volumeMounts": [mount]}
            claim = {
                "metadata": {"name": "data"},
                "spec": {"accessModes": ["ReadWriteOnce"]},
            }
            claim["spec"]["resources"] = {"requests": {"storage": "1Gi"}}
            spec = {
                "serviceName": "db", "replicas": 2, "selector": {"matchLabels": {"app": "db"}},
                "template": {"metadata": {"labels": {"app": "db"}}, "spec": {"containers": [container]}},
                "volumeClaimTemplates": [claim],
            }  # fmt: skip
            metadata = {"name": "db", "namespace": "default"}
            live.create(
                "apps/statefulsets",
                {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": metadata, "spec": spec},
            )
            await live.until(
                lambda: live.objects.get("apps/statefulsets", "default", "db")["status"].get("readyReplicas") == 2
            )
            assert [pod["metadata"]["name"] for pod in pods(live, "db")] == ["db-0", "db-1"]
            claims = live.objects.list("persistentvolumeclaims", "default")
            assert [one["metadata"]["name"] for one in claims] == ["data-db-0", "data-db-1"]
            await live.until(lambda: all(
                one["status"]["phase"] == "Bound" for one in live.objects.list("persistentvolumeclaims", "default")
            ))  # fmt: skip

    asyncio.run(scenario())


def test_a_daemon_runs_on_every_node(world: World) -> None:
    async def scenario() -> None:
        async with running(world) as live:
            template = {
                "metadata": {"labels": {"app": "agent"}},
                "spec": {"containers": [{"name": "a", "image": "quay.io/a/b:1"}]},
            }
            spec = {"selector": {"matchLabels": {"app": "agent"}}, "template": template}
            metadata = {"name": "agent", "namespace": "default"}
            live.create(
                "apps/daemonsets", {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": metadata, "spec": spec}
            )
            await live.until(
                lambda: live.objects.get("apps/daemonsets", "default", "agent")["status"].get("numberReady") == 2
            )
            assert len({pod["spec"]["nodeName"] for pod in pods(live, "agent")}) == 2

    asyncio.run(scenario())


def test_a_paced_pod_takes_its_time(tmp_path: Path) -> None:
    async def scenario() -> None:
        world = new_world(tmp_path, pace=0.1)
        async with running(world) as live:
            live.create("apps/deployments", deployment("web"))
            before = time.monotonic()
            await live.until(lambda: live.events("Pulling"))
            found = live.objects.get("apps/deployments", "default", "web")
            progressing = conditions.find(found["status"], "Progressing")
            assert progressing and progressing["status"] == "True"
            assert not available(live, "web")
            await live.until(lambda: available(live, "web"))
            assert 0.4 < time.monotonic() - before < 5

    asyncio.run(scenario())


def test_controllers_go_on_where_a_process_left_off(world: World) -> None:
    async def scenario() -> None:
        async with running(world) as live:
            live.create("apps/deployments", deployment("web", replicas=2))
            await live.until(lambda: available(live, "web"))
            uid, written = live.cluster.uid, live.objects.revision
        world.clusters.clear()  # as a new process finds it: only the store
        tasks = [asyncio.create_task(one) for one in controllers.background(world)]
        await asyncio.sleep(0.5)
        assert clusters.objects(world, uid).revision == written, "nothing was to be done, yet something was written"
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

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
