"""Image pulls of one kubelet: as the cluster's kubelet identity, with back-off after a refusal."""

from dataclasses import dataclass

from sandbox.acr import images
from sandbox.controllers.controller import Cluster
from sandbox.store import Document

#: Azure's seconds that a pull takes.
PULL_S = 4.0
#: The back-off of the kubelet: doubled after each failure up to the most.
FIRST_BACKOFF_S, MOST_BACKOFF_S = 10.0, 300.0
#: The least wait before another try, at any pace.
LEAST_BACKOFF_S, MOST_LEAST_BACKOFF_S = 0.5, 4.0


@dataclass(frozen=True)
class Refusal:
    """A pull that failed, with the runtime's message."""

    message: str


def kubelet_identity(cluster: Cluster) -> str:
    """The object id of the identity that the nodes pull with; "" where the cluster names none."""
    profile = (cluster.properties.get("identityProfile") or {}).get("kubeletidentity") or {}
    return profile.get("objectId", "")


def pull(cluster: Cluster, container: Document) -> images.Image | Refusal:
    """Try to pull a container's image."""
    try:
        return images.pull(cluster.world, kubelet_identity(cluster), container["image"])
    except (images.PullRefused, images.ImageNotFound) as error:
        return Refusal(str(error))


def backoff_s(cluster: Cluster, failures: int) -> float:
    """Seconds to wait after so many failures in a row."""
    doubled = 2 ** (failures - 1)
    least = min(MOST_LEAST_BACKOFF_S, LEAST_BACKOFF_S * doubled)
    return max(least, cluster.world.pace.scaled(min(MOST_BACKOFF_S, FIRST_BACKOFF_S * doubled)))


def pull_local(cluster: Cluster, container: Document) -> images.Image:
    """An image that the node has already: the registry is not asked, whoever may pull from it now."""
    return images.held(cluster.world, container["image"]) or images.Image(container["image"])
