"""Somebody who asks Microsoft Graph in process."""

import asyncio
from typing import Any

import httpx

from sandbox.entra import tokens
from sandbox.world import World


class Caller:
    """Somebody who asks Graph; ``id`` is their object id."""

    def __init__(self, world: World, id: str) -> None:
        self._world, self.id = world, id

    def ask(self, method: str, path: str, body: Any = None, **params: str) -> httpx.Response:
        token = tokens.issue(self._world, self.id, "https://graph.microsoft.com")

        async def go() -> httpx.Response:
            transport = httpx.ASGITransport(self._world.app)
            async with httpx.AsyncClient(transport=transport, base_url=f"{self._world.url}/v1.0") as client:
                headers = {"Authorization": f"Bearer {token}"}
                options = {f"${name}": value for name, value in params.items()}
                return await client.request(method, path, json=body, params=options or None, headers=headers)

        return asyncio.run(go())

    def get(self, path: str, **params: str) -> Any:
        answer = self.ask("GET", path, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any) -> Any:
        answer = self.ask("POST", path, body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def refused(self, method: str, path: str, body: Any = None, **params: str) -> tuple[int, str, str]:
        """(status, code, message)."""
        answer = self.ask(method, path, body, **params)
        error = answer.json()["error"]
        return answer.status_code, error["code"], error["message"]
