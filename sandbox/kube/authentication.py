"""Who talks to a cluster: Entra tokens, tokens of its service accounts, tokens of its local accounts."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import jwt

from sandbox.entra import audiences, principals, tokens
from sandbox.entra.principals import Principal
from sandbox.kube import cluster, issuer
from sandbox.kube.errors import unauthorized
from sandbox.store import Document
from sandbox.world import World


@dataclass(frozen=True)
class User:
    """Who makes a request, as roles see it. ``principal`` is set for those who come from Entra."""

    name: str
    uid: str = ""
    groups: tuple[str, ...] = ("system:authenticated",)
    extra: dict[str, list[str]] = field(default_factory=dict, hash=False)
    principal: Principal | None = None

    def document(self) -> Document:
        """The user as ``TokenReview`` and ``SelfSubjectReview`` show it."""
        document: Document = {"username": self.name, "groups": list(self.groups)}
        if self.uid:
            document["uid"] = self.uid
        if self.extra:
            document["extra"] = self.extra
        return document


def authenticate(world: World, record: Document, authorization: str) -> User:
    """The sender of a request by its Authorization header; raises ApiError 401."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise unauthorized()
    return user_of(world, record, token.strip())


def impersonated(headers: Mapping[str, str], groups: list[str]) -> User | None:
    """Whom the sender wants to act as (``kubectl --as``), None without such a header."""
    name = headers.get("impersonate-user")
    if not name:
        return None
    uid = headers.get("impersonate-uid", "")
    match name.split(":"):
        case ["system", "serviceaccount", namespace, account] if not groups:
            return service_account(namespace, account, uid)
    return User(name, uid, tuple(dict.fromkeys([*groups, "system:authenticated"])))


def user_of(world: World, record: Document, token: str, audience: list[str] | None = None) -> User:
    """The holder of a bearer token; raises ApiError 401. ``audience``: of service account tokens, if not the
    API server's own."""
    if token in record["tokens"].values():
        if record["properties"].get("disableLocalAccounts"):
            raise unauthorized()
        return User("masterclient", groups=("system:masters", "system:authenticated"))
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.InvalidTokenError as error:
        raise unauthorized() from error
    if claims.get("iss") == issuer.url(world, record["uid"]):
        return _service_account(world, record, token, audience or [])
    return _entra(world, record, token)


def _service_account(world: World, record: Document, token: str, audience: list[str]) -> User:
    try:
        claims = issuer.verified(world, record, token, audience)
    except jwt.InvalidTokenError as error:
        raise unauthorized() from error
    bound = claims["kubernetes.io"]
    namespace, account = bound["namespace"], bound["serviceaccount"]
    objects = cluster.objects(world, record["uid"])
    found = objects.find("serviceaccounts", namespace, account["name"])
    if found is None or found["metadata"]["uid"] != account["uid"]:
        raise unauthorized()
    extra = {"authentication.kubernetes.io/credential-id": [f"JTI={claims['jti']}"]}
    if pod := bound.get("pod"):
        running = objects.find("pods", namespace, pod["name"])
        if running is None or running["metadata"]["uid"] != pod["uid"]:
            raise unauthorized()
        extra["authentication.kubernetes.io/pod-name"] = [pod["name"]]
        extra["authentication.kubernetes.io/pod-uid"] = [pod["uid"]]
    return service_account(namespace, account["name"], account["uid"], extra)


def service_account(namespace: str, name: str, uid: str = "", extra: dict[str, list[str]] | None = None) -> User:
    """A service account as a user."""
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated")
    return User(f"system:serviceaccount:{namespace}:{name}", uid, groups, extra or {})


def _entra(world: World, record: Document, token: str) -> User:
    """Users are called by their principal name, applications and managed identities by their object id, groups by
    theirs: the names that role bindings on AKS use."""
    if not record["properties"].get("aadProfile"):
        raise unauthorized()
    try:
        principal = tokens.verify(world, token, audiences.AKS)
    except tokens.InvalidToken as error:
        raise unauthorized() from error
    found = principals.get(world, principal.id) or {}
    name = found.get("userPrincipalName") or principal.id
    groups = (*sorted(principals.groups_of(world, principal.id)), "system:authenticated")
    return User(name, groups=groups, extra={"oid": [principal.id]}, principal=principal)
