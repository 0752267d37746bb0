"""Answers that go on (watches, followed logs) and how they end when the sandbox stops."""

import asyncio

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Streams:
    """ASGI middleware that knows the requests under way and can bring them to an end."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._tasks: set[asyncio.Task[None]] = set()
        self._ending = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        task = asyncio.current_task()
        assert task is not None
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        self._tasks.add(task)
        try:
            await self._app(scope, receive, watched)
        except asyncio.CancelledError:
            if not self._ending:
                raise
            if scope["type"] == "http" and started:  # a whole answer, so that a watching client just asks again
                await send({"type": "http.response.body", "body": b"", "more_body": False})
            elif scope["type"] == "http":
                error = {"code": "ServiceUnavailable", "message": "The sandbox is stopping."}
                await JSONResponse({"error": error}, 503)(scope, receive, send)
        finally:
            self._tasks.discard(task)

    async def end(self, grace_s: float = 0.2) -> None:
        """Let the requests under way finish within ``grace_s``, then end the others."""
        self._ending = True
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace_s)
        for task in self._tasks:
            task.cancel()
