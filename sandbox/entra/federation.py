"""Sign-in without a secret: a token of another issuer, matched with the federated credentials of the client.

The order of the checks and the texts are Entra's: the record first (issuer, subject, audience, all
case-sensitive), then the token itself (signature, time).
"""

import datetime
import time
from typing import TYPE_CHECKING, Any

import jwt

from sandbox.entra import issuers, principals
from sandbox.entra.errors import EntraError, unknown_application
from sandbox.store import Document
from sandbox.trouble import lags

if TYPE_CHECKING:
    from sandbox.world import World

#: The audience that federated tokens usually have; a credential lists the one it takes.
AUDIENCE = "api://AzureADTokenExchange"
#: How far clocks may differ (Entra's tolerance).
SKEW_S = 300
_GUIDE = "https://learn.microsoft.com/entra/workload-id/workload-identity-federation"
_IDENTITY = "microsoft.managedidentity/userassignedidentities"


async def sign_in(world: "World", client_id: str, assertion: str) -> Document:
    """The service principal that a federated token signs in as. Raises EntraError."""
    client = principals.find_by_app_id(world, client_id)
    if client is None:
        raise unknown_application(client_id)
    try:
        header = jwt.get_unverified_header(assertion)
        claims = jwt.decode(assertion, options={"verify_signature": False})
    except jwt.InvalidTokenError as error:
        text = f"JWT token is invalid or malformed. {error}"
        raise EntraError(401, "invalid_client", 50027, text) from error
    _match(client, credentials(world, client["appId"]), claims)
    _verify(assertion, header.get("kid"), await issuers.keys(world, claims["iss"]))
    _check_time(claims)
    return client


def credentials(world: "World", client_id: str) -> list[Document]:
    """The federated credentials of an application or managed identity: ``issuer``, ``subject``,
    ``audiences``."""
    for application in principals.of_type(world, principals.APPLICATION):
        if application["appId"] == client_id:
            return [
                credential
                for credential in principals.application_credentials(world).values()
                if credential["applicationId"] == application["id"]
            ]
    resources = world.store.table("resources")
    for key, resource in resources.items():
        if resource["type"].lower() == _IDENTITY and resource["properties"].get("clientId") == client_id:
            below = f"{key}/federatedidentitycredentials/"
            children = [child for name, child in resources.items() if name.startswith(below)]
            return [child["properties"] for child in children if _in_effect(world, child)]
    return []


def _in_effect(world: "World", credential: Document) -> bool:
    """Entra takes seconds to minutes to know a credential that was written."""
    identity, _, name = credential["id"].rpartition("/federatedIdentityCredentials/")
    what = f"credential {name} of {identity.rpartition('/')[2]}"
    return lags.over(world, "federation-lag", what, credential.get("_written_at", 0))


def _match(client: Document, known: list[Document], claims: dict[str, Any]) -> None:
    if not known:
        text = (
            f"The client '{client['appId']}'({client['displayName']}) has no configured federated identity credentials."
        )
        raise EntraError(401, "invalid_client", 70025, text)
    issuer, subject, audience = (str(claims.get(name, "")) for name in ("iss", "sub", "aud"))
    if isinstance(claims.get("aud"), list):
        audience = str(claims["aud"][0]) if len(claims["aud"]) == 1 else ",".join(claims["aud"])
    of_issuer = [credential for credential in known if credential["issuer"] == issuer]
    if not of_issuer:
        raise _unmatched(700211, "issuer", issuer)
    of_subject = [credential for credential in of_issuer if credential["subject"] == subject]
    if not of_subject:
        raise _unmatched(700213, "subject", subject)
    if not any(audience in credential["audiences"] for credential in of_subject):
        raise _unmatched(700212, "audience", audience)


def _unmatched(number: int, part: str, presented: str) -> EntraError:
    text = (
        f"No matching federated identity record found for presented assertion {part} '{presented}'. Please"
        " note that the matching is done using a case-sensitive comparison. Check your federated identity"
        f" credential Subject, Audience and Issuer against the presented assertion. {_GUIDE}"
    )
    return EntraError(401, "invalid_client", number, text)


def _verify(assertion: str, key_id: str | None, keys: list[dict[str, Any]]) -> None:
    key = next((key for key in keys if key.get("kid") == key_id), None)
    reason = "The key was not found."
    if key is not None:
        try:
            jwt.decode(
                assertion, jwt.PyJWK(key).key, algorithms=["RS256"],
                options={"verify_aud": False, "verify_exp": False, "verify_nbf": False, "verify_iat": False},
            )  # fmt: skip
            return
        except jwt.InvalidTokenError:
            reason = "The provided signature value did not match the expected signature value."
    raise EntraError(401, "invalid_client", 50013, f"Assertion failed signature validation. [Reason - {reason}]")


def _check_time(claims: dict[str, Any]) -> None:
    now, until = time.time(), claims.get("exp", 0)
    since = claims.get("nbf", claims.get("iat", 0))
    if since - SKEW_S <= now < until + SKEW_S:
        return
    text = (
        f"Client assertion is not within its valid time range. Current time: {_utc(now)}, assertion valid"
        f" from {_utc(since)}, expiry time of assertion {_utc(until)}. Review the documentation at"
        " https://learn.microsoft.com/entra/identity-platform/certificate-credentials ."
    )
    raise EntraError(401, "invalid_client", 700024, text)


def _utc(epoch: float) -> str:
    moment = datetime.datetime.fromtimestamp(epoch, datetime.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f0Z")
