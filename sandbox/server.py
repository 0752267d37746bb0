"""The sandbox's one ASGI application, assembled from its rooms."""

from collections.abc import Coroutine
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from sandbox import door
from sandbox.acr import routes as acr
from sandbox.aks import routes as aks
from sandbox.arm import routes as arm
from sandbox.authentication import Authentication
from sandbox.bugs import Bugs
from sandbox.controllers import routes as controllers
from sandbox.deployments import routes as deployments
from sandbox.entra import routes as entra
from sandbox.errors import AzureError
from sandbox.graph import routes as graph
from sandbox.kube import routes as kube
from sandbox.world import World

#: In the order in which their routes are tried; ARM's generic resource routes come last. A room's ``routes`` module
#: imports what registers itself (resource types, works) and may export ``background(world) -> list[Coroutine]``.
ROOMS = (entra, graph, kube, controllers, deployments, aks, acr, arm)


def application(world: World) -> ASGIApp:
    """The whole sandbox as one ASGI application; also ``world.app`` from then on."""
    routes = [route for room in ROOMS if hasattr(room, "routes") for route in room.routes(world)]
    app = Starlette(
        routes=[*door.routes(world), *routes],
        middleware=[
            Middleware(Bugs),
            Middleware(Authentication, world=world),
        ],
        exception_handlers={AzureError: _refused, HTTPException: _unrouted},
    )
    app.router.redirect_slashes = False  # az itself asks for .../deployments/ with a slash at the end
    world.app = app
    return app


def background(world: World) -> list[Coroutine[Any, Any, None]]:
    """What the rooms do by themselves, for as long as the sandbox runs."""
    return [work for room in ROOMS if hasattr(room, "background") for work in room.background(world)]


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, AzureError)
    return JSONResponse(error.body(), error.status, error.headers)


async def _unrouted(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    message = f"The sandbox has nothing at {request.method} {request.url.path}."
    code = "MethodNotAllowed" if error.status_code == 405 else "NotFound"
    return JSONResponse({"error": {"code": code, "message": message}}, error.status_code)
