"""A cluster with its controllers in this process: no server, no client, the object store and the loops on it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sandbox.server  # noqa: F401 - resource types register when the rooms are imported
from sandbox import tls
from sandbox.arm.ids import ResourceId
from sandbox.controllers import admission
from sandbox.controllers import routes as controllers
from sandbox.controllers.controller import Cluster
from sandbox.entra import principals
from sandbox.home import Home
from sandbox.kube import cluster as clusters
from sandbox.kube.admission import defaults
from sandbox.kube.objects import Objects
from sandbox.pace import Pace
from sandbox.store import Store
from sandbox.world import SUBSCRIPTION_ID, World

GROUP = f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/rg-lab"


@dataclass
class Live:
    """A running cluster and what tests do with it."""

    cluster: Cluster
    kubelet: str
    tasks: list[asyncio.Task[None]]

    @property
    def world(self) -> World:
        return self.cluster.world

    @property
    def objects(self) -> Objects:
        return self.cluster.objects

    def create(self, resource: str, document: dict[str, Any]) -> dict[str, Any]:
        """Create an object as the API would: with its defaults, and admitted."""
        document = {**document, "metadata": dict(document["metadata"])}
        defaults.fill(resource, document)
        document = admission.admit(self.world, self.cluster.uid, "CREATE", resource, document)
        return self.objects.create(resource, document)

    def namespace(self, name: str, **labels: str) -> None:
        metadata = {"name": name, "labels": labels}
        self.create("namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})

    def account(self, name: str, client_id: str) -> None:
        """A service account of the namespace default that stands for an identity."""
        annotations = {"azure.workload.identity/client-id": client_id}
        metadata = {"name": name, "namespace": "default", "annotations": annotations}
        self.create("serviceaccounts", {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})

    async def until(self, holds: Callable[[], Any], timeout_s: float = 10.0) -> Any:
        """Wait until ``holds`` says something true, and return it."""
        async with asyncio.timeout(timeout_s):
            while True:
                found = holds()
                if found:
                    return found
                await asyncio.sleep(0.01)

    def events(self, reason: str, namespace: str = "default") -> list[str]:
        """The messages of the events with a reason."""
        return [one["message"] for one in self.objects.list("events", namespace) if one["reason"] == reason]


def deployment(name: str, image: str = "registry.k8s.io/pause:3.10", replicas: int = 1, **spec: Any) -> dict[str, Any]:
    """A Deployment in the namespace default; ``spec`` goes into the pods."""
    container = {"name": name, "image": image}
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container], **spec}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": template},
    }


def new_world(home: Path, pace: float = 0.0) -> World:
    tls.Certificates(Home(home).tls).prepare()
    return World(home, "https://localhost:1", Store(None), Pace(pace))


@contextlib.asynccontextmanager
async def running(world: World, **properties: Any) -> AsyncIterator[Live]:
    """A cluster of ``world``, its controllers at work until the end of the block."""
    table = world.store.table("resources")
    group = {"id": GROUP, "name": "rg-lab", "type": "Microsoft.Resources/resourceGroups", "location": "westeurope"}
    for name in ("rg-lab", "MC_rg-lab"):
        text = GROUP.replace("rg-lab", name)
        table[text.lower()] = {**group, "id": text, "name": name, "properties": {"provisioningState": "Succeeded"}}
    kubelet = principals.create_service_principal(world, "lab-agentpool", kind="ManagedIdentity")
    id = ResourceId(f"{GROUP}/providers/Microsoft.ContainerService/managedClusters/lab")
    document = {
        "id": id.text, "name": "lab", "type": "Microsoft.ContainerService/managedClusters", "location": "westeurope",
        "properties": {
            "nodeResourceGroup": "MC_rg-lab", "kubernetesVersion": "1.35",
            "agentPoolProfiles": [{"name": "system", "count": 2, "vmSize": "Standard_D2s_v5"}],
            "identityProfile": {"kubeletidentity": {"objectId": kubelet["id"], "clientId": kubelet["appId"]}},
            "securityProfile": {"workloadIdentity": {"enabled": True}},
            **properties,
        },
    }  # fmt: skip
    table[id.key] = document
    uid = clusters.create(world, id, document)
    tasks = [asyncio.create_task(one) for one in controllers.background(world)]
    live = Live(Cluster(world, uid), kubelet["id"], tasks)
    await live.until(lambda: live.objects.find("configmaps", "default", "kube-root-ca.crt"))
    try:
        yield live
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await world.pods.close()
        await world.listeners.close_all()
