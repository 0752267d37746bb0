"""``/oauth2``: an Entra token exchanged for the registry's refresh token, and that for access tokens."""

import base64
import binascii
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.acr import credentials, errors, tokens
from sandbox.acr.errors import RegistryError
from sandbox.entra import audiences
from sandbox.entra import tokens as entra_tokens
from sandbox.entra.principals import Principal

if TYPE_CHECKING:
    from sandbox.acr.dataplane import Registry

#: The user name under which a refresh token is given as a password (docker login, helm registry login).
TOKEN_USER = "00000000-0000-0000-0000-000000000000"


def routes(registry: "Registry") -> list[Route]:
    async def exchange(request: Request) -> Response:
        form = await _form(request)
        if form.get("grant_type") not in ("access_token", "access_token_refresh_token"):
            raise RegistryError(400, "UNSUPPORTED", "grant_type must be access_token")
        accepted = audiences.ACR | audiences.arm(registry.world)
        try:
            principal = entra_tokens.verify(registry.world, form.get("access_token", ""), accepted)
        except entra_tokens.InvalidToken as fault:
            raise errors.unauthorized(registry.host, {"reason": fault.fault}) from fault
        return JSONResponse({"refresh_token": tokens.refresh_token(registry.world, registry.host, principal.id)})

    async def token(request: Request) -> Response:
        if request.method == "GET":
            caller = _basic(registry, request.headers.get("authorization", ""))
            scopes = request.query_params.getlist("scope")
        else:
            form = await _form(request)
            scopes = [form.get("scope", "")]
            if form.get("grant_type") == "password":
                caller = _signed_in(registry, form.get("username", ""), form.get("password", ""))
            else:
                caller = _holder(registry, form.get("refresh_token", ""))
        return _answer(registry, caller, [scope for text in scopes for scope in text.split()])

    return [
        Route("/oauth2/exchange", exchange, methods=["POST"]),
        Route("/oauth2/token", token, methods=["GET", "POST"]),
    ]


async def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl((await request.body()).decode(errors="replace"), keep_blank_values=True))


def _answer(registry: "Registry", caller: Principal | credentials.Admin | None, scopes: list[str]) -> Response:
    def holds(action: str) -> bool:
        if isinstance(caller, credentials.Admin):
            return True
        return tokens.may(registry.world, registry.document, caller, action)

    try:
        access = tokens.granted(scopes, holds)
    except tokens.Refused as refused:
        raise RegistryError(400, "INVALID_SCOPE", "invalid scope", {"scope": scopes}) from refused
    if scopes and not access:
        raise errors.unauthorized(registry.host, [{"scope": scope} for scope in scopes])
    return JSONResponse({"access_token": tokens.access_token(registry.world, registry.host, access)})


def _holder(registry: "Registry", token: str) -> Principal:
    try:
        return tokens.holder(registry.world, registry.host, token)
    except tokens.Refused as refused:
        raise errors.unauthorized(registry.host, {"reason": str(refused)}) from refused


def _basic(registry: "Registry", header: str) -> Principal | credentials.Admin | None:
    """Who a ``Basic`` header names; None without one: an anonymous caller."""
    if not header:
        return None
    scheme, _, encoded = header.partition(" ")
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise errors.unauthorized(registry.host) from error
    if scheme.lower() != "basic":
        raise errors.unauthorized(registry.host)
    return _signed_in(registry, user, password)


def _signed_in(registry: "Registry", user: str, password: str) -> Principal | credentials.Admin:
    if user == TOKEN_USER:
        return _holder(registry, password)
    admin = credentials.admin(registry.world, registry.document)
    if admin is None or user != admin.user or password not in admin.passwords:
        raise errors.unauthorized(registry.host)
    return admin
