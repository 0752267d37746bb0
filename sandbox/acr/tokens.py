"""A registry's own tokens: the refresh token that an Entra token is exchanged for, and access tokens by repository."""

import secrets
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import jwt

from sandbox.arm import roles
from sandbox.entra import principals
from sandbox.entra.principals import Principal
from sandbox.store import Document
from sandbox.world import TENANT_ID, World

_ISSUER = "Azure Container Registry"
_REFRESH_S, _ACCESS_S = 3 * 3600, 75 * 60

#: What a scope's action asks of the caller's roles on the registry.
_RIGHTS = {
    "pull": "Microsoft.ContainerRegistry/registries/pull/read",
    "metadata_read": "Microsoft.ContainerRegistry/registries/pull/read",
    "push": "Microsoft.ContainerRegistry/registries/push/write",
    "metadata_write": "Microsoft.ContainerRegistry/registries/push/write",
    "delete": "Microsoft.ContainerRegistry/registries/artifacts/delete",
    "deleted_read": "Microsoft.ContainerRegistry/registries/deleted/read",
}


class Refused(Exception):
    """A token that does not count here, or a scope that cannot be read."""


@dataclass(frozen=True)
class Access:
    """What a token gives: ``type`` is ``repository`` or ``registry``, ``name`` a repository or ``catalog``."""

    type: str
    name: str
    actions: tuple[str, ...]


def _secret(world: World) -> str:
    table = world.store.table("acr_secrets", quiet=True)
    if "tokens" not in table:
        table["tokens"] = {"key": secrets.token_hex(32)}
    return table["tokens"]["key"]


def _sign(world: World, host: str, grant: Literal["refresh_token", "access_token"], **claims: Any) -> str:
    now = int(time.time())
    lifetime_s = _REFRESH_S if grant == "refresh_token" else _ACCESS_S
    stamped = {
        "jti": str(uuid.uuid4()), "iss": _ISSUER, "aud": host, "tenant": TENANT_ID, "grant_type": grant,
        "iat": now, "nbf": now, "exp": now + lifetime_s,
    }  # fmt: skip
    return jwt.encode(stamped | claims, _secret(world), algorithm="HS256")


def _claims(world: World, token: str, host: str, grant: str) -> Document:
    try:
        claims = jwt.decode(token, _secret(world), algorithms=["HS256"], audience=host, issuer=_ISSUER)
    except jwt.InvalidTokenError as error:
        raise Refused(str(error)) from error
    if claims["grant_type"] != grant:
        raise Refused(f"a {claims['grant_type']} is no {grant}")
    return claims


def refresh_token(world: World, host: str, principal_id: str) -> str:
    """Who the caller is, for three hours; what they may do is looked up each time it is used."""
    return _sign(world, host, "refresh_token", sub=principal_id)


def holder(world: World, host: str, token: str) -> Principal:
    """Whom a refresh token was given to. Raises Refused."""
    document = principals.get(world, _claims(world, token, host, "refresh_token")["sub"])
    if document is None:
        raise Refused("the principal has been deleted")
    return principals.principal_of(document)


def access_token(world: World, host: str, granted: list[Access]) -> str:
    access = [{"type": item.type, "name": item.name, "actions": list(item.actions)} for item in granted]
    return _sign(world, host, "access_token", access=access)


def access_of(world: World, host: str, token: str) -> list[Access]:
    """What an access token gives. Raises Refused."""
    claims = _claims(world, token, host, "access_token")
    return [Access(item["type"], item["name"], tuple(item["actions"])) for item in claims["access"]]


def granted(scopes: list[str], holds: Callable[[str], bool]) -> list[Access]:
    """What of the scopes (``repository:team/app:pull,push``) is given, where ``holds`` says which actions are.
    Raises Refused for a scope that cannot be read."""
    found = []
    for scope in scopes:
        parts = scope.split(":")
        if len(parts) != 3:
            raise Refused(f"invalid scope {scope}")
        kind, name, actions = parts
        wanted = actions.split(",")
        if kind == "repository" and "*" in wanted:
            wanted = list(_RIGHTS)
        held = tuple(action for action in wanted if holds(action))
        if held:
            found.append(Access(kind, name, held))
    return found


def may(world: World, registry: Document, principal: Principal | None, action: str) -> bool:
    """Whether the caller may do a scope's action in the registry; ``*`` is asked for the catalog, to read it."""
    if principal is None:
        return bool(registry["properties"].get("anonymousPullEnabled")) and action in ("pull", "metadata_read")
    right = _RIGHTS.get("pull" if action == "*" else action)
    return right is not None and roles.allowed(world, principal, right, registry["id"])
