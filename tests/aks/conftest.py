"""A sandbox in memory, at pace 0."""

from pathlib import Path

import pytest
from cluster_callers import new_world

from sandbox.world import World


@pytest.fixture
async def world(tmp_path: Path) -> World:
    return await new_world(tmp_path)
