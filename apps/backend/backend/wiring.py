"""The chain from service account to app role, as the tokens themselves tell it. Claims only: never a token."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

from backend.identity import Identity


def presented(identity: Identity) -> dict[str, Any]:
    """What the pod shows to Entra: its service account's claims, and as whom it asks to be taken.

    :raises Problem: there is no token to show
    """
    claims = _claims(identity.assertion())
    audience = claims.get("aud", [])
    account = claims.get("kubernetes.io", {})
    return {
        "serviceAccount": account.get("serviceaccount", {}).get("name"),
        "namespace": account.get("namespace"),
        "pod": account.get("pod", {}).get("name"),
        "issuer": claims.get("iss"),
        "subject": claims.get("sub"),
        "audience": [audience] if isinstance(audience, str) else audience,
        "expires": _moment(claims.get("exp")),
        "clientId": identity.client_id,
        "tenantId": identity.tenant_id,
        "authority": identity.authority,
    }


def granted(access_token: str) -> dict[str, Any]:
    """What Entra gave for it: for which service, as which object of the directory, with which app roles."""
    claims = _claims(access_token)
    return {
        "audience": claims.get("aud"),
        "objectId": claims.get("oid"),
        "appRoles": claims.get("roles", []),
        "expires": _moment(claims.get("exp")),
    }


def _claims(token: str) -> dict[str, Any]:
    """A token's claims, unverified: they are shown, nothing is decided by them. None where it is no JWT."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError):
        return {}
    return claims if isinstance(claims, dict) else {}


def _moment(seconds: object) -> str | None:
    """Seconds since 1970 as ISO 8601 in UTC."""
    if not isinstance(seconds, int | float):
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
