"""Clusters for the controllers' tests: one in this process, one for the real clients."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from live_cluster import new_world
from served_cluster import Served

from sandbox.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = new_world(tmp_path)
    yield made
    made.store.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A sandbox with one cluster for the real clients."""
    made = Served(tmp_path_factory.mktemp("served"))
    yield made
    made.close()
