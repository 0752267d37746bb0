"""Access tokens: RS256 JWTs with the claims that Azure's services read, signed with the sandbox's own key."""

import time
import uuid
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from sandbox.entra import audiences, principals
from sandbox.entra.principals import Principal
from sandbox.world import TENANT_ID

if TYPE_CHECKING:
    from sandbox.world import World

Fault = Literal["malformed", "signature", "expired", "issuer", "audience", "principal"]


class InvalidToken(Exception):
    """A token refused. ``fault`` says why; ``claims`` is what it says itself, where it can be read at all."""

    def __init__(self, fault: Fault, claims: dict[str, Any] | None = None) -> None:
        super().__init__(fault)
        self.fault, self.claims = fault, claims or {}


@lru_cache(maxsize=8)
def _private_key(pem: str) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(pem.encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def signing_key(world: "World", name: str) -> tuple[str, rsa.RSAPrivateKey]:
    """The key id and private key called ``name``, made on first use and kept in the state."""
    keys = world.store.table("signing_keys", quiet=True)
    if name not in keys:
        pem = rsa.generate_private_key(65537, 2048).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        keys[name] = {"kid": uuid.uuid4().hex, "pem": pem.decode()}
    return keys[name]["kid"], _private_key(keys[name]["pem"])


def jwks(world: "World", name: str = "entra") -> dict[str, Any]:
    """The public half of a signing key as a JSON Web Key Set."""
    kid, key = signing_key(world, name)
    public = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {"keys": [{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": public["n"], "e": public["e"]}]}


def sign(world: "World", claims: dict[str, Any], name: str = "entra") -> str:
    """A JWT of exactly these claims, signed with the key called ``name``."""
    kid, key = signing_key(world, name)
    return jwt.encode(claims, key, algorithm="RS256", headers={"kid": kid})


def issuer(world: "World") -> str:
    return f"{world.url}/{TENANT_ID}/"


def issue(world: "World", principal_id: str, audience: str, lifetime_s: int = 3600, **claims: Any) -> str:
    """An access token for a directory object: ``roles`` are its Graph app roles where the audience is
    Graph, ``groups`` the groups it is in. ``claims`` adds to these or replaces them. Raises KeyError for an
    unknown one."""
    document = principals.directory(world)[principal_id]
    now = int(time.time())
    token = {
        "aud": audience, "iss": issuer(world), "iat": now, "nbf": now, "exp": now + lifetime_s,
        "tid": TENANT_ID, "oid": document["id"], "sub": document["id"], "uti": uuid.uuid4().hex, "ver": "1.0",
    }  # fmt: skip
    if document["@odata.type"] == principals.USER:
        token |= {"idtyp": "user", "name": document["displayName"], "upn": document["userPrincipalName"]}
    else:
        token |= {"idtyp": "app", "appid": document["appId"], "appidacr": "2"}
    if audiences.same(audience, audiences.graph(world)):
        token["roles"] = principals.granted_roles(world, document["id"], audiences.GRAPH_APP_ID)
    if groups := principals.groups_of(world, document["id"]):
        token["groups"] = sorted(groups)
    return sign(world, token | claims)


def verify(world: "World", token: str, accepted: frozenset[str]) -> Principal:
    """Who a token of ours speaks for. ``accepted`` audiences are written without a trailing slash (see
    ``audiences``). Raises InvalidToken: the token is not ours, out of its time, for another audience, or
    for an object that has been deleted."""
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.InvalidTokenError as error:
        raise InvalidToken("malformed") from error
    _, key = signing_key(world, "entra")
    try:
        jwt.decode(
            token, key.public_key(), algorithms=["RS256"], issuer=issuer(world),
            options={"verify_aud": False, "require": ["exp", "aud", "oid"]},
        )  # fmt: skip
    except (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError) as error:
        raise InvalidToken("expired", claims) from error
    except jwt.InvalidIssuerError as error:
        raise InvalidToken("issuer", claims) from error
    except jwt.InvalidSignatureError as error:
        raise InvalidToken("signature", claims) from error
    except jwt.InvalidTokenError as error:
        raise InvalidToken("malformed", claims) from error
    if not isinstance(claims["aud"], str) or not audiences.same(claims["aud"], accepted):
        raise InvalidToken("audience", claims)
    document = principals.get(world, claims["oid"])
    if document is None:
        raise InvalidToken("principal", claims)
    return principals.principal_of(document, frozenset(claims.get("roles", ())))
