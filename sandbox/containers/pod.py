"""One pod with processes: its volumes, its containers, and the name and word by which the proxy knows it."""

import secrets
from collections.abc import Callable

from sandbox.acr.images import Image
from sandbox.containers.container import Container
from sandbox.containers.volumes import Volumes
from sandbox.controllers.controller import Cluster
from sandbox.store import Document
from sandbox.traffic import proxy


class RunningPod:
    """``containers`` has the newest start of each container by name, running or ended."""

    def __init__(self, cluster: Cluster, pod: Document) -> None:
        self.cluster = cluster
        self.uid: str = pod["metadata"]["uid"]
        self.namespace: str = pod["metadata"]["namespace"]
        self.name: str = pod["metadata"]["name"]
        self.secret = secrets.token_urlsafe(24)
        self.volumes = Volumes(cluster, pod)
        self.containers: dict[str, Container] = {}

    def start(self, pod: Document, container: Document, image: Image, say: Callable[[str], object]) -> None:
        """Start a container, for the first time or again. Raises CannotStart."""
        port = proxy.open(self.cluster.world)
        address = f"http://{self.uid}:{self.secret}@127.0.0.1:{port}"
        self.volumes.write()
        self.containers[container["name"]] = Container(self.cluster, pod, container, image, self.volumes, address, say)

    def port(self, wanted: int) -> int | None:
        """Where on this machine a port of the pod is served; None where no process serves it. A port that no
        container declares is taken for the first one's."""
        running = [one for one in self.containers.values() if one.exit_code is None]
        declared = [one for one in running if one.listens_on(wanted)]
        return next((one.port for one in (*declared, *running)), None)
