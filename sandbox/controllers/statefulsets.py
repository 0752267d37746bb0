"""StatefulSets: numbered pods, made in order, each with claims of its own."""

import copy
from collections.abc import Iterable

from sandbox.controllers import owners, pod_template
from sandbox.controllers.controller import Controller, Key
from sandbox.controllers.labels import labels_of
from sandbox.controllers.pod_template import REVISION_HASH
from sandbox.controllers.replicasets import active, ready
from sandbox.kube.admission import defaults
from sandbox.kube.errors import ApiError
from sandbox.kube.objects import Event
from sandbox.store import Document

SOURCE = "statefulset-controller"


class StatefulSets(Controller):
    primary = "apps/statefulsets"
    others = frozenset({"pods"})

    def concerned(self, event: Event) -> Iterable[Key]:
        return owners.owner_keys(event.object, self.primary)

    async def reconcile(self, namespace: str, name: str) -> float | None:
        stateful = self.objects.find(self.primary, namespace, name)
        if stateful is None or "deletionTimestamp" in stateful["metadata"]:
            return None
        revision = f"{name}-{pod_template.fingerprint(stateful['spec']['template'])}"
        refused = self._bring(stateful, revision)
        self._tell(stateful, revision)
        return max(1.0, self.world.pace.scaled(10)) if refused else None

    def _pods(self, stateful: Document) -> dict[int, Document]:
        """The pods by number."""
        pods = owners.owned(self.objects, "pods", stateful)
        return {int(pod["metadata"]["name"].rpartition("-")[2]): pod for pod in pods if active(pod)}

    def _bring(self, stateful: Document, revision: str) -> bool:
        """The next step: one pod made, or one taken away, the lowest first up and the highest first down. All at once
        where ``podManagementPolicy`` is Parallel. True if a pod was refused."""
        spec, pods = stateful["spec"], self._pods(stateful)
        replicas, parallel = spec.get("replicas", 1), spec.get("podManagementPolicy") == "Parallel"
        for number in range(replicas):
            if number not in pods:
                try:
                    self._create(stateful, number, revision)
                except ApiError:
                    return True
                if not parallel:
                    return False
            elif not ready(pods[number]) and not parallel:
                return False
        for number in sorted(pods, reverse=True):
            outdated = labels_of(pods[number]).get(REVISION_HASH) != revision and self._rolls(spec, number)
            if number >= replicas or outdated:
                pod_template.remove(self.cluster, stateful, pods[number], SOURCE)
                return False
        return False

    def _rolls(self, spec: Document, number: int) -> bool:
        strategy = spec.get("updateStrategy") or {}
        rolling = strategy.get("type", "RollingUpdate") == "RollingUpdate"
        return rolling and number >= (strategy.get("rollingUpdate") or {}).get("partition", 0)

    def _create(self, stateful: Document, number: int, revision: str) -> None:
        name, spec = f"{stateful['metadata']['name']}-{number}", stateful["spec"]
        template = copy.deepcopy(spec["template"])
        template["spec"] |= {"hostname": name, "subdomain": spec.get("serviceName", "")}
        for claim in spec.get("volumeClaimTemplates") or []:
            wanted = f"{claim['metadata']['name']}-{name}"
            self._claim(stateful, claim, wanted)
            volume = {"name": claim["metadata"]["name"], "persistentVolumeClaim": {"claimName": wanted}}
            template["spec"]["volumes"] = [*(template["spec"].get("volumes") or []), volume]
        labels = {
            REVISION_HASH: revision, "statefulset.kubernetes.io/pod-name": name,
            "apps.kubernetes.io/pod-index": str(number),
        }  # fmt: skip
        pod_template.create(self.cluster, stateful, template, SOURCE, name=name, labels=labels)

    def _claim(self, stateful: Document, claim: Document, name: str) -> None:
        namespace = stateful["metadata"]["namespace"]
        if self.objects.find("persistentvolumeclaims", namespace, name) is None:
            metadata = {**claim["metadata"], "name": name, "namespace": namespace}
            made = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata}
            made |= {"spec": dict(claim["spec"]), "status": {"phase": "Pending"}}
            defaults.default_storage_class(self.objects, made)
            self.objects.create("persistentvolumeclaims", made)

    def _tell(self, stateful: Document, revision: str) -> None:
        pods = list(self._pods(stateful).values())
        updated = [pod for pod in pods if labels_of(pod).get(REVISION_HASH) == revision]
        old = (stateful.get("status") or {}).get("currentRevision", revision)
        status = {
            "observedGeneration": stateful["metadata"]["generation"],
            "replicas": len(pods),
            "readyReplicas": sum(map(ready, pods)),
            "availableReplicas": sum(map(ready, pods)),
            "currentReplicas": sum(labels_of(pod).get(REVISION_HASH) == old for pod in pods),
            "updatedReplicas": len(updated),
            "currentRevision": revision if len(updated) == len(pods) else old,
            "updateRevision": revision,
            "collisionCount": 0,
        }
        if status["currentRevision"] == revision:
            status["currentReplicas"] = len(updated)
        self.tell(stateful, status)
