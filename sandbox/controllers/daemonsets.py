"""DaemonSets: one pod on every node that takes it."""

import copy
from collections.abc import Iterable

from sandbox.controllers import owners, pod_template
from sandbox.controllers.controller import Controller, Key, key_of
from sandbox.controllers.labels import equal, labels_of
from sandbox.controllers.pod_template import REVISION_HASH
from sandbox.controllers.replicasets import active, ready
from sandbox.controllers.scheduling import tolerated
from sandbox.kube.errors import ApiError
from sandbox.kube.objects import Event
from sandbox.store import Document

SOURCE = "daemonset-controller"


class DaemonSets(Controller):
    primary = "apps/daemonsets"
    others = frozenset({"pods", "nodes"})

    def concerned(self, event: Event) -> Iterable[Key]:
        if event.resource == "nodes":
            return [key_of(one) for one in self.objects.list(self.primary)]
        return owners.owner_keys(event.object, self.primary)

    async def reconcile(self, namespace: str, name: str) -> float | None:
        daemons = self.objects.find(self.primary, namespace, name)
        if daemons is None or "deletionTimestamp" in daemons["metadata"]:
            return None
        digest = pod_template.fingerprint(daemons["spec"]["template"])
        nodes = [node["metadata"]["name"] for node in self.objects.list("nodes") if _takes(node, daemons)]
        refused = self._bring(daemons, digest, nodes)
        self._tell(daemons, digest, nodes)
        return max(1.0, self.world.pace.scaled(10)) if refused else None

    def _bring(self, daemons: Document, digest: str, nodes: list[str]) -> bool:
        """Create and delete pods. An outdated pod goes when all others are ready. True if a pod was refused."""
        pods = [pod for pod in owners.owned(self.objects, "pods", daemons) if active(pod)]
        by_node = {pod["spec"].get("nodeName"): pod for pod in pods}
        for node, pod in by_node.items():
            if node not in nodes:
                pod_template.remove(self.cluster, daemons, pod, SOURCE)
        outdated = [
            pod for node, pod in by_node.items() if node in nodes and labels_of(pod).get(REVISION_HASH) != digest
        ]
        rolls = (daemons["spec"].get("updateStrategy") or {}).get("type", "RollingUpdate") == "RollingUpdate"
        if outdated and rolls and all(map(ready, pods)):
            pod_template.remove(self.cluster, daemons, outdated[0], SOURCE)
            by_node.pop(outdated[0]["spec"]["nodeName"])
        for node in nodes:
            if node not in by_node:
                template = copy.deepcopy(daemons["spec"]["template"])
                template["spec"]["nodeName"] = node
                try:
                    pod_template.create(self.cluster, daemons, template, SOURCE, labels={REVISION_HASH: digest})
                except ApiError:
                    return True
        return False

    def _tell(self, daemons: Document, digest: str, nodes: list[str]) -> None:
        pods = [pod for pod in owners.owned(self.objects, "pods", daemons) if active(pod)]
        able = sum(map(ready, pods))
        status: Document = {
            "observedGeneration": daemons["metadata"]["generation"],
            "desiredNumberScheduled": len(nodes),
            "currentNumberScheduled": len(pods),
            "numberMisscheduled": 0,
            "numberReady": able,
            "updatedNumberScheduled": sum(labels_of(pod).get(REVISION_HASH) == digest for pod in pods),
        }
        if able:
            status["numberAvailable"] = able
        if len(nodes) > able:
            status["numberUnavailable"] = len(nodes) - able
        self.tell(daemons, status)


def _takes(node: Document, daemons: Document) -> bool:
    spec = daemons["spec"]["template"]["spec"]
    taints = [one for one in node["spec"].get("taints") or [] if one["effect"] != "PreferNoSchedule"]
    bearable = all(tolerated(taint, spec.get("tolerations") or []) for taint in taints)
    return bearable and equal(spec.get("nodeSelector") or {}, labels_of(node))
