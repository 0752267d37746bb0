"""Callers of a sandbox's Resource Manager, over ASGI, and the paths that they ask."""

from pathlib import Path
from typing import Any

import httpx

from sandbox import server
from sandbox.entra import audiences, tokens
from sandbox.pace import Pace
from sandbox.store import Store
from sandbox.world import SUBSCRIPTION_ID, World

SUBSCRIPTION = f"/subscriptions/{SUBSCRIPTION_ID}"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-lab"
NETWORK = "providers/Microsoft.Network"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
#: An api-version of each namespace.
VERSIONS = {
    "microsoft.managedidentity": "2024-11-30",
    "microsoft.network": "2024-05-01",
    "dnszones": "2018-05-01",
    "roleassignments": "2022-04-01",
    "roledefinitions": "2022-04-01",
    "locks": "2020-05-01",
    "microsoft.compute": "2021-07-01",
}


def version_for(path: str) -> str:
    """The api-version that suits a path: that of the last thing it names."""
    lowered = path.lower()
    known = sorted((name for name in VERSIONS if name in lowered), key=lowered.rfind)
    return VERSIONS[known[-1]] if known else "2024-11-01"


class Caller:
    """One principal talking to Resource Manager."""

    def __init__(self, world: World, principal_id: str) -> None:
        self.world, self.id = world, principal_id
        token = tokens.issue(world, principal_id, min(audiences.arm(world)))
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(world.app), base_url=world.url, headers={"authorization": f"Bearer {token}"}
        )

    async def ask(
        self, method: str, path: str, body: Any = None, *, version: str | None = None, **options: Any
    ) -> httpx.Response:
        """The answer to a request; the api-version is one that the type knows unless given."""
        params = {"api-version": version_for(path) if version is None else version, **options.pop("params", {})}
        return await self._client.request(method, path, json=body, params=params, **options)

    async def get(self, path: str, **options: Any) -> Any:
        answer = await self.ask("GET", path, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def put(self, path: str, body: Any, **options: Any) -> Any:
        answer = await self.ask("PUT", path, body, **options)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    async def refused(self, method: str, path: str, body: Any = None, **options: Any) -> tuple[int, str, str]:
        """(status, code, message) of a request that must not succeed."""
        answer = await self.ask(method, path, body, **options)
        assert answer.status_code >= 400, answer.text
        error = answer.json()["error"]
        return answer.status_code, error["code"], error["message"]


def new_world(pace: float = 0) -> World:
    world = World(Path("/nonexistent"), "https://localhost:1", Store(None), Pace(pace))
    server.application(world)
    return world
