"""Ports of their own: kept over restarts, closable, and ended with what still streams through them."""

import asyncio
import ssl
import time
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.types import Receive, Scope, Send

from sandbox.home import Home
from sandbox.listeners import PortTaken
from sandbox.store import Store
from sandbox.tls import Certificates
from sandbox.world import World

pytestmark = pytest.mark.anyio


@pytest.fixture
def home(tmp_path: Path) -> Home:
    Certificates(Home(tmp_path).tls).prepare()
    return Home(tmp_path)


def a_world(home: Home) -> World:
    return World(home.root, "https://localhost", Store(home.state))


def client(home: Home) -> httpx.AsyncClient:
    return httpx.AsyncClient(verify=ssl.create_default_context(cafile=home.tls / "ca.pem"))


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("hello")(scope, receive, send)


async def forever(scope: Scope, receive: Receive, send: Send) -> None:
    async def lines() -> object:
        while True:
            yield "line\n"
            await asyncio.sleep(0.01)

    assert Request(scope).method == "GET"
    await StreamingResponse(lines())(scope, receive, send)


async def test_a_port_is_kept_over_a_restart_and_forgotten_when_closed(home: Home) -> None:
    world = a_world(home)
    port = world.listeners.open(hello, "registry")
    assert world.listeners.open(hello, "registry") == port
    async with client(home) as asking:
        for host in ("localhost", "127.0.0.1"):
            assert (await asking.get(f"https://{host}:{port}/")).text == "hello"
    await world.listeners.close_all()

    again = a_world(home)
    assert again.listeners.open(hello, "registry") == port
    await again.listeners.close("registry")
    assert again.listeners.port("registry") is None
    async with client(home) as asking:
        with pytest.raises(httpx.ConnectError):
            await asking.get(f"https://localhost:{port}/")


async def test_a_port_held_by_another_is_told(home: Home) -> None:
    first, second = a_world(home), World(home.root, "", Store(None))
    port = first.listeners.open(hello, "main")
    with pytest.raises(PortTaken, match=str(port)):
        second.listeners.bind("main", port)
    await first.listeners.close_all()


async def test_what_streams_ends_whole_and_soon(home: Home) -> None:
    world = a_world(home)
    port = world.listeners.open(forever, "main")
    async with client(home) as asking, asking.stream("GET", f"https://localhost:{port}/") as answer:
        lines = answer.aiter_lines()
        assert await anext(lines) == "line"
        began = time.monotonic()
        closing = asyncio.create_task(world.listeners.close_all())
        rest = [line async for line in lines]  # a stream cut off would raise RemoteProtocolError
        await closing
    assert set(rest) <= {"line"}
    assert time.monotonic() - began < 1.5
