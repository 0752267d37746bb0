"""Microsoft Graph: the organisation that the tenant belongs to."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from typing import Any

import certifi
import httpx

from backend.problems import Problem

#: Seconds until Graph counts as out of reach.
TIMEOUT_S = 10.0


def trust(env: Mapping[str, str] = os.environ) -> ssl.SSLContext:
    """The certificates that azure-identity trusts too: those of REQUESTS_CA_BUNDLE, or else certifi's."""
    return ssl.create_default_context(cafile=env.get("REQUESTS_CA_BUNDLE") or certifi.where())


def scope(graph_url: str) -> str:
    """What a token for Graph is asked for: all app roles that were granted."""
    return f"{graph_url}/.default"


async def organisation(client: httpx.AsyncClient, graph_url: str, token: str) -> dict[str, Any]:
    """{"id": …, "displayName": …} of the tenant.

    :raises Problem: with Graph's own code
    """
    url = f"{graph_url}/v1.0/organization"
    try:
        answer = await client.get(
            url, params={"$select": "id,displayName"}, headers={"Authorization": f"Bearer {token}"}, timeout=TIMEOUT_S
        )
    except httpx.HTTPError as error:
        raise Problem("graph", "Unreachable", f"{url}: {error or type(error).__name__}") from error
    if answer.is_error:
        raise _refused(answer)
    found = answer.json()["value"]
    if not found:
        raise Problem("graph", "NoOrganization", "the tenant has no organisation that this identity may read", 200)
    return {"id": found[0]["id"], "displayName": found[0]["displayName"]}


def _refused(answer: httpx.Response) -> Problem:
    try:
        error = answer.json()["error"]
        return Problem("graph", error["code"], error["message"], answer.status_code)
    except (ValueError, KeyError, TypeError):  # a gateway's page instead of Graph's JSON
        return Problem("graph", f"HTTP {answer.status_code}", answer.text[:200], answer.status_code)
