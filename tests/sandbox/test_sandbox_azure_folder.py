"""az's folder: written once, and not again under az's hands."""

import asyncio
import json
from pathlib import Path

import pytest

from sandbox import azureconfig, seed, server
from sandbox.home import Home
from sandbox.store import Store
from sandbox.world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path, "https://localhost:1", Store(None))
    server.application(world)
    asyncio.run(seed.plant(world))
    azureconfig.write(world)
    return world


def test_only_its_owner_reads_it(world: World) -> None:
    folder = Home(world.home).azure
    assert {path.stat().st_mode & 0o077 for path in [folder, *folder.iterdir()]} == {0}


def test_what_az_has_changed_since_is_left_alone(world: World) -> None:
    profile = Home(world.home).azure / "azureProfile.json"
    profile.write_text('{"subscriptions": []}')
    azureconfig.write(world)
    assert json.loads(profile.read_text()) == {"subscriptions": []}


def test_missing_and_outdated_files_are_written(world: World) -> None:
    folder = Home(world.home).azure
    (folder / "config").unlink()
    world.url = "https://localhost:2"
    azureconfig.write(world)
    assert "instance_discovery = false" in (folder / "config").read_text()
    assert "https://localhost:2/" in (folder / "clouds.config").read_text()
