"""A sandbox in memory with one registry."""

from pathlib import Path
from typing import Any

import pytest
from registry_callers import new_world, registry

from sandbox.world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return new_world(tmp_path)


@pytest.fixture
async def acr(world: World) -> dict[str, Any]:
    """The registry ``acrtest``'s resource."""
    return await registry(world)
