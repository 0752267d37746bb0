"""A sandbox in memory as ``start`` leaves it: with its operator, its machine and Graph."""

import asyncio
from pathlib import Path

from sandbox import seed, server
from sandbox.store import Store
from sandbox.world import World


def new_world(home: Path) -> World:
    world = World(home, "https://localhost:8443", Store(None))
    server.application(world)
    asyncio.run(seed.plant(world))
    return world
