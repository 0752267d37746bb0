"""A sandbox in a thread of this process with one cluster in it, and the real kubectl and helm at it."""

import asyncio
import json
import os
import shutil
import ssl
import subprocess
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
import yaml

from sandbox import server
from sandbox.arm.ids import ResourceId
from sandbox.kube import cluster as clusters
from sandbox.kube.objects import Objects
from sandbox.pace import Pace
from sandbox.store import Store
from sandbox.tls import Certificates
from sandbox.world import SUBSCRIPTION_ID, World

GROUP = f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/rg-lab"
CLUSTER = ResourceId(f"{GROUP}/providers/Microsoft.ContainerService/managedClusters/lab")
ADMINS = "11111111-0000-4000-8000-000000000001"

T = TypeVar("T")


@dataclass(frozen=True)
class Ended:
    """How a client ended."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)

    def ok(self) -> str:
        """The output of a command that must have succeeded."""
        assert self.code == 0, f"exit {self.code}\n{self.out}\n{self.err}"
        return self.out


class Sandbox:
    """The rooms served over TLS by an event loop in a thread. ``on_loop`` runs code where the state may be touched."""

    def __init__(self, home: Path) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self.tasks: list[asyncio.Task[None]] = []
        self.world = self.on_loop(lambda: self._open(home))

    def _open(self, home: Path) -> World:
        (home / "tls").mkdir(parents=True)
        Certificates(home / "tls").prepare()
        world = World(home, "", Store(None), Pace(0))
        world.url = f"https://localhost:{world.listeners.bind('main', 0)}"
        world.listeners.open(server.application(world), "main")
        for work in server.background(world):
            self.tasks.append(self.loop.create_task(work))
        return world

    def on_loop(self, call: Callable[[], T]) -> T:
        async def run() -> T:
            return call()

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(30)

    def close(self) -> None:
        async def stop() -> None:
            for task in self.tasks:
                task.cancel()
            await asyncio.gather(*self.tasks, return_exceptions=True)
            await self.world.listeners.close_all()

        asyncio.run_coroutine_threadsafe(stop(), self.loop).result(30)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)


@dataclass
class Cluster:
    """One cluster and its clients; ``home`` holds their kubeconfig and caches."""

    sandbox: Sandbox
    uid: str
    home: Path
    environ: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        world = self.sandbox.world
        self.kubeconfig = self.home / "kubeconfig"
        self.kubeconfig.write_text(self.sandbox.on_loop(lambda: clusters.kubeconfig(world, self.uid, "admin")))
        self.kubeconfig.chmod(0o600)
        self.environ = {
            **os.environ, "KUBECONFIG": str(self.kubeconfig), "HOME": str(self.home),
            "KUBECACHEDIR": str(self.home / "cache"), "HELM_CACHE_HOME": str(self.home / "helm"),
            "HELM_CONFIG_HOME": str(self.home / "helm"), "HELM_DATA_HOME": str(self.home / "helm"),
        }  # fmt: skip
        self.ca = str(Certificates(world.home / "tls").ca)
        self.server = f"{world.url}/clusters/{self.uid}"

    @property
    def objects(self) -> Objects:
        return clusters.objects(self.sandbox.world, self.uid)

    @property
    def token(self) -> str:
        return yaml.safe_load(self.kubeconfig.read_text())["users"][0]["user"]["token"]

    def run(self, *argv: str, stdin: str | None = None, timeout_s: float = 90) -> Ended:
        done = subprocess.run(
            argv, env=self.environ, input=stdin, capture_output=True, text=True, timeout=timeout_s, cwd=self.home
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def kubectl(self, *argv: str, stdin: str | None = None) -> Ended:
        return self.run("kubectl", *argv, stdin=stdin)

    def helm(self, *argv: str) -> Ended:
        return self.run("helm", *argv)

    def apply(self, *documents: dict[str, Any], flags: tuple[str, ...] = ()) -> Ended:
        """``kubectl apply -f -`` of documents."""
        return self.kubectl("apply", *flags, "-f", "-", stdin=yaml.safe_dump_all(documents))


def document(**properties: Any) -> dict[str, Any]:
    """The ARM document of the cluster."""
    pools = [{"name": "nodepool1", "count": 2, "vmSize": "Standard_D2s_v5"}]
    defaults = {"kubernetesVersion": "1.35", "agentPoolProfiles": pools, "nodeResourceGroup": "MC_rg-lab"}
    return {
        "id": CLUSTER.text, "name": "lab", "type": "Microsoft.ContainerService/managedClusters",
        "location": "westeurope", "properties": defaults | properties,
    }  # fmt: skip


def _client(name: str) -> None:
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not on PATH")


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    made = Sandbox(tmp_path_factory.mktemp("sandbox"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def cluster(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Cluster:
    """A cluster with local accounts; its clients are signed in as its admin."""
    for name in ("kubectl", "helm"):
        _client(name)
    resource = document()

    def create() -> str:
        sandbox.world.store.table("resources")[CLUSTER.key] = resource
        return clusters.create(sandbox.world, CLUSTER, resource)

    return Cluster(sandbox, sandbox.on_loop(create), tmp_path_factory.mktemp("clients"))


def deployment(name: str, image: str = "registry.k8s.io/pause:3.10", replicas: int = 1) -> dict[str, Any]:
    """The smallest Deployment that there is."""
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "web", "image": image, "ports": [{"containerPort": 80}]}]},
            },
        },
    }


@pytest.fixture
def api(cluster: Cluster) -> Iterator[httpx.Client]:
    """The cluster's API over HTTPS, as its admin."""
    headers = {"Authorization": f"Bearer {cluster.token}", "User-Agent": "tests/1.0"}
    verify = ssl.create_default_context(cafile=cluster.ca)
    with httpx.Client(base_url=f"{cluster.server}/", headers=headers, verify=verify) as client:
        yield client


@pytest.fixture
def namespace(api: httpx.Client) -> str:
    """A namespace of the test's own."""
    name = f"t-{uuid.uuid4().hex[:8]}"
    answer = api.post("api/v1/namespaces", json={"metadata": {"name": name}})
    assert answer.status_code == 201, answer.text
    return name
