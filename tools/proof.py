"""What has to be seen from outside before the lab counts as proven: the record, the certificate, the page, the name."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any
from uuid import UUID

from engine.errors import Absent
from engine.goal import Differs, Goal, Holds, Missing, Question, Settle, State
from tools import https, kubectl, zone
from tools.markup import texts_of
from tools.outcomes import TOKENS

if TYPE_CHECKING:
    from tools.entrance import Entrance
    from tools.https import Page

#: ExternalDNS looks around once a minute.
RECORD_WITHIN_S = 300
#: A resolver that was asked too early remembers for five minutes that there is no such name (SOA of Azure DNS).
NAME_WITHIN_S = 600
#: Ingress controllers take up a new certificate within seconds; a new load balancer lets nobody in for a minute or two.
CERTIFICATE_WITHIN_S = 300
#: A new federated credential or app role may take some minutes to be known everywhere.
PAGE_WITHIN_S = 600


def recorded(label: str, name: str, group: str, subscription: UUID, ingress: str, namespace: str) -> Goal:
    """The A record of ``label`` in zone ``name`` has the ingress's addresses."""

    def judge(held: list[str] | Absent, found: dict[str, Any] | Absent) -> State:
        wanted = _addresses(found)
        if not wanted:
            return Missing(f"an address of ingress {ingress}")
        if isinstance(held, Absent) or not held:
            return Missing(f"A record {label} in {name}")
        if held != wanted:
            return Differs((f"A record {label}: {', '.join(held)}, the ingress has {', '.join(wanted)}",))
        return Holds(f"{label}.{name} is {', '.join(held)}")

    asks = (zone.address(label, name, group, subscription), kubectl.shown("ingress", ingress, namespace))
    wait = Settle(RECORD_WITHIN_S, "ExternalDNS to write the record", every_s=5, usually="a minute")
    return Goal(f"A record of {label}.{name}", asks=asks, judge=judge, settle=wait)


def resolved(entrance: Entrance, ingress: str, namespace: str) -> list[Goal]:
    """The name resolves to the ingress's addresses, as far as this machine's resolver knows. No goal where the
    entrance is found without DNS."""
    if entrance.address is not None:
        return []

    def judge(resolved: list[str] | Absent, found: dict[str, Any] | Absent) -> State:
        if isinstance(resolved, Absent):
            return Missing(str(resolved))
        wanted = _addresses(found)
        return Holds() if resolved == wanted else Differs((f"{entrance.host} resolves to {', '.join(resolved)}",))

    name = Question(ask=lambda: _resolve(entrance.host), key=f"resolve {entrance.host}", topic="name")
    asks = (name, kubectl.shown("ingress", ingress, namespace))
    wait = Settle(NAME_WITHIN_S, f"{entrance.host} to resolve", every_s=10, usually="at once, up to 5 min")
    return [Goal(f"{entrance.host} resolves", asks=asks, judge=judge, settle=wait)]


def certified(entrance: Entrance) -> Goal:
    """A connection to the host gets a certificate that one of the entrance's roots stands for, issued for the host."""

    def judge(page: Page | Absent) -> State:
        if isinstance(page, Absent):
            return Differs((str(page),))
        return Holds(f"signed by {page.issuer}, good until {page.until}")

    wait = Settle(CERTIFICATE_WITHIN_S, "the certificate to be served", every_s=2, usually="some seconds")
    return Goal(f"certificate of {entrance.host}", asks=(https.page(entrance),), judge=judge, settle=wait)


def shown(entrance: Entrance, organisation: Question) -> Goal:
    """The page answers 200 and its heading is the tenant's name. Where we may not read that name ourselves, any will
    do: the page has one only if the backend got it from Graph."""

    def judge(page: Page | Absent, name: str | Absent) -> State:
        if isinstance(page, Absent):
            return Differs((str(page),))
        heading = texts_of(page.text, "h1")
        if page.status != 200:
            return Differs((f"{entrance.url} answers {page.status}: {heading}: {texts_of(page.text, 'div')}".strip(),))
        if isinstance(name, Absent):
            return Holds(f"{heading} (not compared: {name})") if heading else Missing("a heading on the page")
        return Holds(heading) if heading == name else Differs((f"the page says {heading!r}, the tenant is {name!r}",))

    wait = Settle(PAGE_WITHIN_S, "the page to show the tenant's name", every_s=3, usually="some seconds", signs=TOKENS)
    return Goal(f"tenant's name at {entrance.url}", asks=(https.page(entrance), organisation), judge=judge, settle=wait)


def _addresses(ingress: dict[str, Any] | Absent) -> list[str]:
    if isinstance(ingress, Absent):
        return []
    return sorted(
        one["ip"] for one in ingress.get("status", {}).get("loadBalancer", {}).get("ingress", []) if "ip" in one
    )


def _resolve(host: str) -> list[str]:
    try:
        found = socket.getaddrinfo(host, 443, socket.AF_INET, socket.SOCK_STREAM)
    except OSError as error:
        raise Absent(f"{host} does not resolve: {error.strerror or error}") from error
    return sorted({str(one[4][0]) for one in found})
