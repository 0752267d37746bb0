"""The pods that have processes: started by the kubelets, found by the network, ended with the sandbox."""

import asyncio
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.containers.pod import RunningPod

#: Seconds that processes have to end when the sandbox does.
_LAST_GRACE_S = 3.0


class Pods:
    """Those of all clusters, by uid."""

    def __init__(self) -> None:
        self._pods: dict[str, RunningPod] = {}
        self._ending: set[asyncio.Task[None]] = set()

    def add(self, pod: "RunningPod") -> None:
        self._pods[pod.uid] = pod

    def find(self, uid: str) -> "RunningPod | None":
        return self._pods.get(uid)

    def known_by(self, uid: str, secret: str) -> "RunningPod | None":
        """The pod of this uid, if the secret is its own."""
        found = self._pods.get(uid)
        return found if found and secrets.compare_digest(found.secret.encode(), secret.encode()) else None

    def end(self, uid: str, grace_s: float) -> None:
        """End a pod's processes, and take its folder away once they have ended. Unknown pods are no error."""
        pod = self._pods.pop(uid, None)
        if pod:
            task = asyncio.create_task(_ended(pod, grace_s))
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)

    async def close(self) -> None:
        """End all processes and wait for that."""
        for uid in list(self._pods):
            self.end(uid, _LAST_GRACE_S)
        if self._ending:
            await asyncio.wait(self._ending, timeout=_LAST_GRACE_S + 1)


async def _ended(pod: "RunningPod", grace_s: float) -> None:
    for container in pod.containers.values():
        container.stop(grace_s)
    await asyncio.gather(*(one.process.ended for one in pod.containers.values()), return_exceptions=True)
    pod.volumes.remove()
