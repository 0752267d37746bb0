"""What does not wait for the cluster: registry, identities and network, each in a resource group of its own."""

from engine.goal import Goal
from engine.lab import Lab
from tools import deployment


def registry(lab: Lab) -> Goal:
    """The container registry, its name unique to the subscription."""
    settings = lab.settings
    return deployment.deployed(
        f"registry-{settings.name}", "templates/azure/registry.json", settings.location,
        {"group": settings.names.registry_group, "registry": settings.names.registry, "tags": settings.lab_tags},
        settings.subscription,
    )  # fmt: skip


def identities(lab: Lab) -> Goal:
    """A managed identity for each component that talks to Azure: nobody shares."""
    settings = lab.settings
    return deployment.deployed(
        f"identities-{settings.name}", "templates/azure/identities.json", settings.location,
        {
            "group": settings.names.identity_group,
            "identities": list(settings.names.identities.values()),
            "tags": settings.lab_tags,
        },
        settings.subscription,
    )  # fmt: skip


def network(lab: Lab) -> Goal:
    """The virtual network with the nodes' subnet."""
    settings = lab.settings
    return deployment.deployed(
        f"network-{settings.name}", "templates/azure/network.json", settings.location,
        {
            "group": settings.names.network_group,
            "vnet": settings.names.vnet,
            "addressSpace": str(settings.network.address_space),
            "subnet": settings.names.subnet,
            "subnetPrefix": str(settings.network.subnet),
            "tags": settings.lab_tags,
        },
        settings.subscription,
    )  # fmt: skip
