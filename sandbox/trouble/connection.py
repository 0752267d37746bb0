"""Connections that can be broken: uvicorn's HTTP protocol, which hands its transport to the application."""

import socket
import struct
from typing import Any

from starlette.types import Receive, Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_TRANSPORT = "sandbox.transport"


class Connection(HttpToolsProtocol):
    """As uvicorn's own, with the transport among the request's ASGI extensions."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {_TRANSPORT: self.transport}  # type: ignore[dict-item, typeddict-item]


async def reset(scope: Scope, receive: Receive) -> None:
    """Break the request's connection so that the client sees RST: "connection reset by peer"."""
    transport = _transport(scope)
    # Without lingering, the kernel answers with RST instead of FIN; the transport alone would send FIN.
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
    await _gone(receive)


async def end(scope: Scope, receive: Receive) -> None:
    """Send what was written so far, then close the connection."""
    _transport(scope).close()
    await _gone(receive)


def _transport(scope: Scope) -> Any:
    return scope["extensions"][_TRANSPORT]


async def _gone(receive: Receive) -> None:
    """Wait until uvicorn knows: an application that returns before gets an answer of uvicorn's sent."""
    while (await receive())["type"] != "http.disconnect":
        pass
