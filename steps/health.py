"""The doctor: follows each service account's way to Azure, link by link, and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.lab import Lab
from tools import chain, diagnosis, links, profile

if TYPE_CHECKING:
    from engine.goal import Goal


def doctor(lab: Lab) -> Iterator[Goal]:
    """Every service account that should reach Azure does; if not, the first broken link of each and what mends it."""
    settings, names = lab.settings, lab.settings.names
    kubeconfig = lab.home / "kubeconfig"
    lab.env["KUBECONFIG"] = str(kubeconfig)
    account = lab.get(profile.account(lab, settings.subscription))
    place = diagnosis.Place(
        cluster=names.cluster,
        cluster_group=names.cluster_group,
        identity_group=names.identity_group,
        subscription=settings.subscription,
        tenant=account.tenant,
        graph=account.graph,
        kubeconfig=kubeconfig,
        mend=lab.again("cluster"),
        signed_in=lab.again("credentials"),
    )
    chains = diagnosis.examined(lab, place, [certmanager(lab), *externaldns(lab), backend(lab)])
    lab.show(links.report(chains))
    yield diagnosis.sound(chains)


def certmanager(lab: Lab) -> diagnosis.Subject:
    """cert-manager writes the records that prove names."""
    wanted = chain.Wanted(
        "cert-manager/cert-manager", "cert-manager", lab.settings.names.identities["certmanager"],
        lab.again("certmanager"), lab.again("certmanager-credential"), named_in="issuers",
    )  # fmt: skip
    return diagnosis.Subject(
        wanted, (diagnosis.Role("DNS Zone Contributor", lab.settings.zone_id, lab.again("certmanager-role")),)
    )


def externaldns(lab: Lab) -> list[diagnosis.Subject]:
    """ExternalDNS writes the names' addresses; nothing to look at where the nodes' identity does."""
    settings, mend = lab.settings, lab.again("externaldns-role")
    if settings.externaldns.identity == "kubelet":
        return []
    wanted = chain.Wanted(
        "external-dns/external-dns", "external-dns", settings.names.identities["externaldns"],
        lab.again("externaldns"), lab.again("externaldns-credential"),
    )  # fmt: skip
    grants = (
        diagnosis.Role("DNS Zone Contributor", settings.zone_id, mend),
        diagnosis.Role("Reader", settings.zone_group_id, mend),
    )
    return [diagnosis.Subject(wanted, grants)]


def backend(lab: Lab) -> diagnosis.Subject:
    """The sample's backend reads the directory."""
    wanted = chain.Wanted(
        "workload/backend", "backend", lab.settings.names.identities["workload"],
        lab.again("workload"), lab.again("workload-credential"),
    )  # fmt: skip
    return diagnosis.Subject(wanted, (diagnosis.AppRole(lab.settings.workload.graph_role, lab.again("workload-role")),))
