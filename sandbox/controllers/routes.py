"""The controllers' room has no routes of its own; it starts the controllers of every cluster that there is."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from starlette.routing import BaseRoute

from sandbox.controllers import roster
from sandbox.controllers.controller import Cluster
from sandbox.kube import cluster as clusters
from sandbox.world import World

#: How often to look whether there are other clusters than before.
LOOK_S = 0.1


def routes(world: World) -> list[BaseRoute]:
    return []


def background(world: World) -> list[Coroutine[Any, Any, None]]:
    return [_attend(world)]


async def _attend(world: World) -> None:
    """Run the controllers of each cluster from when it is there until it is gone."""
    attended: dict[str, list[asyncio.Task[None]]] = {}
    try:
        while True:
            present = set(clusters.uids(world))
            for uid in present - attended.keys():
                attended[uid] = [asyncio.create_task(one.run()) for one in roster.controllers(Cluster(world, uid))]
            for uid in attended.keys() - present:
                _dismiss(attended.pop(uid))
            await asyncio.sleep(LOOK_S)
    finally:
        for tasks in attended.values():
            _dismiss(tasks)


def _dismiss(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
