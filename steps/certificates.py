"""cert-manager: certificates from Let's Encrypt, proven through Azure DNS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.lab import Lab
from engine.step import typical
from tools import certificate as certificate_
from tools import helm, identity, injection, kubectl, role

if TYPE_CHECKING:
    from engine.goal import Goal


def certmanager_role(lab: Lab) -> Goal:
    """cert-manager may edit the zone's records, and nothing else."""
    settings = lab.settings
    found = lab.get(identity.all_in(settings.names.identity_group, settings.subscription))
    whom = settings.names.identities["certmanager"]
    return role.assigned(
        "DNS Zone Contributor", found[whom]["principalId"], whom, settings.zone_id, settings.subscription
    )


@typical(minutes=1)
def certmanager_release(lab: Lab) -> Iterator[Goal]:
    """cert-manager runs with workload identity on."""
    values = lab.render("certmanager/values.yaml.j2")
    yield from helm.release(lab, "cert-manager", lab.settings.charts.cert_manager, "cert-manager", values)
    yield injection.furnished("cert-manager", "cert-manager")


def certmanager(lab: Lab) -> Iterator[Goal | list[Goal]]:
    """Certificates can be had: Let's Encrypt's staging and production issuers are ready."""
    settings = lab.settings
    found = lab.get(identity.all_in(settings.names.identity_group, settings.subscription))
    client_id = found[settings.names.identities["certmanager"]]["clientId"]
    issuers = lab.render("certmanager/issuers.yaml.j2", client_id=client_id)
    yield kubectl.applied("issuers", issuers, "cert-manager")
    yield [certificate_.issuer_ready(f"letsencrypt-{name}") for name in ("staging", "production")]


@typical(minutes=2)
def certificate(lab: Lab) -> Iterator[Goal]:
    """The application's certificate is issued: asked for by itself, so that it waits for no ingress and no address."""
    yield kubectl.applied("certificate", lab.render("certmanager/certificate.yaml.j2"), "workload")
    yield certificate_.issued("wi", "workload")
