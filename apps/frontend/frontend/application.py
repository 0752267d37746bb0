"""The frontend's routes: the page with the tenant's name, its style sheet, and health."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

HERE = Path(__file__).parent

#: Seconds that the backend may take: it asks Entra and Graph, and says itself when those are out of reach.
TIMEOUT_S = 30.0

#: Nothing but our own style sheet: no script, no frame, no other host.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def create(env: Mapping[str, str]) -> Starlette:
    """The application. BACKEND_URL is http://backend where nothing else is said."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        base = env.get("BACKEND_URL", "http://backend")
        async with httpx.AsyncClient(base_url=base, timeout=TIMEOUT_S) as client:
            app.state.backend = client
            yield

    templates = Environment(loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    routes = [
        Route("/", page),
        Route("/style.css", style),
        Route("/healthz", healthz),
        Route("/readyz", healthz),
    ]
    app = Starlette(routes=routes, lifespan=lifespan)
    app.state.template = templates.get_template("page.html")
    return app


async def page(request: Request) -> Response:
    """The tenant's name; or, with status 502, who refused it and why."""
    answers: dict[str, dict[str, Any]] = {}

    async def ask(path: str) -> None:
        answers[path] = await _asked(request.app.state.backend, path)

    async with anyio.create_task_group() as group:
        group.start_soon(ask, "/api/graph")
        group.start_soon(ask, "/api/wiring")
    graph, wiring = answers["/api/graph"], answers["/api/wiring"]
    html = request.app.state.template.render(
        tenant=graph.get("tenant"),
        problem=graph.get("problem"),
        presented=wiring.get("presented"),
        granted=wiring.get("granted"),
    )
    return HTMLResponse(html, status_code=200 if graph.get("tenant") else 502, headers=HEADERS)


async def style(request: Request) -> Response:
    """The style sheet."""
    return FileResponse(HERE / "style.css", media_type="text/css", headers={"X-Content-Type-Options": "nosniff"})


async def healthz(request: Request) -> Response:
    """The process answers. It is also ready then: it keeps nothing, and says what the backend lacks."""
    return PlainTextResponse("ok\n")


async def _asked(backend: httpx.AsyncClient, path: str) -> dict[str, Any]:
    """The backend's answer; {"problem": …} also where there is none."""
    try:
        answer = await backend.get(path)
        body = answer.json()
        if isinstance(body, dict) and (answer.is_success or "problem" in body):
            return body
        what = f"{answer.url} answered {answer.status_code}"
    except (httpx.HTTPError, ValueError) as error:
        what = f"{backend.base_url.join(path)}: {error or type(error).__name__}"
    return {"problem": {"source": "backend", "code": "Unreachable", "message": what, "status": None}}
