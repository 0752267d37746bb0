"""What becomes of an error of the sandbox's own: told on stderr, and answered so that clients show it."""

import traceback

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Bugs:
    """ASGI middleware: an unforeseen error is answered with 400, because clients retry a 500 for seconds and
    then hide its text."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answering = False

        async def watched(message: Message) -> None:
            nonlocal answering
            answering = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:  # whatever it was, the client must get an answer
            traceback.print_exc()
            if answering or scope["type"] != "http":
                raise
            text = f"The sandbox failed at {scope['method']} {scope['path']}: {error!r}"
            answer = JSONResponse({"error": {"code": "SandboxFault", "message": text}}, 400)
            await answer(scope, receive, send)
