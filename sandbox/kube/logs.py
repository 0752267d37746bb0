"""What containers have written: the text behind ``kubectl logs``. Controllers append, the API reads and follows."""

import asyncio
from collections.abc import AsyncIterator, Callable

from sandbox.kube.objects import timestamp
from sandbox.world import World

#: Lines kept for one container; older ones are dropped, as a node rotates its log files.
KEPT = 2000


def _key(namespace: str, pod: str, container: str) -> str:
    return f"{namespace}/{pod}/{container}"


def append(world: World, uid: str, namespace: str, pod: str, container: str, text: str) -> None:
    """Add lines to a container's log."""
    table = world.store.table(f"kube-logs/{uid}", quiet=True)
    key = _key(namespace, pod, container)
    old = table.get(key, {"dropped": 0, "lines": []})
    lines = [*old["lines"], *([timestamp(), line] for line in text.splitlines())]
    excess = max(0, len(lines) - KEPT)
    table[key] = {"dropped": old["dropped"] + excess, "lines": lines[excess:]}


def read(world: World, uid: str, namespace: str, pod: str, container: str) -> list[tuple[str, str]]:
    """A container's log: (time, line) pairs."""
    stored = world.store.table(f"kube-logs/{uid}", quiet=True).get(_key(namespace, pod, container))
    return [(time, line) for time, line in stored["lines"]] if stored else []


def forget(world: World, uid: str, namespace: str, pod: str) -> None:
    """Drop the logs of a pod that is gone."""
    table = world.store.table(f"kube-logs/{uid}", quiet=True)
    for key in list(table):
        if key.startswith(f"{namespace}/{pod}/"):
            del table[key]


def dropped(world: World, uid: str, namespace: str, pod: str, container: str) -> int:
    """How many lines the log has lost to rotation."""
    stored = world.store.table(f"kube-logs/{uid}", quiet=True).get(_key(namespace, pod, container))
    return stored["dropped"] if stored else 0


async def follow(
    world: World, uid: str, namespace: str, pod: str, container: str, seen: int, running: Callable[[], bool]
) -> AsyncIterator[tuple[str, str]]:
    """Lines written after the first ``seen`` ones ever, until ``running`` says that no more will come."""
    table = world.store.table(f"kube-logs/{uid}", quiet=True)
    while True:
        last = not running()
        stored = table.get(_key(namespace, pod, container), {"dropped": 0, "lines": []})
        for time, line in stored["lines"][max(0, seen - stored["dropped"]) :]:
            yield time, line
        seen = max(seen, stored["dropped"] + len(stored["lines"]))
        if last:
            return
        await asyncio.sleep(0.1)
