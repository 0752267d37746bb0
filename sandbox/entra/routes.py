"""Entra's endpoints: OpenID discovery, keys, tokens; the machine's identity; the issuer that vouches for
the operator."""

import urllib.parse
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox import seed
from sandbox.entra import grants, machine, tokens
from sandbox.entra.errors import unknown_tenant
from sandbox.world import TENANT_DOMAIN, TENANT_ID

if TYPE_CHECKING:
    from sandbox.world import World

#: What may stand for the tenant in the discovery documents; tokens are issued by the tenant alone.
_ANY_TENANT = ("organizations", "common", "consumers")
_UNCACHED = {"Cache-Control": "no-store, no-cache", "Pragma": "no-cache"}


def routes(world: "World") -> list[BaseRoute]:
    async def discovery(request: Request) -> Response:
        return JSONResponse(_discovery(request, version="v2.0"))

    async def discovery_v1(request: Request) -> Response:
        return JSONResponse(_discovery(request, version=""))

    async def keys(request: Request) -> Response:
        _tenant(request)
        return JSONResponse(tokens.jwks(world))

    async def token(request: Request) -> Response:
        if _tenant(request) in _ANY_TENANT:
            raise unknown_tenant(request.path_params["tenant"])
        return JSONResponse(await grants.grant(world, await _form(request)), headers=_UNCACHED)

    async def machine_token(request: Request) -> Response:
        return JSONResponse(machine.token(world, request), headers=_UNCACHED)

    async def issuer(request: Request) -> Response:
        url = seed.issuer(world)
        return JSONResponse(
            {
                "issuer": url,
                "jwks_uri": f"{url}/keys",
                "response_types_supported": ["id_token"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
            }
        )

    async def issuer_keys(request: Request) -> Response:
        return JSONResponse(tokens.jwks(world, seed.ISSUER_KEY))

    return [
        Route("/_sandbox/issuer/.well-known/openid-configuration", issuer, methods=["GET"]),
        Route("/_sandbox/issuer/keys", issuer_keys, methods=["GET"]),
        Route("/msi/token", machine_token, methods=["GET"]),
        Route("/{tenant}/v2.0/.well-known/openid-configuration", discovery, methods=["GET"]),
        Route("/{tenant}/.well-known/openid-configuration", discovery_v1, methods=["GET"]),
        Route("/{tenant}/discovery/v2.0/keys", keys, methods=["GET"]),
        Route("/{tenant}/discovery/keys", keys, methods=["GET"]),
        Route("/{tenant}/oauth2/v2.0/token", token, methods=["POST"]),
        Route("/{tenant}/oauth2/token", token, methods=["POST"]),
    ]


def _tenant(request: Request) -> str:
    """The tenant of the path, by id, domain or alias. Raises EntraError for any other."""
    named = request.path_params["tenant"].lower()
    if named in (TENANT_ID, TENANT_DOMAIN):
        return TENANT_ID
    if named in _ANY_TENANT:
        return named
    raise unknown_tenant(request.path_params["tenant"])


async def _form(request: Request) -> dict[str, str]:
    """The fields of a form that is sent URL-encoded, the last of those that are given twice."""
    return dict(urllib.parse.parse_qsl((await request.body()).decode()))


def _discovery(request: Request, version: str) -> dict[str, object]:
    """The metadata, at the host that the caller has used: clients refuse an issuer elsewhere."""
    tenant = _tenant(request)
    shown = "{tenantid}" if tenant in _ANY_TENANT else tenant
    host = f"https://{request.headers['host']}"
    oauth = f"{host}/{tenant}/oauth2" + (f"/{version}" if version else "")
    return {
        "issuer": f"{host}/{shown}/{version}",
        "token_endpoint": f"{oauth}/token",
        "authorization_endpoint": f"{oauth}/authorize",
        "device_authorization_endpoint": f"{oauth}/devicecode",
        "end_session_endpoint": f"{oauth}/logout",
        "jwks_uri": f"{host}/{tenant}/discovery" + (f"/{version}" if version else "") + "/keys",
        "response_types_supported": ["code", "id_token", "code id_token"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "oid", "tid", "ver"],
    }
