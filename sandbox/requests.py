"""The request log: one JSON line a request, with what the request has written."""

import json
import os
import time
import urllib.parse
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.store import writes

#: Query parameters that let their holder in; their values stay out of the log.
_SECRETS = frozenset({"sig", "token", "access_token", "refresh_token", "client_assertion", "client_secret", "code"})


class RequestLog:
    """A file of JSON lines, numbered from 0: ``{"n", "time", "listener", "method", "path", "query",
    "status", "ms", "principal", "wrote"}``. ``wrote`` lists ``[table, key]``; a request that wrote nothing
    has ``[]``."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._cut_short()
        self.count, self.writing = self._counts()
        self._file: TextIO | None = None

    def _cut_short(self) -> None:
        """Take away the line that a killed sandbox left half-written."""
        if self._path.exists():
            content = self._path.read_bytes()
            whole = content.rfind(b"\n") + 1
            if whole < len(content):
                os.truncate(self._path, whole)

    def _counts(self) -> tuple[int, int]:
        """How many lines there are, and how many of them wrote: their last field says so (see ``add``)."""
        if not self._path.exists():
            return 0, 0
        with self._path.open("rb") as lines:
            wrote = [not line.endswith(b'"wrote": []}\n') for line in lines]
        return len(wrote), sum(wrote)

    def since(self, number: int) -> list[dict[str, Any]]:
        """The lines from ``number`` on."""
        if not self._path.exists():
            return []
        with self._path.open(encoding="utf-8") as lines:
            return [json.loads(line) for line in islice(lines, max(number, 0), None)]

    def add(self, line: dict[str, Any]) -> None:
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("a", buffering=1, encoding="utf-8")
        self._file.write(json.dumps({"n": self.count} | line) + "\n")
        self.count += 1
        self.writing += bool(line["wrote"])

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


class Requests:
    """ASGI middleware: writes the log of one listener, called ``listener`` in it."""

    def __init__(self, app: ASGIApp, log: RequestLog, listener: str) -> None:
        self._app, self._log, self._listener = app, log, listener

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].startswith("/_sandbox/"):
            await self._app(scope, receive, send)
            return
        status = 0

        async def watched(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        began, wrote = time.time(), list[tuple[str, str]]()
        mark = writes.set(wrote)
        try:
            await self._app(scope, receive, watched)
        finally:
            writes.reset(mark)
            principal = scope.get("state", {}).get("principal")
            self._log.add(
                {
                    "time": round(began, 3),
                    "listener": self._listener,
                    "method": scope.get("method", "WEBSOCKET"),
                    "path": scope["path"],
                    "query": _public(scope.get("query_string", b"").decode("latin-1")),
                    "status": status,
                    "ms": round((time.time() - began) * 1000, 1),
                    "principal": getattr(principal, "display_name", None),
                    "wrote": wrote,
                }
            )


def _public(query: str) -> str:
    """A query without the values of secrets, readable (not percent-encoded)."""
    pairs = urllib.parse.parse_qsl(query, keep_blank_values=True)
    return "&".join(f"{name}={'***' if name.lower() in _SECRETS else value}" for name, value in pairs)
