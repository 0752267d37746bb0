"""The token endpoint: ``client_credentials`` with a federated token, which is the one way in that the
sandbox has."""

from typing import TYPE_CHECKING

from sandbox.entra import audiences, errors, federation, tokens
from sandbox.store import Document

if TYPE_CHECKING:
    from sandbox.world import World

Form = dict[str, str]

_JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_DEFAULT = "/.default"
_OPENID_SCOPES = ("openid", "offline_access", "profile")
LIFETIME_S = 3600


async def grant(world: "World", form: Form) -> Document:
    """The answer to a token request of the v2 endpoint (``scope``) or the v1 endpoint (``resource``). Raises
    EntraError."""
    wanted = _field(form, "grant_type")
    if wanted != "client_credentials":
        raise errors.unsupported_grant(wanted)
    client_id = _field(form, "client_id")
    audience = _audience(world, form)
    if form.get("client_secret"):
        raise errors.secret_refused(client_id)
    if not form.get("client_assertion"):
        raise errors.credential_missing()
    if _field(form, "client_assertion_type") != _JWT_BEARER:
        raise errors.missing_parameter("client_assertion_type")
    client = await federation.sign_in(world, client_id, _field(form, "client_assertion"))
    return {
        "token_type": "Bearer",
        "expires_in": LIFETIME_S - 1,
        "ext_expires_in": LIFETIME_S - 1,
        "access_token": tokens.issue(world, client["id"], audience, LIFETIME_S),
    }


def _field(form: Form, name: str) -> str:
    if not form.get(name):
        raise errors.missing_parameter(name)
    return form[name]


def _audience(world: "World", form: Form) -> str:
    """The resource that is asked for. az writes the sandbox's own as ``https://host//.default``, two
    slashes: the audience then ends with one of them."""
    if form.get("resource"):
        audience = _field(form, "resource")
    else:
        scopes = [scope for scope in _field(form, "scope").split() if scope not in _OPENID_SCOPES]
        if len(scopes) != 1 or not scopes[0].endswith(_DEFAULT):
            raise errors.scope_refused(" ".join(scopes))
        audience = scopes[0].removesuffix(_DEFAULT)
    if not audiences.same(audience, audiences.known(world)):
        raise errors.unknown_resource(audience)
    return audience
