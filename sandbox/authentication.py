"""Who asks: bearer tokens of ARM and Graph requests checked, and refused in the words of the service
asked."""

import datetime
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.entra import audiences, tokens
from sandbox.entra.tokens import InvalidToken
from sandbox.errors import AzureError
from sandbox.graph.errors import GraphError
from sandbox.world import TENANT_ID

if TYPE_CHECKING:
    from sandbox.world import World

_GRAPH = ("/v1.0/", "/beta/")
_ARM = ("/subscriptions/", "/providers/", "/tenants/")


class Authentication:
    """ASGI middleware: puts the ``Principal`` of an ARM or Graph request into ``request.state.principal``
    or answers 401. All other paths (Entra itself, blobs, clusters, metadata) are for their rooms to
    guard."""

    def __init__(self, app: ASGIApp, world: "World") -> None:
        self._app, self._world = app, world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = f"{scope.get('path', '')}/".lower()
        if scope["type"] == "http" and path.startswith(_ARM + _GRAPH):
            graph = path.startswith(_GRAPH)
            accepted = audiences.graph(self._world) if graph else audiences.arm(self._world)
            try:
                token = _bearer(Headers(scope=scope))
                principal = tokens.verify(self._world, token, accepted)
            except InvalidToken as fault:
                refusal = graph_refusal(fault) if graph else arm_refusal(fault, self._world)
                answer = JSONResponse(refusal.body(), refusal.status, refusal.headers)
                await answer(scope, receive, send)
                return
            scope.setdefault("state", {})["principal"] = principal
        await self._app(scope, receive, send)


def _bearer(headers: Headers) -> str:
    """The token of the Authorization header, empty (which is malformed) without one."""
    kind, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def _utc(epoch: float) -> str:
    moment = datetime.datetime.fromtimestamp(epoch, datetime.UTC)
    return moment.strftime("%m/%d/%Y %I:%M:%S %p")


def arm_refusal(fault: InvalidToken, world: "World") -> AzureError:
    now = datetime.datetime.now(datetime.UTC).timestamp()
    code, message = "InvalidAuthenticationToken", "The access token is invalid."
    if fault.fault == "malformed" and not fault.claims:
        code, message = (
            "AuthenticationFailed",
            "Authentication failed. The 'Authorization' header is missing or invalid.",
        )
    elif fault.fault == "signature":
        message = "The access token is from an unknown key: its signature could not be verified."
    elif fault.fault == "expired":
        code = "ExpiredAuthenticationToken"
        expiry = _utc(fault.claims.get("exp", 0))
        message = f"The access token expiry UTC time '{expiry}' is earlier than current UTC time '{_utc(now)}'."
    elif fault.fault == "issuer":
        code = "InvalidAuthenticationTokenTenant"
        message = (
            f"The access token is from the wrong issuer '{fault.claims.get('iss', '')}'."
            f" It must match the tenant '{tokens.issuer(world)}' associated with this subscription."
        )
    elif fault.fault == "audience":
        code = "InvalidAuthenticationTokenAudience"
        allowed = ",".join(f"'{audience}/'" for audience in sorted(audiences.arm(world)))
        message = (
            "The access token has been obtained for wrong audience or resource"
            f" '{fault.claims.get('aud', '')}'. It should exactly match with one of the allowed audiences {allowed}."
        )
    challenge = f'Bearer authorization_uri="{world.url}/{TENANT_ID}", error="invalid_token"'
    return AzureError(401, code, message, headers={"WWW-Authenticate": challenge})


def graph_refusal(fault: InvalidToken) -> AzureError:
    messages = {
        "malformed": "Access token is empty." if not fault.claims else "CompactToken parsing failed.",
        "signature": "Access token validation failure. Invalid signature.",
        "expired": "Lifetime validation failed, the token is expired.",
        "issuer": "Access token validation failure. Invalid issuer.",
        "audience": "Access token validation failure. Invalid audience.",
        "principal": "The identity of the calling application could not be established.",
    }
    return GraphError(401, "InvalidAuthenticationToken", messages[fault.fault])
