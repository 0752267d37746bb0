"""A page over HTTPS, and the certificate that it came with. Nothing is read of a page whose certificate is not good."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import Absent
from engine.goal import Question

if TYPE_CHECKING:
    from tools.entrance import Entrance

#: Seconds for each of: to connect, to shake hands, to get the page.
TIMEOUT_S = 30.0


@dataclass(frozen=True)
class Page:
    """An answer over a connection whose certificate was issued for the host by one of the entrance's roots.

    issuer, until  who signed the certificate, and its last day, as it says itself
    """

    status: int
    text: str
    issuer: str
    until: str


def page(entrance: Entrance, path: str = "/") -> Question:
    """What the entrance answers to a GET; absent where it cannot be reached, or its certificate is refused."""
    return Question(
        ask=lambda: _get(entrance, path), key=f"GET {entrance.url}{path} at {entrance.address}", topic="page"
    )


def trust(entrance: Entrance) -> ssl.SSLContext:
    """What certificates of this entrance are checked against: its own roots alone, or else the public ones alone."""
    import certifi

    return ssl.create_default_context(cafile=str(entrance.roots or certifi.where()))


def _get(entrance: Entrance, path: str) -> Page:
    import httpx

    try:
        context = trust(entrance)
    except OSError as error:
        raise Absent(f"{entrance.roots}: {error}") from error
    url = f"https://{entrance.address or entrance.host}:{entrance.port}{path}"
    # The name in the handshake is what the certificate is compared with, wherever the connection goes.
    direct = entrance.address is None
    try:
        with (
            httpx.Client(verify=context, timeout=TIMEOUT_S, trust_env=direct) as client,
            client.stream(
                "GET", url, headers={"Host": _host(entrance)}, extensions={"sni_hostname": entrance.host}
            ) as answer,
        ):
            found = answer.extensions["network_stream"].get_extra_info("ssl_object").getpeercert()
            answer.read()
            return Page(answer.status_code, answer.text, _name(found["issuer"]), found["notAfter"])
    except httpx.HTTPError as error:
        raise Absent(f"{entrance.url}: {error or type(error).__name__}") from error


def _host(entrance: Entrance) -> str:
    return entrance.url.partition("://")[2]


def _name(issuer: tuple[tuple[tuple[str, str], ...], ...]) -> str:
    """A distinguished name as `ssl` has it, in short: organisation and common name."""
    parts = {key: value for pairs in issuer for key, value in pairs}
    return ", ".join(parts[key] for key in ("organizationName", "commonName") if key in parts)
