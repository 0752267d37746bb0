"""The controllers' room has no routes of its own; it starts the controllers of every cluster that there is."""

import asyncio
import sys
import traceback
from collections.abc import Coroutine
from typing import Any

from starlette.routing import BaseRoute

from sandbox.controllers import roster
from sandbox.controllers.cert_manager import acme
from sandbox.controllers.controller import Cluster, Controller
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
    acme.publish(world)
    try:
        while True:
            present = set(clusters.uids(world))
            for uid in present - attended.keys():
                attended[uid] = [_start(one) for one in roster.controllers(Cluster(world, uid))]
            for uid in attended.keys() - present:
                _dismiss(attended.pop(uid))
            await asyncio.sleep(LOOK_S)
    finally:
        for tasks in attended.values():
            _dismiss(tasks)


def _start(controller: Controller) -> asyncio.Task[None]:
    task = asyncio.create_task(controller.run(), name=type(controller).__name__)
    task.add_done_callback(_complain)
    return task


def _complain(task: asyncio.Task[None]) -> None:
    """A loop that ends by itself has a bug: say so, or its cluster stands still without a word."""
    if not task.cancelled() and (error := task.exception()):
        print(f"sandbox: the controller {task.get_name()} has stopped", file=sys.stderr)
        traceback.print_exception(error)


def _dismiss(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
