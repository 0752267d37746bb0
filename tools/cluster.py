"""The AKS cluster as Azure shows it, and the way into it."""

from dataclasses import replace
from pathlib import Path
from uuid import UUID

from engine.goal import Command, Question
from tools import az


def shown(cluster: str, group: str, subscription: UUID) -> Question:
    """The cluster: issuer (``oidcIssuerProfile.issuerUrl``), kubelet identity, version, state."""
    words = ("aks", "show", "--name", cluster, "--resource-group", group)
    return az.question(az.az(*words, subscription=subscription), topic=f"cluster/{cluster}")


def versions(location: str, subscription: UUID) -> Question:
    """The Kubernetes versions that AKS offers in a region: minors and their patches."""
    return az.question(
        az.az("aks", "get-versions", "--location", location, subscription=subscription),
        topic=f"versions/{location}",
    )


def credentials(cluster: str, group: str, subscription: UUID, kubeconfig: Path) -> Command:
    """Write the cluster's kubeconfig to a file of its own.

    az also lets it sign in through az, and does that to whatever file $KUBECONFIG names."""
    words = ("aks", "get-credentials", "--name", cluster, "--resource-group", group)
    command = az.az(*words, "--file", str(kubeconfig), "--overwrite-existing", subscription=subscription)
    return replace(command, env={"KUBECONFIG": str(kubeconfig)})


def through_az(kubeconfig: Path) -> Command:
    """Let kubectl and helm sign in with az's login: the kubeconfig of an Entra cluster asks for a browser otherwise."""
    return Command(argv=("kubelogin", "convert-kubeconfig", "--login", "azurecli", "--kubeconfig", str(kubeconfig)))
