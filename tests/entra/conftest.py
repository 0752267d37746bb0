"""A seeded sandbox in memory, and an outsider who can be trusted by federated credentials."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from seeded_sandbox import new_world

from sandbox import seed
from sandbox.world import TENANT_ID, World

Ask = Callable[..., httpx.Response]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return new_world(tmp_path)


@pytest.fixture
def ask(world: World) -> Ask:
    """``ask("GET", "/path", headers=...)`` in process."""

    def ask(method: str, path: str, **options: Any) -> httpx.Response:
        async def go() -> httpx.Response:
            transport = httpx.ASGITransport(world.app)
            async with httpx.AsyncClient(transport=transport, base_url=world.url) as client:
                return await client.request(method, path, **options)

        return asyncio.run(go())

    return ask


@pytest.fixture
def sign_in(world: World, ask: Ask) -> Ask:
    """A token request of the operator; fields given replace its own, None takes one away."""

    def sign_in(tenant: str = TENANT_ID, **fields: str | None) -> httpx.Response:
        form = {
            "grant_type": "client_credentials",
            "client_id": seed.OPERATOR_APP_ID,
            "scope": f"{world.url}//.default",
            "client_assertion": seed.secrets(world)["operator"]["assertion"],
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            **fields,
        }
        return ask("POST", f"/{tenant}/oauth2/v2.0/token", data={k: v for k, v in form.items() if v is not None})

    return sign_in
