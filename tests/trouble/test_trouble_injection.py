"""Faults as a client meets them, over a real connection."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from sandbox.home import Home
from sandbox.store import Store
from sandbox.tls import Certificates
from sandbox.trouble.plan import Plan
from sandbox.world import World

pytestmark = pytest.mark.anyio

ARM, GRAPH, KUBE = "/subscriptions/x/resourceGroups/rg", "/v1.0/groups", "/clusters/x/api/v1/namespaces"


class Served:
    """A world whose application counts what reaches it."""

    def __init__(self, folder: Path) -> None:
        Certificates(Home(folder).tls).prepare()
        self.reached = 0
        self.folder = folder
        self.world = World(folder, "https://localhost", Store(Home(folder).state))
        self.port = self.world.listeners.open(self.app, "main")

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.reached += 1
        await PlainTextResponse("0123456789")(scope, receive, send)

    async def ask(self, fault: str, method: str = "GET", path: str = ARM) -> httpx.Response:
        self.world.trouble.set(Plan(1, frozenset({fault}), rate=1))
        trust = ssl.create_default_context(cafile=Home(self.folder).tls / "ca.pem")
        async with httpx.AsyncClient(verify=trust) as client:
            return await client.request(method, f"https://localhost:{self.port}{path}")

    @property
    def met(self) -> list[tuple[str, str]]:
        return [(one["fault"], one["what"]) for one in self.world.trouble.report()["injected"]]


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    served = Served(tmp_path)
    yield served
    await served.world.listeners.close_all()


async def test_a_reset_comes_before_anything_happened(served: Served) -> None:
    with pytest.raises(httpx.ReadError):
        await served.ask("reset", "PUT")
    assert served.reached == 0 and served.met == [("reset", "connection reset, nothing done")]


async def test_a_lost_answer_comes_after_the_write(served: Served) -> None:
    with pytest.raises(httpx.ReadError):
        await served.ask("answer-lost", "PUT")
    assert served.reached == 1 and served.met == [("answer-lost", "connection reset instead of the answer, 200")]


async def test_a_reset_is_a_reset_and_no_end(served: Served) -> None:
    """Below TLS, which hides the difference."""
    served.world.trouble.set(Plan(1, frozenset({"reset"}), rate=1))
    trust = ssl.create_default_context(cafile=Home(served.folder).tls / "ca.pem")
    reader, writer = await asyncio.open_connection("localhost", served.port)
    there, here = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = trust.wrap_bio(there, here, server_hostname="localhost")

    async def exchanged() -> None:
        writer.write(here.read())
        there.write(await reader.read(1 << 16))

    while True:
        try:
            tls.do_handshake()
            break
        except ssl.SSLWantReadError:
            await exchanged()
    tls.write(f"GET {ARM} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    with pytest.raises(ConnectionResetError):
        while True:
            await exchanged()
    writer.close()


async def test_an_answer_ends_before_its_length(served: Served) -> None:
    with pytest.raises(httpx.RemoteProtocolError, match="received 5 bytes, expected 10"):
        await served.ask("truncated")
    assert served.met == [("truncated", "the answer ends after 5 of 10 bytes")]


@pytest.mark.parametrize(
    ("fault", "method", "path", "status", "code", "words"),
    [
        ("throttling", "PUT", ARM, 429, "SubscriptionRequestsThrottled", "Number of 'write' requests for subscription"),
        ("throttling", "GET", GRAPH, 429, "TooManyRequests", "This request is throttled"),
        ("expired-token", "GET", ARM, 401, "ExpiredAuthenticationToken", "is earlier than current UTC time"),
        ("expired-token", "GET", GRAPH, 401, "InvalidAuthenticationToken", "the token is expired"),
        ("expired-token", "GET", KUBE, 401, "Unauthorized", "Unauthorized"),
        ("server-error", "POST", "/x/oauth2/v2.0/token", 503, "temporarily_unavailable", "AADSTS90033"),
    ],
)
async def test_a_refusal_is_in_the_services_own_words(
    served: Served, fault: str, method: str, path: str, status: int, code: str, words: str
) -> None:
    answer = await served.ask(fault, method, path)
    assert (answer.status_code, served.reached) == (status, 0)
    assert words in answer.text and f'"{code}"' in answer.text
    assert ("retry-after" in answer.headers) == (fault == "throttling")
    assert served.met[0][1].startswith(f"{status} {code}")


async def test_kubernetes_throttles_in_plain_text(served: Served) -> None:
    answer = await served.ask("throttling", path=KUBE)
    assert (answer.status_code, answer.text) == (429, "Too many requests, please try again later.\n")
    assert answer.headers["retry-after"].isdecimal()


async def test_trouble_survives_the_process_and_ends_when_told(served: Served) -> None:
    with pytest.raises(httpx.ReadError):
        await served.ask("reset")
    again = World(served.folder, "https://localhost", Store(Home(served.folder).state))
    assert again.trouble.report() == served.world.trouble.report()
    assert again.trouble.report()["counts"] == {"reset": 1}
    again.trouble.clear()
    assert again.trouble.report() == {"plan": None, "injected": [], "counts": {}}
