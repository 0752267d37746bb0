"""The pods' way to Services: a forward proxy that every process has in HTTP_PROXY, with credentials that name its pod.

It stands in for cluster DNS, kube-proxy and the network policy engine at once. Plain HTTP only: what processes say
over TLS goes straight to where it says.
"""

import base64
import binascii
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from sandbox.traffic import policies, services
from sandbox.traffic.forwarding import Forwarding
from sandbox.traffic.services import NoBackend

if TYPE_CHECKING:
    from sandbox.containers.pod import RunningPod
    from sandbox.world import World

KEY = "proxy"


def open(world: "World") -> int:
    """The proxy's port; the proxy is opened where it is not yet."""
    return world.listeners.open_plain(Proxy(world), KEY)


class Proxy:
    """The ASGI application."""

    def __init__(self, world: "World") -> None:
        self._world, self._forwarding = world, Forwarding()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            response = await self._answer(Request(scope, receive))
            await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        caller = self._caller(request)
        if caller is None:
            headers = {"Proxy-Authenticate": 'Basic realm="pods of the sandbox"'}
            return PlainTextResponse("this proxy is for pods of the sandbox\n", 407, headers)
        pod = caller.cluster.objects.find("pods", caller.namespace, caller.name)
        host, _, port = request.headers.get("host", "").partition(":")
        place = services.place_of(host, caller.namespace)
        service = caller.cluster.objects.find("services", *place) if place else None
        if pod is None or service is None:
            return PlainTextResponse(f"dial tcp: lookup {host}: no such host\n", 502)
        try:
            backend = services.backend(caller.cluster, service, int(port) if port.isdecimal() else 80)
        except NoBackend as error:
            return PlainTextResponse(f"dial tcp {host}: connect: connection refused: {error}\n", 503)
        forbidden = policies.names_refusal(caller.cluster, pod) or policies.refusal(
            caller.cluster, pod, backend.pod, backend.port
        )
        if forbidden:
            return PlainTextResponse(f"{forbidden}\n", 403)
        return await self._forwarding.forward(request, backend.local_port, request.headers.raw)

    def _caller(self, request: Request) -> "RunningPod | None":
        scheme, _, encoded = request.headers.get("proxy-authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            uid, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return self._world.pods.known_by(uid, secret)
