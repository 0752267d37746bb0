"""ExternalDNS: an ingress's host name becomes a record in the zone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.lab import Lab
from tools import cluster, helm, identity, injection, profile, role

if TYPE_CHECKING:
    from engine.goal import Goal


def externaldns_role(lab: Lab) -> list[Goal]:
    """ExternalDNS may edit the zone's records, and see the zone's resource group, and nothing else."""
    settings = lab.settings
    if settings.externaldns.identity == "kubelet":
        return []
    found = lab.get(identity.all_in(settings.names.identity_group, settings.subscription))
    whom = settings.names.identities["externaldns"]
    return _zone_roles(lab, found[whom]["principalId"], whom)


def externaldns(lab: Lab) -> Iterator[Goal | list[Goal]]:
    """ExternalDNS keeps the zone's records in step with the cluster's ingresses."""
    settings = lab.settings
    found = lab.get(identity.all_in(settings.names.identity_group, settings.subscription))
    client_id = found[settings.names.identities["externaldns"]]["clientId"]
    if settings.externaldns.identity == "kubelet":
        shown = lab.get(cluster.shown(settings.names.cluster, settings.names.cluster_group, settings.subscription))
        kubelet = shown["identityProfile"]["kubeletidentity"]
        client_id = kubelet["clientId"]
        yield _zone_roles(lab, kubelet["objectId"], "the nodes' identity")
    account = lab.get(profile.account(lab, settings.subscription))
    values = lab.render("externaldns/values.yaml.j2", client_id=client_id, tenant=account.tenant)
    yield from helm.release(lab, "external-dns", settings.charts.external_dns, "external-dns", values)
    if settings.externaldns.identity == "workload":
        yield injection.furnished("external-dns", "external-dns", client_id)


def _zone_roles(lab: Lab, principal_id: str, whom: str) -> list[Goal]:
    settings = lab.settings
    return [
        role.assigned("DNS Zone Contributor", principal_id, whom, settings.zone_id, settings.subscription),
        role.assigned("Reader", principal_id, whom, settings.zone_group_id, settings.subscription),
    ]
