"""The program itself: whether it runs, what it writes to its log, and what all its controllers share."""

from collections.abc import Iterable

from sandbox.controllers import conditions, events
from sandbox.controllers.controller import Cluster, Controller, Key, key_of
from sandbox.kube import logs
from sandbox.kube.objects import Event
from sandbox.store import Document

CERTIFICATES, REQUESTS = "cert-manager.io/certificates", "cert-manager.io/certificaterequests"
ISSUERS, CLUSTER_ISSUERS = "cert-manager.io/issuers", "cert-manager.io/clusterissuers"
ORDERS, CHALLENGES = "acme.cert-manager.io/orders", "acme.cert-manager.io/challenges"
API_VERSION, ACME_API_VERSION = "cert-manager.io/v1", "acme.cert-manager.io/v1"
#: Azure's seconds between two tries of something that failed, and the least at any pace.
RETRY_S, LEAST_RETRY_S = 10.0, 1.0


def is_controller(pod: Document) -> bool:
    return any("cert-manager-controller" in one["image"] for one in pod["spec"]["containers"])


def pod(cluster: Cluster) -> Document | None:
    """The running controller's pod."""
    pods = (one for one in cluster.objects.list("pods") if is_controller(one))
    return next((one for one in pods if conditions.is_true(one, "Ready")), None)


def write(cluster: Cluster, line: str) -> None:
    """Add a line to the running controller's log."""
    running = pod(cluster)
    if running:
        namespace, name = key_of(running)
        logs.append(cluster.world, cluster.uid, namespace, name, running["spec"]["containers"][0]["name"], line)


class Part(Controller):
    """One of cert-manager's controllers: it rests while the program does not run."""

    #: What it calls itself in events and in the log.
    source: str

    def concerned(self, event: Event) -> Iterable[Key]:
        """The program has started: everything is looked at. Other resources: see ``of_other``."""
        if event.resource == "pods":
            if is_controller(event.object) and conditions.is_true(event.object, "Ready"):
                return [key_of(one) for one in self.objects.list(self.primary)]
            return []
        return self.of_other(event)

    def of_other(self, event: Event) -> Iterable[Key]:
        return ()

    async def reconcile(self, namespace: str, name: str) -> float | None:
        document = self.objects.find(self.primary, namespace, name)
        if document is None or pod(self.cluster) is None:
            return None
        return await self.sync(document)

    async def sync(self, document: Document) -> float | None:
        raise NotImplementedError

    def say(self, about: Document, type: str, reason: str, message: str) -> None:
        events.record(self.cluster, about, type, reason, message, self.source)

    def fault(self, about: Document, message: str) -> None:
        """An error in the program's log."""
        namespace, name = key_of(about)
        place = f"{namespace}/{name}" if namespace else name
        write(self.cluster, f'E {self.source}: "re-queuing item due to error processing" err="{message}" key="{place}"')

    def retry_s(self) -> float:
        return max(LEAST_RETRY_S, self.world.pace.scaled(RETRY_S))


def issuer(cluster: Cluster, reference: Document, namespace: str) -> Document | None:
    """The issuer that a certificate, request, order or challenge names."""
    if reference.get("kind") == "ClusterIssuer":
        return cluster.objects.find(CLUSTER_ISSUERS, "", reference["name"])
    return cluster.objects.find(ISSUERS, namespace, reference["name"])


def resource_namespace(cluster: Cluster) -> str:
    """The namespace of what belongs to cluster issuers: the program's own."""
    running = pod(cluster)
    return running["metadata"]["namespace"] if running else "cert-manager"
