"""ReplicaSets: as many pods of one template as they say."""

import copy
from collections.abc import Iterable

from sandbox.controllers import conditions, owners, pod_template
from sandbox.controllers.controller import Controller, Key
from sandbox.controllers.labels import labels_of
from sandbox.kube.errors import ApiError
from sandbox.kube.objects import Event
from sandbox.store import Document

SOURCE = "replicaset-controller"


def active(pod: Document) -> bool:
    """Whether a pod still counts: neither over nor going."""
    over = (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")
    return not over and "deletionTimestamp" not in pod["metadata"]


def ready(pod: Document) -> bool:
    return active(pod) and conditions.is_true(pod, "Ready")


def _first_to_go(pod: Document) -> tuple[bool, bool, str]:
    """Pods that no node has, that are not ready, that are young go first."""
    return (bool(pod["spec"].get("nodeName")), ready(pod), _reversed(pod["metadata"]["creationTimestamp"]))


def _reversed(text: str) -> str:
    return "".join(chr(0x10FFFF - ord(character)) for character in text)


class ReplicaSets(Controller):
    primary = "apps/replicasets"
    others = frozenset({"pods"})

    def concerned(self, event: Event) -> Iterable[Key]:
        return owners.owner_keys(event.object, self.primary)

    async def reconcile(self, namespace: str, name: str) -> float | None:
        replica_set = self.objects.find(self.primary, namespace, name)
        if replica_set is None or "deletionTimestamp" in replica_set["metadata"]:
            return None
        refused = self._bring_to(replica_set, replica_set["spec"].get("replicas", 1))
        self._tell(replica_set, refused)
        return max(1.0, self.world.pace.scaled(10)) if refused else None

    def _bring_to(self, replica_set: Document, wanted: int) -> ApiError | None:
        """Create or delete pods until there are ``wanted``. Returns the refusal if a pod was not let in."""
        pods = [pod for pod in owners.owned(self.objects, "pods", replica_set) if active(pod)]
        for pod in sorted(pods, key=_first_to_go)[: max(0, len(pods) - wanted)]:
            pod_template.remove(self.cluster, replica_set, pod, SOURCE)
        for _ in range(wanted - len(pods)):
            try:
                pod_template.create(self.cluster, replica_set, replica_set["spec"]["template"], SOURCE)
            except ApiError as refused:
                return refused
        return None

    def _tell(self, replica_set: Document, refused: ApiError | None) -> None:
        pods = [pod for pod in owners.owned(self.objects, "pods", replica_set) if active(pod)]
        template_labels = (replica_set["spec"]["template"].get("metadata") or {}).get("labels") or {}
        status = copy.deepcopy(replica_set.get("status") or {})
        status["replicas"] = len(pods)
        for field, count in {
            "fullyLabeledReplicas": sum(template_labels.items() <= labels_of(pod).items() for pod in pods),
            "readyReplicas": sum(map(ready, pods)),
            "availableReplicas": sum(map(ready, pods)),
        }.items():
            status.pop(field, None)
            if count:
                status[field] = count
        status["observedGeneration"] = replica_set["metadata"]["generation"]
        if refused:
            conditions.put(status, "ReplicaFailure", True, "FailedCreate", refused.message)
        else:
            conditions.drop(status, "ReplicaFailure")
            if not status.get("conditions"):
                status.pop("conditions", None)
        self.tell(replica_set, status)
