"""The ingress: one HTTPS port on loopback that serves the hosts of every cluster whose ingress controller runs."""

import sys
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from sandbox.listeners import PortTaken
from sandbox.traffic import policies, routing, services
from sandbox.traffic.certificates import CertificatesByName
from sandbox.traffic.forwarding import Forwarding
from sandbox.traffic.services import NoBackend

if TYPE_CHECKING:
    from sandbox.world import World

KEY = "ingress"
#: The refusals of the controllers in their own words, by program and status.
_NGINX = "<html>\r\n<head><title>{0}</title></head>\r\n<body>\r\n<center><h1>{0}</h1></center>\r\n<hr><center>nginx"
_TITLES = {404: "404 Not Found", 503: "503 Service Temporarily Unavailable", 504: "504 Gateway Time-out"}
_TRAEFIK = {404: "404 page not found\n", 503: "no available server\n", 504: "Gateway Timeout"}


def open(world: "World") -> int:
    """The ingress's port, the same one for the sandbox's whole life; it is opened where it is not yet."""
    if port := world.listeners.opened(KEY):
        return port
    app, by_name = Ingress(world), CertificatesByName(world)
    try:
        return world.listeners.open(app, KEY, by_name=by_name)
    except PortTaken as error:
        print(f"sandbox: the ingress gets another port: {error}", file=sys.stderr)
        world.listeners.forget(KEY)
        return world.listeners.open(app, KEY, by_name=by_name)


class Ingress:
    """The ASGI application."""

    def __init__(self, world: "World") -> None:
        self._world, self._forwarding = world, Forwarding()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            response = await self._answer(Request(scope, receive))
            await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        host = request.headers.get("host", "").rpartition("]")[2].partition(":")[0]
        route = routing.route(self._world, host, request.scope["path"])
        if route is None:
            kind = next((program.kind for _, program, _ in routing.served(self._world)), "traefik")
            return _refused(kind, 404, "no Ingress has this host and path")
        kind = route.program.kind
        service = route.cluster.objects.find("services", route.namespace, route.service)
        if service is None:
            return _refused(kind, 503, f"there is no service {route.namespace}/{route.service}")
        try:
            backend = services.backend(route.cluster, service, route.port)
        except NoBackend as error:
            return _refused(kind, 503, str(error))
        if forbidden := policies.refusal(route.cluster, route.program.pod, backend.pod, backend.port):
            return _refused(kind, 504, forbidden)
        return await self._forwarding.forward(request, backend.local_port, _told(request))


def _told(request: Request) -> list[tuple[bytes, bytes]]:
    """The request's headers, with who asked for what in place of what the client says about that."""
    host = request.headers.get("host", "")
    own = {
        "x-forwarded-for": request.client.host if request.client else "127.0.0.1", "x-forwarded-host": host,
        "x-forwarded-proto": "https", "x-forwarded-port": host.partition(":")[2] or "443",
        "x-real-ip": request.client.host if request.client else "127.0.0.1",
    }  # fmt: skip
    kept = [(name, value) for name, value in request.headers.raw if name.decode("latin-1").lower() not in own]
    return [*kept, *((name.encode(), value.encode("latin-1")) for name, value in own.items())]


def _refused(kind: str, status: int, why: str) -> Response:
    """As the controller says it; why, which it would write to its log, stands in a header."""
    headers = {"X-Sandbox-Reason": why}
    if kind == "nginx":
        return HTMLResponse(_NGINX.format(_TITLES[status]) + "</center>\r\n</body>\r\n</html>\r\n", status, headers)
    return PlainTextResponse(_TRAEFIK[status], status, headers)
