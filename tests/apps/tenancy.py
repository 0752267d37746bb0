"""A tenant on this machine's loopback: enough of Entra and Graph, over TLS, for azure-identity and httpx themselves."""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl

import httpx
import jwt
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

TENANT_ID = "7a1e0000-0000-4000-8000-000000000001"
CLIENT_ID = "c11e0000-0000-4000-8000-000000000002"
ISSUER = "https://oidc.test/tenant/cluster/"
SUBJECT = "system:serviceaccount:workload:backend"


@dataclass
class Tenant:
    """What the fake Entra and Graph go by, and what they were asked."""

    url: str = ""
    ca: Path = Path()
    key: str = "a key that the cluster alone would have in real life"
    subject: str = SUBJECT
    roles: tuple[str, ...] = ("Organization.Read.All",)
    lifetime_s: int = 3600
    assertions: list[str] = field(default_factory=list)
    graph_calls: int = 0
    busy: bool = False

    def assertion(self, subject: str = SUBJECT, lifetime_s: int = 3600) -> str:
        """A service account's token."""
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "sub": subject,
            "aud": ["api://AzureADTokenExchange"],
            "iat": now,
            "exp": now + lifetime_s,
            "kubernetes.io": {
                "namespace": "workload",
                "serviceaccount": {"name": "backend"},
                "pod": {"name": "backend-x"},
            },
        }
        return jwt.encode(claims, self.key, "HS256")

    async def token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        assertion = form["client_assertion"]
        self.assertions.append(assertion)
        try:
            claims = jwt.decode(assertion, self.key, ["HS256"], audience="api://AzureADTokenExchange")
        except jwt.ExpiredSignatureError:
            return _no(700024, "Client assertion is not within its valid time range.")
        if (claims["iss"], claims["sub"]) != (ISSUER, self.subject) or form["client_id"] != CLIENT_ID:
            return _no(
                700213,
                "No matching federated identity record found for presented assertion subject "
                f"'{claims['sub']}'. Please check your federated identity credential Subject, Audience and Issuer.",
            )
        granted = {
            "aud": form["scope"].removesuffix("/.default"),
            "oid": "0b1ec700-0000-4000-8000-000000000003",
            "roles": list(self.roles),
            "exp": int(time.time()) + self.lifetime_s,
        }
        token = jwt.encode(granted, self.key, "HS256")
        return JSONResponse({"token_type": "Bearer", "expires_in": self.lifetime_s, "access_token": token})

    async def organization(self, request: Request) -> Response:
        self.graph_calls += 1
        if self.busy:
            return Response("<html>upstream timed out</html>", 504)
        token = request.headers["authorization"].removeprefix("Bearer ")
        claims = jwt.decode(token, self.key, ["HS256"], audience=self.url)
        if "Organization.Read.All" not in claims["roles"]:
            error = {
                "code": "Authorization_RequestDenied",
                "message": "Insufficient privileges to complete the operation.",
            }
            return JSONResponse({"error": error}, 403)
        return JSONResponse({"value": [{"id": TENANT_ID, "displayName": "Contoso & <Sons>"}]})


def _no(code: int, text: str) -> Response:
    description = (
        f"AADSTS{code}: {text} Trace ID: 11111111-2222 Correlation ID: 33333333-4444 Timestamp: 2026-08-01 00:00:00Z"
    )
    body = {"error": "invalid_client", "error_description": description, "error_codes": [code]}
    return JSONResponse(body, 401)


class serving:
    """A context in which an application listens on a free port of the loopback; its value is the URL."""

    def __init__(self, app: Starlette, certificate: Path | None = None) -> None:
        config = uvicorn.Config(
            app, host="127.0.0.1", port=0, log_level="warning", timeout_graceful_shutdown=1, ssl_certfile=certificate
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._scheme = "https" if certificate else "http"

    def __enter__(self) -> str:
        self._thread.start()
        deadline = time.monotonic() + 10
        while not self._server.started:
            assert time.monotonic() < deadline and self._thread.is_alive(), "the server does not come up"
            time.sleep(0.01)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        return f"{self._scheme}://localhost:{port}"

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(10)


@asynccontextmanager
async def calling(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application in this process, started as a server would start it."""
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app") as client,
    ):
        yield client
