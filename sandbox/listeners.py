"""Ports: each an ASGI application served on localhost, on the same port after every restart."""

import asyncio
import contextlib
import random
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import uvicorn
from starlette.types import ASGIApp

from sandbox.home import Home
from sandbox.requests import Requests
from sandbox.streams import Streams
from sandbox.tls import Certificates
from sandbox.trouble.connection import Connection

if TYPE_CHECKING:
    from sandbox.world import World


_CHOICE = range(20_000, 32_000)
#: Sets ``context`` of the connection (first argument) whose client asks for a name (second); third, the usual one.
ByName = Callable[[ssl.SSLObject, str | None, ssl.SSLContext], int | None]


class PortTaken(Exception):
    """A port that the sandbox's state promises to clients is held by another process."""


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the process: one signal stops all listeners, in order."""
        yield


@dataclass(frozen=True)
class _Listener:
    server: _Server
    streams: Streams
    serving: asyncio.Task[None]

    async def stop(self) -> None:
        self.server.should_exit = True
        await self.streams.end()
        await self.serving


class Listeners:
    """The open ports of one sandbox by key. A port is chosen once and kept in the state until ``close``."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._ports = world.store.table("ports", quiet=True)
        self._bound: dict[str, socket.socket] = {}
        self._open: dict[str, _Listener] = {}

    def port(self, key: str) -> int | None:
        """The port kept for a key, open or not."""
        kept = self._ports.get(key)
        return kept["port"] if kept else None

    def opened(self, key: str) -> int | None:
        """The port of a key that is served now."""
        return self.port(key) if key in self._open else None

    def promise(self, key: str, port: int) -> None:
        """Give a key this port once it is opened, unless it has one."""
        self._ports.setdefault(key, {"port": port})

    def forget(self, key: str) -> None:
        """Let a key that is not open have another port."""
        self._ports.pop(key, None)

    def bind(self, key: str, port: int = 0) -> int:
        """Take a key's port before there is an application for it. Raises PortTaken."""
        if key not in self._bound:
            self._bound[key] = _bind(self.port(key) or port)
        number: int = self._bound[key].getsockname()[1]
        self._ports[key] = {"port": number}
        return number

    def open(self, app: ASGIApp, key: str, port: int = 0, by_name: ByName | None = None) -> int:
        """Serve ``app`` and return its port: the one kept for ``key``, else ``port``, else any free one. An
        open key stays as it is. ``by_name`` may choose another certificate by the name that a client asks for. Raises
        PortTaken. Needs a running event loop."""
        certificate = str(Certificates(Home(self._world.home).tls).server)
        return self._serve(app, key, port, certificate, by_name)

    def open_plain(self, app: ASGIApp, key: str, port: int = 0) -> int:
        """As ``open``, without TLS: for programs of this machine alone."""
        return self._serve(app, key, port)

    def _serve(
        self, app: ASGIApp, key: str, port: int, certificate: str | None = None, by_name: ByName | None = None
    ) -> int:
        if key in self._open:
            return self._ports[key]["port"]
        from sandbox.trouble.injection import Injection  # it knows the rooms' refusals, and those know the world

        number = self.bind(key, port)
        streams = Streams(Requests(Injection(app, self._world, key), self._world.requests, key))
        config = uvicorn.Config(
            streams, http=Connection, ws="websockets-sansio", loop="asyncio", lifespan="off",
            log_level="critical", access_log=False, proxy_headers=False, server_header=False,
            timeout_keep_alive=75, timeout_graceful_shutdown=1,
            ssl_certfile=certificate, ssl_keyfile=certificate,
        )  # fmt: skip
        config.load()
        if by_name and config.ssl:
            config.ssl.sni_callback = by_name
        server = _Server(config)
        serving = asyncio.get_running_loop().create_task(server.serve(sockets=[self._bound.pop(key)]))
        self._open[key] = _Listener(server, streams, serving)
        return number

    async def close(self, key: str) -> None:
        """Stop serving a key and forget its port. Unknown keys are no error."""
        self._ports.pop(key, None)
        await self._stop([key])

    async def close_all(self) -> None:
        """Stop serving; the ports stay in the state."""
        await self._stop(list(self._open))

    async def _stop(self, keys: list[str]) -> None:
        stopped = [self._open.pop(key) for key in keys if key in self._open]
        await asyncio.gather(*(listener.stop() for listener in stopped))


def _bind(port: int) -> socket.socket:
    """A listening socket on ``port``, 0 for a free one. Free ones are taken below the range that systems give to
    outgoing connections, so that they are likely to be free after a restart too. Raises PortTaken."""
    if port:
        return _listening(port)
    for candidate in random.sample(_CHOICE, 50):
        with contextlib.suppress(PortTaken):
            return _listening(candidate)
    return _listening(0)


def _listening(port: int) -> socket.socket:
    # With the protocol named, asyncio sets TCP_NODELAY on what it accepts; without, each answer waits 40 ms for an ACK.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(("127.0.0.1", port))
    except OSError as error:
        bound.close()
        raise PortTaken(f"port {port} on 127.0.0.1 is taken by another process ({error.strerror})") from error
    bound.listen(512)
    bound.setblocking(False)
    return bound
