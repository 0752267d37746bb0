"""The sandbox's own door, ``/_sandbox/...``: what runs, what was asked, how fast time goes."""

import os
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.errors import AzureError
from sandbox.pace import Pace
from sandbox.snapshot import snapshot
from sandbox.trouble import routes as trouble

if TYPE_CHECKING:
    from sandbox.world import World


def routes(world: "World") -> list[BaseRoute]:
    async def status(request: Request) -> Response:
        """Where and who, and the counts: requests served, and those of them that wrote something."""
        return JSONResponse(
            {
                "url": world.url,
                "home": str(world.home),
                "pid": os.getpid(),
                "pace": world.pace.factor,
                "requests": world.requests.count,
                "writes": world.requests.writing,
                "ingress": {"port": world.listeners.port("ingress")},
            }
        )

    async def requests(request: Request) -> Response:
        """The log's lines from number ``since`` on."""
        since = request.query_params.get("since", "0")
        if not since.isdecimal():
            raise AzureError(400, "InvalidQuery", f"since={since} is not the number of a request")
        return JSONResponse({"value": world.requests.since(int(since))})

    async def pace(request: Request) -> Response:
        """Let time go at another pace from now on: ``{"factor": 0.01}``."""
        factor = (await request.json()).get("factor")
        if not isinstance(factor, int | float) or not 0 <= factor <= 1:
            raise AzureError(400, "InvalidPace", f"a pace is a number from 0 to 1, not {factor!r}")
        world.pace = Pace(float(factor))
        return JSONResponse({"factor": world.pace.factor})

    async def state(request: Request) -> Response:
        """What stands, with names for all that is random: see ``sandbox.snapshot``."""
        return JSONResponse(snapshot.take(world))

    return [
        Route("/_sandbox/state", state, methods=["GET"]),
        Route("/_sandbox/status", status, methods=["GET"]),
        Route("/_sandbox/requests", requests, methods=["GET"]),
        Route("/_sandbox/pace", pace, methods=["PUT"]),
        *trouble.routes(world),
    ]
