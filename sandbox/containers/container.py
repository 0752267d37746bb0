"""One start of a container: its process, the port that it listens on, and whether it is ready."""

import asyncio
import contextlib
import random
import socket
from collections.abc import Callable

from sandbox.acr.images import Image
from sandbox.containers import command, environment, probes
from sandbox.containers.process import Process
from sandbox.containers.volumes import Volumes
from sandbox.controllers.controller import Cluster
from sandbox.kube.objects import timestamp
from sandbox.store import Document
from sandbox.traffic.services import container_port

#: Ports for processes: below those of the sandbox's own listeners and of outgoing connections.
_CHOICE = range(12_000, 20_000)
#: The least seconds between two probes, at any pace: until the container is ready, and from then on.
PROBE_S, READY_PROBE_S = 0.1, 5.0


class Container:
    """Runs from when it is made. Raises CannotStart."""

    def __init__(
        self,
        cluster: Cluster,
        pod: Document,
        container: Document,
        image: Image,
        volumes: Volumes,
        proxy: str,
        say: Callable[[str], object],
    ) -> None:
        self._cluster, self._pod, self._document = cluster, pod, container
        self.name: str = container["name"]
        self.port, self.started = _free_port(), timestamp()
        mounts = volumes.mounts(container)
        env = environment.whole(cluster, pod, container, image, mounts=mounts, port=self.port, proxy=proxy)
        argv = command.argv(image, container, env, mounts)
        self.process = Process(argv, env, command.folder(image, container), say)
        self._began = asyncio.get_running_loop().time()
        self._probe: Document = container.get("readinessProbe") or {}
        self.ready, self.unhealthy = not self._probe, ""
        self._probing = asyncio.create_task(self._watch_readiness()) if self._probe else None

    @property
    def exit_code(self) -> int | None:
        return self.process.exit_code

    @property
    def ran_s(self) -> float:
        """Seconds since its start."""
        return asyncio.get_running_loop().time() - self._began

    def listens_on(self, port: int) -> bool:
        """Whether this is the container of a port of the pod."""
        return any(one["containerPort"] == port for one in self._document.get("ports") or [])

    def stop(self, grace_s: float) -> None:
        """End it: SIGTERM, then SIGKILL after ``grace_s``. Its log ends here."""
        self.ready = False
        self.process.mute()
        self.process.stop(grace_s)
        if self._probing:
            self._probing.cancel()

    async def _watch_readiness(self) -> None:
        probe, pace = self._probe, self._cluster.world.pace
        passed = failed = 0
        await pace.sleep(probe.get("initialDelaySeconds") or 0)
        while self.exit_code is None:
            why = await probes.failure(probe, self._address(), self.port)
            passed, failed = (0, failed + 1) if why else (passed + 1, 0)
            if passed >= (probe.get("successThreshold") or 1):
                self.ready, self.unhealthy = True, ""
            elif failed >= (probe.get("failureThreshold") or 3):
                self.ready, self.unhealthy = False, why
            period_s = pace.scaled(probe.get("periodSeconds") or 10)
            await asyncio.sleep(max(period_s, READY_PROBE_S if self.ready else PROBE_S))
        self.ready = False

    def _address(self) -> str:
        """The address and port in the cluster that the probe asks."""
        metadata = self._pod["metadata"]
        found = self._cluster.objects.find("pods", metadata["namespace"], metadata["name"]) or self._pod
        asked: Document = next(
            (self._probe[kind] for kind in ("httpGet", "tcpSocket", "grpc") if kind in self._probe), {}
        )
        port = container_port(self._pod, asked.get("port", ""))
        return f"{(found.get('status') or {}).get('podIP', '')}:{port or asked.get('port')}"


def _free_port() -> int:
    """A port on loopback that nobody listens on now."""
    for candidate in (*random.sample(_CHOICE, 50), 0):
        with contextlib.suppress(OSError), socket.socket() as tried:
            tried.bind(("127.0.0.1", candidate))
            return tried.getsockname()[1]
    raise OSError("no port is free on 127.0.0.1")
