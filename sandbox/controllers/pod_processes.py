"""The processes of one pod as its kubelet sees them: started, ended, started again with more and more patience."""

import time
from collections.abc import Callable

from sandbox.acr.images import Image
from sandbox.containers.container import Container
from sandbox.containers.pod import RunningPod
from sandbox.controllers import image_pulls, pod_status
from sandbox.controllers.controller import Cluster
from sandbox.store import Document

#: After so many seconds of Azure's the kubelet forgets that a container has failed before.
FORGIVEN_S = 600.0
#: The least seconds that processes have between SIGTERM and SIGKILL, at any pace.
LEAST_GRACE_S = 2.0


class PodProcesses:
    """``ends`` are the states in which containers last ended, ``restarted`` those started again and not yet told."""

    def __init__(self, cluster: Cluster, pod: Document) -> None:
        self._cluster, self._pod = cluster, pod
        self._running = RunningPod(cluster, pod)
        self._failures: dict[str, int] = {}
        self._until: dict[str, float] = {}
        self.ends: dict[str, Document] = {}
        self.restarted: set[str] = set()
        cluster.world.pods.add(self._running)

    def find(self, name: str) -> Container | None:
        return self._running.containers.get(name)

    def runs(self, name: str) -> bool:
        found = self.find(name)
        return found is not None and found.exit_code is None

    def unready(self) -> list[Container]:
        """Those that run and whose probe has not passed."""
        return [one for one in self._running.containers.values() if one.exit_code is None and not one.ready]

    def start(self, pod: Document, container: Document, image: Image, say: Callable[[str], object]) -> None:
        """Start a container, for the first time or again. Raises CannotStart."""
        self._running.start(pod, container, image, say)
        if container["name"] in self.ends:
            self.restarted.add(container["name"])

    def refresh(self) -> None:
        """Bring the volumes' files up to date."""
        self._running.volumes.write()

    def lost(self, name: str, state: Document) -> Document:
        """A container that ran when the sandbox was stopped: how it is to be told, as after a node's restart."""
        self.ends[name] = self._end(name, 255, state["running"]["startedAt"], "Unknown")
        return pod_status.waiting("ContainerCreating")

    def failed(self, name: str, exit_code: int, started: str, reason: str = "", message: str = "") -> Document:
        """A container has ended and is to be started again: its state until then. The first time that is now."""
        container = self.find(name)
        if container and container.ran_s >= self._cluster.world.pace.scaled(FORGIVEN_S) > 0:
            self._failures.pop(name, None)
        failures = self._failures[name] = self._failures.get(name, 0) + 1
        self.ends[name] = self._end(name, exit_code, started, reason, message)
        if failures == 1 and not message:
            return pod_status.waiting("ContainerCreating")
        patience_s = image_pulls.backoff_s(self._cluster, failures)
        self._until[name] = time.monotonic() + patience_s
        metadata = self._pod["metadata"]
        shown = f"{metadata['name']}_{metadata['namespace']}({metadata['uid']})"
        nominal = min(image_pulls.MOST_BACKOFF_S, image_pulls.FIRST_BACKOFF_S * 2 ** max(0, failures - 2))
        return pod_status.waiting(
            "CrashLoopBackOff", f"back-off {nominal:.0f}s restarting failed container={name} pod={shown}"
        )

    def ended(self, name: str) -> Document:
        """The state of a container that has ended for good."""
        container = self.find(name)
        assert container and container.exit_code is not None
        return self._end(name, container.exit_code, container.started)

    def backing_off_s(self, name: str) -> float:
        """Seconds until a container that has failed may start again."""
        return max(0.0, self._until.get(name, 0.0) - time.monotonic())

    def close(self) -> None:
        """End all of them, with the pod's grace."""
        grace_s = self._pod["spec"].get("terminationGracePeriodSeconds", 30)
        self._cluster.world.pods.end(self._running.uid, max(LEAST_GRACE_S, self._cluster.world.pace.scaled(grace_s)))

    def _end(self, name: str, code: int, started: str, reason: str = "", message: str = "") -> Document:
        state = pod_status.terminated(code, started, pod_status.container_id(self._pod, name), reason)
        if message:
            state["terminated"]["message"] = message
        return state
