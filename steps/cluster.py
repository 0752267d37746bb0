"""The AKS cluster, the way into it, and its right to pull images."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from engine.lab import Lab
from engine.step import local, typical
from tools import cluster as aks
from tools import deployment, directory, identity, kubeconfig, role

if TYPE_CHECKING:
    from engine.goal import Goal


def subnet_role(lab: Lab) -> Goal:
    """The control plane may join nodes and load balancers to the subnet.

    Granted before the cluster is made: rights of a cluster's identity can take an hour to be noticed afterwards."""
    settings = lab.settings
    found = lab.get(identity.all_in(settings.names.identity_group, settings.subscription))
    whom = settings.names.identities["aks"]
    return role.assigned(
        "Network Contributor", found[whom]["principalId"], whom, settings.subnet_id, settings.subscription
    )


@typical(minutes=6)
def cluster(lab: Lab) -> Goal:
    """The AKS cluster: OIDC issuer and workload identity on, sign-in through Entra."""
    settings, wanted = lab.settings, lab.settings.cluster
    admins = lab.get(directory.groups_called(wanted.admin_group.name)) if wanted.entra else []
    found = lab.ask(identity.all_in(settings.names.identity_group, settings.subscription))
    return deployment.deployed(
        lab, "cluster", granted_to=identity.principal(settings.names.identities["aks"], found),
        group=settings.names.cluster_group, cluster=settings.names.cluster,
        kubernetesVersion=wanted.kubernetes_version, nodeCount=wanted.node_count, nodeSize=wanted.node_size,
        subnet=settings.subnet_id, identity=settings.identity_id("aks"),
        entra=wanted.entra, adminGroups=[group["id"] for group in admins],
    )  # fmt: skip


@local
def credentials(lab: Lab) -> Goal:
    """A kubeconfig of the lab's own (0600; ~/.kube/config is left alone) that signs in with az's login."""
    settings, names, path = lab.settings, lab.settings.names, lab.home / "kubeconfig"
    lab.env["KUBECONFIG"] = str(path)
    lab.get(aks.shown(names.cluster, names.cluster_group, settings.subscription))
    fetch = partial(aks.credentials, names.cluster, names.cluster_group, settings.subscription)
    return kubeconfig.usable(path, fetch, entra=settings.cluster.entra)


def acrpull(lab: Lab) -> Goal:
    """The nodes may pull from the registry. By a role: `--attach-acr` would write the whole cluster first."""
    settings = lab.settings
    shown = lab.get(aks.shown(settings.names.cluster, settings.names.cluster_group, settings.subscription))
    kubelet = shown["identityProfile"]["kubeletidentity"]["objectId"]
    return role.assigned("AcrPull", kubelet, "the nodes' identity", settings.registry_id, settings.subscription)
