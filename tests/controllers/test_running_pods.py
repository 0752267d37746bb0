"""Pods of images that were built here: processes with the container's environment, log, readiness and end."""

import asyncio
import json
import os
from typing import Any

import httpx
from live_cluster import Live, deployment, running
from running_images import build

from sandbox.containers import volumes
from sandbox.controllers import conditions
from sandbox.kube import logs
from sandbox.world import World

READY = {"httpGet": {"path": "/healthz", "port": "http"}}


def run(scenario: Any, world: World, **properties: Any) -> None:
    async def within() -> None:
        async with running(world, **properties) as live:
            await scenario(live)

    asyncio.run(within())


def app(name: str, image: str, **container: Any) -> dict[str, Any]:
    """A Deployment of one such container with a port and a probe."""
    made = deployment(name, image)
    first = made["spec"]["template"]["spec"]["containers"][0]
    first |= {"ports": [{"name": "http", "containerPort": 8080}], "readinessProbe": READY, **container}
    return made


async def ready_pod(live: Live, name: str) -> dict[str, Any]:
    def found() -> dict[str, Any] | None:
        pods = [pod for pod in live.objects.list("pods") if pod["metadata"].get("labels", {}).get("app") == name]
        return next((pod for pod in pods if conditions.is_true(pod, "Ready")), None)

    return await live.until(found)


def url(live: Live, pod: dict[str, Any], path: str = "/") -> str:
    found = live.world.pods.find(pod["metadata"]["uid"])
    assert found
    return f"http://127.0.0.1:{found.port(8080)}{path}"


async def get(address: str) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.get(address)


def log_of(live: Live, pod: dict[str, Any]) -> list[str]:
    place = pod["metadata"]["namespace"], pod["metadata"]["name"], pod["spec"]["containers"][0]["name"]
    return [line for _, line in logs.read(live.world, live.cluster.uid, *place)]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_pod_runs_its_image(world: World) -> None:
    async def scenario(live: Live) -> None:
        live.create(
            "apps/deployments", app("web", build(live, "web"), env=[{"name": "WHO", "value": "$(GREETING) you"}])
        )
        pod = await ready_pod(live, "web")
        env = (await get(url(live, pod, "/env"))).json()
        assert (env["GREETING"], env["WHO"], env["HOSTNAME"]) == ("hello", "hello you", pod["metadata"]["name"])
        assert env["REQUESTS_CA_BUNDLE"].endswith("ca-bundle.pem")
        assert "AZURE_CLIENT_ID" not in env
        assert log_of(live, pod) == [f"listening {env['PORT']}"]
        assert live.events("Started") == ["Started container web"]

    run(scenario, world)
