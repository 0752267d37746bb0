"""The proof, seen from outside: the name is in the zone, the certificate is good, the page shows the tenant's name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.lab import Lab
from tools import directory, entrance, profile, proof

if TYPE_CHECKING:
    from engine.goal import Goal

#: The application's ingress and its namespace.
INGRESS = ("frontend", "workload")


def verify_record(lab: Lab) -> Iterator[Goal | list[Goal]]:
    """The application's name is in the zone with the ingress's address, and resolves."""
    settings = lab.settings
    dns = settings.dns
    yield proof.recorded(settings.workload.host, dns.zone, dns.resource_group, settings.subscription, *INGRESS)
    yield proof.resolved(entrance.of(lab), *INGRESS)


def verify_certificate(lab: Lab) -> Goal:
    """TLS at the name: a certificate for it, signed by the Let's Encrypt that the settings name."""
    return proof.certified(entrance.of(lab))


def verify_page(lab: Lab) -> Goal:
    """The page is there, and on it the tenant's name: the backend got its token."""
    graph_url = lab.get(profile.account(lab, lab.settings.subscription)).graph
    return proof.shown(entrance.of(lab), directory.organisation(graph_url))


def verify(lab: Lab) -> None:
    """Record, certificate, page and the tenant's name on it are as they should be."""
