"""Federated credentials: which Kubernetes service account may act as which managed identity, without a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.lab import Lab
from tools import cluster, identity, kubectl

if TYPE_CHECKING:
    from engine.goal import Goal

INFRA_ACCOUNT = "azure-workload-identity-system/workload-identity-sa"


def infra_credential(lab: Lab) -> Goal:
    """The infrastructure's service account may act as its identity."""
    return _federated(lab, "infra", INFRA_ACCOUNT)


def certmanager_credential(lab: Lab) -> Goal:
    """cert-manager may act as its identity."""
    return _federated(lab, "certmanager", "cert-manager/cert-manager")


def externaldns_credential(lab: Lab) -> Goal:
    """ExternalDNS may act as its identity."""
    return _federated(lab, "externaldns", "external-dns/external-dns")


def workload_credential(lab: Lab) -> Goal:
    """The application's backend may act as its identity."""
    return _federated(lab, "workload", "workload/backend")


def _federated(lab: Lab, part: str, service_account: str) -> Goal:
    """The issuer is asked and never kept: a cluster that is built again has another."""
    settings = lab.settings
    shown = lab.get(cluster.shown(settings.names.cluster, settings.names.cluster_group, settings.subscription))
    return identity.federated(
        settings.names.identities[part], settings.names.identity_group, shown["oidcIssuerProfile"]["issuerUrl"],
        service_account, settings.subscription,
    )  # fmt: skip


def infra_account(lab: Lab) -> Goal:
    """The infrastructure's service account, annotated with its identity."""
    settings = lab.settings
    found = lab.get(identity.all_in(settings.names.identity_group, settings.subscription))
    namespace, account = INFRA_ACCOUNT.split("/")
    client_id = found[settings.names.identities["infra"]]["clientId"]
    manifest = lab.render("credentials/serviceaccount.yaml.j2", name=account, namespace=namespace, client_id=client_id)
    return kubectl.applied(f"service account {account}", manifest, namespace)
