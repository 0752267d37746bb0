"""A cluster as OpenID issuer: its key, the discovery documents, and the service account tokens that it signs.

The issuer's URL is ``<sandbox>/oidc/<tenant>/<uid>/`` with the trailing slash that AKS has.
"""

import base64
import functools
import hashlib
import time
import uuid

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from sandbox.store import Document
from sandbox.world import TENANT_ID, World


def new_key() -> str:
    """A fresh RSA private key as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


@functools.lru_cache(maxsize=64)
def _private(pem: str) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


@functools.lru_cache(maxsize=64)
def key_id(pem: str) -> str:
    """The key's id: a digest of its public half."""
    public = _private(pem).public_key()
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode()


def url(world: World, uid: str) -> str:
    """The issuer's URL, which federated credentials must match to the letter."""
    return f"{world.url}/oidc/{TENANT_ID}/{uid}/"


def discovery(world: World, uid: str) -> Document:
    """The document below ``.well-known/openid-configuration``."""
    return {
        "issuer": url(world, uid),
        "jwks_uri": f"{url(world, uid)}openid/v1/jwks",
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }


def jwks(record: Document) -> Document:
    """The key set of a cluster (``record`` as in ``cluster.py``)."""
    public = _private(record["key"]).public_key()
    key = jwt.algorithms.RSAAlgorithm.to_jwk(public, as_dict=True)
    fields = {name: key[name] for name in ("kty", "n", "e")}
    return {"keys": [{"use": "sig", "kid": key_id(record["key"]), "alg": "RS256", **fields}]}


def service_account_token(
    world: World,
    record: Document,
    account: Document,
    *,
    audiences: list[str],
    lifetime_s: int,
    pod: Document | None = None,
) -> tuple[str, int]:
    """A signed token of a service account (its object, and the pod's that it is bound to), and its expiry as a
    Unix time. No audience means the API server itself, whose audience is the issuer's URL."""
    now = int(time.time())
    metadata = account["metadata"]
    namespace, name = metadata["namespace"], metadata["name"]
    bound: Document = {"namespace": namespace, "serviceaccount": {"name": name, "uid": metadata["uid"]}}
    if pod is not None:
        bound["pod"] = {"name": pod["metadata"]["name"], "uid": pod["metadata"]["uid"]}
    claims = {
        "aud": audiences or [url(world, record["uid"])],
        "exp": now + lifetime_s,
        "iat": now,
        "iss": url(world, record["uid"]),
        "jti": str(uuid.uuid4()),
        "kubernetes.io": bound,
        "nbf": now,
        "sub": f"system:serviceaccount:{namespace}:{name}",
    }
    headers = {"kid": key_id(record["key"])}
    return jwt.encode(claims, _private(record["key"]), algorithm="RS256", headers=headers), now + lifetime_s


def verified(world: World, record: Document, token: str, audiences: list[str]) -> Document:
    """The claims of a token that this cluster signed for one of ``audiences`` (none: for the API server itself).
    Raises jwt.InvalidTokenError."""
    return jwt.decode(
        token,
        _private(record["key"]).public_key(),
        algorithms=["RS256"],
        audience=audiences or [url(world, record["uid"])],
        issuer=url(world, record["uid"]),
    )
