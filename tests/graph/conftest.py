"""Microsoft Graph in process, asked by callers with the app roles that a test wants."""

from collections.abc import Callable
from pathlib import Path

import pytest
from graph_callers import Caller
from seeded_sandbox import new_world

from sandbox.entra import principals
from sandbox.graph import catalogue
from sandbox.world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return new_world(tmp_path)


@pytest.fixture
def caller(world: World) -> Callable[..., Caller]:
    """Makes a caller with these app roles on Graph."""

    def make(*roles: str) -> Caller:
        principal = principals.create_service_principal(world, "caller")
        catalogue.grant(world, principal["id"], roles)
        return Caller(world, principal["id"])

    return make


@pytest.fixture
def admin(caller: Callable[..., Caller]) -> Caller:
    return caller(*catalogue.ADMINISTRATION)
