"""A sandbox in memory for each test, and callers with the roles that a test wants."""

from collections.abc import Callable

import pytest
from arm_callers import GROUP, SUBSCRIPTION, Caller, new_world

from sandbox.arm import roles
from sandbox.entra import principals
from sandbox.world import World


@pytest.fixture
def world() -> World:
    return new_world()


@pytest.fixture
def caller(world: World) -> Callable[..., Caller]:
    """Makes a caller with a role (or none) at a scope."""

    def make(role: str | None = None, scope: str = SUBSCRIPTION, name: str = "somebody") -> Caller:
        principal = principals.create_service_principal(world, name)
        if role:
            roles.grant(world, principal["id"], role, scope)
        return Caller(world, principal["id"])

    return make


@pytest.fixture
def owner(caller: Callable[..., Caller]) -> Caller:
    return caller("Owner")


@pytest.fixture
async def lab(owner: Caller) -> Caller:
    """An owner who has made the group ``rg-lab``."""
    await owner.put(GROUP, {"location": "westeurope"})
    return owner
