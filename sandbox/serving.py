"""The sandbox's process: one home locked, its state loaded, its rooms served until a signal ends it."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Coroutine
from typing import Any

from filelock import FileLock, Timeout

from sandbox import azureconfig, seed, server, tls
from sandbox.home import Home
from sandbox.listeners import PortTaken
from sandbox.pace import Pace
from sandbox.process import ProcessError
from sandbox.store import Store
from sandbox.world import World


def serve(home: Home, pace: float = 0.0, port: int | None = None, ingress_port: int | None = None) -> None:
    """Be the sandbox until SIGTERM or SIGINT. The ports are for a new sandbox; its state keeps them. Raises
    ProcessError: another process serves this home, or the port is taken or not the one kept."""
    home.root.mkdir(mode=0o700, parents=True, exist_ok=True)  # tokens and keys are in it
    try:
        with FileLock(home.serving, timeout=0):
            asyncio.run(_serve(home, Pace(pace), port, ingress_port))
    except Timeout as error:
        raise ProcessError(f"another process serves {home.root} already") from error
    except PortTaken as error:
        raise ProcessError(f"{error}; free it, or `reset` this sandbox: its state holds addresses") from error


async def _serve(home: Home, pace: Pace, port: int | None, ingress_port: int | None) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    tls.Certificates(home.tls).prepare()
    store = Store(home.state)
    world = World(home.root, "", store, pace)
    kept = world.listeners.port("main")
    if port and kept not in (None, port):
        raise ProcessError(f"the sandbox in {home.root} has port {kept}; `reset` it to choose another one")
    world.url = f"https://localhost:{world.listeners.bind('main', port or 0)}"
    if ingress_port:
        world.listeners.promise("ingress", ingress_port)
    app = server.application(world)
    await seed.plant(world)
    world.listeners.open(app, "main")
    tasks = [asyncio.create_task(_supervised(work)) for work in server.background(world)]
    world.operations.resume()
    azureconfig.write(world)
    _announce(world, home)
    print(f"sandbox: {world.url}", flush=True)

    await stopped.wait()
    await world.listeners.close_all()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await world.pods.close()
    home.endpoint.unlink(missing_ok=True)
    world.requests.close()
    store.close()


async def _supervised(work: Coroutine[Any, Any, None]) -> None:
    """A controller that dies is the sandbox's own error: tell it, and let everything else go on."""
    try:
        await work
    except Exception as error:  # noqa: BLE001 - whatever it was, it is told
        print(f"sandbox: background work {work!r} died", file=sys.stderr)
        sys.excepthook(type(error), error, error.__traceback__)


def _announce(world: World, home: Home) -> None:
    endpoint = {"url": world.url, "pid": os.getpid(), "identity_header": seed.identity_header(world)}
    tls.private(home.endpoint, json.dumps(endpoint).encode())
