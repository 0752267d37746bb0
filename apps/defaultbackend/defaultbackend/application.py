"""404 and a page for everything, but for the health endpoints that an ingress controller looks at."""

from __future__ import annotations

from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

PAGE = (Path(__file__).parent / "page.html").read_text()

#: The page brings its own few styles, and asks for nothing else.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}
ANY_METHOD = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def create() -> Starlette:
    """The application; it has no settings."""
    routes = [
        Route("/healthz", healthz),
        Route("/readyz", healthz),
        Route("/{path:path}", nothing_here, methods=ANY_METHOD),
    ]
    return Starlette(routes=routes)


async def healthz(request: Request) -> Response:
    """The process answers, and needs nothing else to be ready."""
    return PlainTextResponse("ok\n")


async def nothing_here(request: Request) -> Response:
    """404: a page for browsers, one line of JSON for programs that ask for it."""
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse({"error": "no ingress serves this host and path"}, status_code=404, headers=HEADERS)
    return HTMLResponse(PAGE, status_code=404, headers=HEADERS)
