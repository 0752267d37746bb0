"""What does not wait for the cluster: registry, identities and network, each in a resource group of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.lab import Lab
from tools import deployment

if TYPE_CHECKING:
    from engine.goal import Goal


def registry(lab: Lab) -> Goal:
    """The container registry, its name unique to the subscription."""
    names = lab.settings.names
    return deployment.deployed(lab, "registry", group=names.registry_group, registry=names.registry)


def identities(lab: Lab) -> Goal:
    """A managed identity for each component that talks to Azure: nobody shares."""
    names = lab.settings.names
    return deployment.deployed(
        lab, "identities", group=names.identity_group, identities=list(names.identities.values())
    )


def network(lab: Lab) -> Goal:
    """The virtual network with the nodes' subnet."""
    names, network = lab.settings.names, lab.settings.network
    return deployment.deployed(
        lab, "network", group=names.network_group, vnet=names.vnet, addressSpace=str(network.address_space),
        subnet=names.subnet, subnetPrefix=str(network.subnet),
    )  # fmt: skip
