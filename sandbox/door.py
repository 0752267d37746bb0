"""The sandbox's own door, ``/_sandbox/...``: what runs, what was asked, how fast time goes."""

import os
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.errors import AzureError
from sandbox.pace import Pace

if TYPE_CHECKING:
    from sandbox.world import World

#: What may take its time to be known everywhere.
LAGS = ("role_propagation_s", "federation_propagation_s")


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

    async def lags(request: Request) -> Response:
        """How long a new role assignment or federated credential takes to work, in Azure's seconds, which the pace
        scales: ``{"role_propagation_s": 120, "federation_propagation_s": 60}``; what is not named takes none."""
        given = await request.json()
        for name, seconds in given.items():
            if name not in LAGS or not isinstance(seconds, int | float) or seconds < 0:
                raise AzureError(400, "InvalidLag", f"{name}: {seconds!r} is not a number of seconds of {LAGS}")
        world.store.table("settings", quiet=True)["faults"] = given
        return JSONResponse(given)

    return [
        Route("/_sandbox/status", status, methods=["GET"]),
        Route("/_sandbox/requests", requests, methods=["GET"]),
        Route("/_sandbox/pace", pace, methods=["PUT"]),
        Route("/_sandbox/lags", lags, methods=["PUT"]),
    ]
