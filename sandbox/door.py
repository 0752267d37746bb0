"""The sandbox's own door, ``/_sandbox/...``: what runs, what was asked, how fast time goes."""

import os
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox import seed
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

    async def assertion(request: Request) -> Response:
        """What a pipeline's service connection signs in with; it is taken for so long: ``{"seconds": 600}``."""
        seconds = (await request.json()).get("seconds")
        if not isinstance(seconds, int | float) or not 0 < seconds <= 86400:
            raise AzureError(400, "InvalidLifetime", f"an assertion lives up to a day, in seconds, not {seconds!r}")
        return JSONResponse({"assertion": seed.assertion(world, seconds)})

    return [
        Route("/_sandbox/assertion", assertion, methods=["POST"]),
        Route("/_sandbox/state", state, methods=["GET"]),
        Route("/_sandbox/status", status, methods=["GET"]),
        Route("/_sandbox/requests", requests, methods=["GET"]),
        Route("/_sandbox/pace", pace, methods=["PUT"]),
        *trouble.routes(world),
    ]
