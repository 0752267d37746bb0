"""The backend's routes: the tenant's name, the wiring that made it possible, and health."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import anyio.to_thread
import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from backend import directory, wiring
from backend.identity import Identity, Tokens
from backend.problems import Problem


def create(env: Mapping[str, str]) -> Starlette:
    """The application, with what the pod was given in `env`.

    Besides what the webhook injects: GRAPH_URL, https://graph.microsoft.com where nothing else is said. A pod without
    an identity is served too: it then answers what it lacks.
    """
    graph_url = env.get("GRAPH_URL", "https://graph.microsoft.com").rstrip("/")

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with httpx.AsyncClient(verify=directory.trust(env)) as client:
            app.state.client = client
            yield

    routes = [
        Route("/api/graph", graph),
        Route("/api/wiring", chain),
        Route("/healthz", healthz),
        Route("/readyz", readyz),
    ]
    app = Starlette(routes=routes, lifespan=lifespan, exception_handlers={Problem: refused})
    app.state.graph_url = graph_url
    try:
        app.state.tokens = Tokens(Identity.of(env), directory.scope(graph_url))
    except Problem as problem:
        app.state.tokens = problem
    return app


async def graph(request: Request) -> Response:
    """{"tenant": {"id", "displayName"}}, read from Graph just now."""
    tokens = _tokens(request)
    state = request.app.state
    token = await anyio.to_thread.run_sync(tokens.get)
    try:
        tenant = await directory.organisation(state.client, state.graph_url, token)
    except Problem as problem:
        if problem.status in (401, 403):  # the token says what it may do; a role granted since is in the next one
            tokens.forget()
        raise
    return JSONResponse({"tenant": tenant})


async def chain(request: Request) -> Response:
    """{"presented": …, "granted": … or null, "problem": null or why nothing was granted}."""
    tokens = _tokens(request)
    body: dict[str, Any] = {"presented": wiring.presented(tokens.identity), "granted": None, "problem": None}
    try:
        body["granted"] = wiring.granted(await anyio.to_thread.run_sync(tokens.get))
    except Problem as problem:
        body["problem"] = problem.as_json()
    return JSONResponse(body)


async def healthz(request: Request) -> Response:
    """The process answers."""
    return PlainTextResponse("ok\n")


async def readyz(request: Request) -> Response:
    """The pod has an identity and a token to prove it; whether Entra likes it is not asked here."""
    _tokens(request).identity.assertion()
    return PlainTextResponse("ok\n")


async def refused(request: Request, problem: Exception) -> Response:
    """502 where somebody behind us refused, 503 where the pod itself is not as it should be."""
    assert isinstance(problem, Problem)
    return JSONResponse({"problem": problem.as_json()}, status_code=503 if problem.source == "pod" else 502)


def _tokens(request: Request) -> Tokens:
    """
    :raises Problem: the pod has no identity
    """
    tokens = request.app.state.tokens
    if isinstance(tokens, Problem):
        # A new one: an exception that is raised again and again would collect each of its traces.
        raise Problem(tokens.source, tokens.code, tokens.message, tokens.status)
    return tokens
