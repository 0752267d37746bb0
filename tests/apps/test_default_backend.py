"""The default backend: 404 for everything, and health."""

from __future__ import annotations

import anyio
import httpx
import pytest
from defaultbackend.application import create
from tenancy import calling


def call(method: str, path: str, **headers: str) -> httpx.Response:
    async def run() -> httpx.Response:
        async with calling(create()) as client:
            return await client.request(method, path, headers=headers)

    return anyio.run(run)


@pytest.mark.parametrize("path", ["/", "/healthz/deeper", "/a/b?c=d"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_everything_is_404_with_a_page(method: str, path: str) -> None:
    answer = call(method, path, accept="text/html")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "<h1>" in answer.text


def test_head_has_no_body() -> None:
    answer = call("HEAD", "/somewhere")
    assert (answer.status_code, answer.content) == (404, b"")


def test_programs_get_json() -> None:
    answer = call("GET", "/api", accept="application/json")
    assert (answer.status_code, list(answer.json())) == (404, ["error"])


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health(path: str) -> None:
    answer = call("GET", path)
    assert (answer.status_code, answer.text) == (200, "ok\n")
