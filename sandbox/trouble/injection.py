"""Where faults meet requests: ASGI middleware between a listener and its application."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.trouble import azure, connection, kubernetes, place
from sandbox.trouble.place import Place
from sandbox.trouble.plan import Hit

if TYPE_CHECKING:
    from sandbox.world import World

#: The shortest and the longest of slow answers: beyond what anybody calls quick, within every client's patience.
_SLOW_S = (1.0, 4.0)


class Injection:
    """Carries out what the plan has for the requests of one listener. Without a plan it is not in the way."""

    def __init__(self, app: ASGIApp, world: "World", listener: str) -> None:
        self._app, self._world, self._listener = app, world, listener
        self._ways: dict[str, Callable[[_Met, Receive, Send], Awaitable[None]]] = {
            "reset": self._reset, "answer-lost": self._lose_answer, "truncated": self._truncate, "slow": self._delay,
        }  # fmt: skip

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        trouble = self._world.trouble
        where = place.of(self._listener, scope) if trouble.plan and scope["type"] == "http" else None
        hit = trouble.next(where.kind, where.possible) if where else None
        if where is None or hit is None:
            await self._app(scope, receive, send)
        else:
            await self._ways.get(hit.fault, self._refuse)(_Met(scope, where, hit), receive, send)

    async def _refuse(self, met: "_Met", receive: Receive, send: Send) -> None:
        words = kubernetes if met.place.service in ("kube", "ingress") else azure
        response: Response | None = words.answer(self._world, met.place, met.hit)
        if response is None:
            await self._app(met.scope, receive, send)
            return
        self._world.trouble.note(met.hit.fault, met.place.kind, _told(response))
        await response(met.scope, receive, send)

    async def _reset(self, met: "_Met", receive: Receive, send: Send) -> None:
        self._world.trouble.note(met.hit.fault, met.place.kind, "connection reset, nothing done")
        await connection.reset(met.scope, receive)

    async def _lose_answer(self, met: "_Met", receive: Receive, send: Send) -> None:
        status = 0

        async def swallowed(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)

        await self._app(met.scope, receive, swallowed)
        self._world.trouble.note(met.hit.fault, met.place.kind, f"connection reset instead of the answer, {status}")
        await connection.reset(met.scope, receive)

    async def _truncate(self, met: "_Met", receive: Receive, send: Send) -> None:
        """Half of an answer that comes in one piece; what is sent in pieces has no length to fall short of."""
        begun: Message = {}

        async def cut(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = message
                return
            body = message.get("body", b"")
            if begun:
                await send(begun)
                begun, whole = {}, not message.get("more_body") and len(body) > 1
                if whole:
                    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
                    text = f"the answer ends after {len(body) // 2} of {len(body)} bytes"
                    self._world.trouble.note(met.hit.fault, met.place.kind, text)
                    await connection.end(met.scope, receive)
                    return
            await send(message)

        await self._app(met.scope, receive, cut)

    async def _delay(self, met: "_Met", receive: Receive, send: Send) -> None:
        seconds = _SLOW_S[0] + met.hit.chance * (_SLOW_S[1] - _SLOW_S[0])
        self._world.trouble.note(met.hit.fault, met.place.kind, f"answered after {seconds:.1f} s")
        await asyncio.sleep(seconds)
        await self._app(met.scope, receive, send)


class _Met:
    """A request and the fault that it meets."""

    def __init__(self, scope: Scope, place: Place, hit: Hit) -> None:
        self.scope, self.place, self.hit = scope, place, hit


def _told(response: Response) -> str:
    """A refusal in short: its status, its code, and when to come again."""
    try:
        body = json.loads(bytes(response.body))
    except ValueError:
        body = {}
    error = body.get("error") or (body.get("errors") or [{}])[0]
    code = error.get("code") if isinstance(error, dict) else error
    code = code or body.get("reason") or body.get("message") or response.headers.get("x-ms-error-code") or ""
    after = response.headers.get("retry-after")
    return f"{response.status_code} {code}".strip() + (f", Retry-After {after} s" if after else "")
