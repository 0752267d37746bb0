"""The keys of a token's issuer, found as OpenID Connect says: the discovery document, then the key set it
names.

All issuers that the sandbox can know (clusters, its own for the operator) are paths of its own application,
which is asked in process. The outside world is never asked.
"""

import json
from typing import TYPE_CHECKING, Any

from starlette.types import Message, Scope

from sandbox.entra.errors import EntraError

if TYPE_CHECKING:
    from sandbox.world import World


async def keys(world: "World", issuer: str) -> list[dict[str, Any]]:
    """The issuer's JSON Web Keys. Raises EntraError 50166: it does not answer as an issuer."""
    document = await _fetch(world, f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    if document.get("issuer") != issuer:
        raise _unreachable(f"it calls itself '{document.get('issuer')}'")
    return (await _fetch(world, document["jwks_uri"]))["keys"]


async def _fetch(world: "World", url: str) -> dict[str, Any]:
    if not url.startswith(f"{world.url}/") or world.app is None:
        raise _unreachable(f"the sandbox reaches nothing at {url}")
    status, body = 0, b""
    path = url.removeprefix(world.url)

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status, body
        status = message.get("status", status)
        body += message.get("body", b"")

    scope: Scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "https",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "state": {},
        "headers": [(b"host", world.url.removeprefix("https://").encode())], "client": None, "server": None,
    }  # fmt: skip
    await world.app(scope, receive, send)
    if status != 200:
        raise _unreachable(f"{url} answers {status}")
    return json.loads(body)


def _unreachable(why: str) -> EntraError:
    return EntraError(400, "invalid_client", 50166, f"Request to External OIDC endpoint failed: {why}.")
