"""A sandbox of its own for each test, in memory, with a resource group and a few resource types made for the tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from deployment_callers import Azure, Part, Thing
from sample_templates import GROUP, SUBSCRIPTION

from sandbox.arm import types
from sandbox.arm.providers import managed_identity, resources, role_assignments
from sandbox.entra import principals
from sandbox.pace import Pace
from sandbox.store import Store
from sandbox.world import World

assert managed_identity and resources and role_assignments  # imported for the types that they register


@pytest.fixture
def things() -> Iterator[Thing]:
    """The registered test types, taken away again afterwards."""
    thing, part = Thing(), Part()
    part.log = thing.log
    types.register(thing)
    types.register(part)
    yield thing
    for kind in (thing, part):
        types._types.pop(kind.name.lower())


@pytest.fixture
def world(tmp_path: Path, things: Thing) -> World:
    world = World(tmp_path, "https://localhost:8443", Store(None))
    world.store.table("resources")[GROUP.lower()] = {
        "id": GROUP, "name": "rg", "type": "Microsoft.Resources/resourceGroups", "location": "westeurope",
        "properties": {"provisioningState": "Succeeded"},
    }  # fmt: skip
    return world


@pytest.fixture
def azure(world: World) -> Azure:
    """The sandbox as its owner meets it."""
    document = principals.create_service_principal(world, "tester")
    azure = Azure(world, principals.principal_of(document))
    azure.grant("Owner", SUBSCRIPTION)
    return azure


@pytest.fixture
def slow(world: World) -> World:
    """The same sandbox at Azure's own pace."""
    world.pace = Pace(1.0)
    return world
