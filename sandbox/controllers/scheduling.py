"""The scheduler: gives each new pod a node, or says why none will do."""

import copy
from collections import Counter
from collections.abc import Iterable

from sandbox.controllers import conditions, events
from sandbox.controllers.controller import Controller, Key, key_of
from sandbox.controllers.labels import equal, labels_of, selected
from sandbox.kube.objects import Event
from sandbox.store import Document

SOURCE = "default-scheduler"


class Scheduler(Controller):
    primary = "pods"
    others = frozenset({"nodes"})

    def concerned(self, event: Event) -> Iterable[Key]:
        return [key_of(pod) for pod in self.objects.list("pods") if not pod["spec"].get("nodeName")]

    async def reconcile(self, namespace: str, name: str) -> float | None:
        pod = self.objects.find("pods", namespace, name)
        if pod is None or pod["spec"].get("nodeName") or "deletionTimestamp" in pod["metadata"]:
            return None
        nodes = self.objects.list("nodes")
        troubles = {node["metadata"]["name"]: _trouble(pod["spec"], node) for node in nodes}
        fitting = [name for name, trouble in troubles.items() if trouble is None]
        if not fitting:
            self._refuse(pod, len(nodes), Counter(one for one in troubles.values() if one))
            return None
        taken = Counter(other["spec"].get("nodeName") for other in self.objects.list("pods"))
        self._bind(pod, min(fitting, key=lambda node: taken[node]))
        return None

    def _bind(self, pod: Document, node: str) -> None:
        def bind(document: Document) -> None:
            document["spec"]["nodeName"] = node
            conditions.put(document.setdefault("status", {}), "PodScheduled", True, **_PROBE)

        namespace, name = key_of(pod)
        bound = self.objects.edit("pods", namespace, name, bind)
        message = f"Successfully assigned {namespace}/{name} to {node}"
        events.record(self.cluster, bound, "Normal", "Scheduled", message, SOURCE)

    def _refuse(self, pod: Document, nodes: int, troubles: Counter[str]) -> None:
        reasons = ", ".join(f"{count} {trouble}" for trouble, count in sorted(troubles.items()))
        message = f"0/{nodes} nodes are available: {reasons}." if nodes else "no nodes available to schedule pods"
        if nodes:
            message += f" preemption: 0/{nodes} nodes are available: {nodes} Preemption is not helpful for scheduling."
        document = copy.deepcopy(pod)
        if conditions.put(document.setdefault("status", {}), "PodScheduled", False, "Unschedulable", message, **_PROBE):
            self.objects.update("pods", document)
            events.record(self.cluster, pod, "Warning", "FailedScheduling", message, SOURCE)


_PROBE: Document = {"lastProbeTime": None}


def _trouble(spec: Document, node: Document) -> str | None:
    """Why a pod cannot go on a node, in the scheduler's words; None if it can."""
    if node["spec"].get("unschedulable"):
        return "node(s) were unschedulable"
    if not conditions.is_true(node, "Ready"):
        return "node(s) had untolerated taint {node.kubernetes.io/not-ready: }"
    for taint in node["spec"].get("taints") or []:
        if taint["effect"] != "PreferNoSchedule" and not tolerated(taint, spec.get("tolerations") or []):
            return f"node(s) had untolerated taint {{{taint['key']}: {taint.get('value', '')}}}"
    if not equal(spec.get("nodeSelector") or {}, labels_of(node)) or not _near(spec, node):
        return "node(s) didn't match Pod's node affinity/selector"
    return None


def tolerated(taint: Document, tolerations: list[Document]) -> bool:
    """Whether one of the tolerations is for the taint."""
    return any(
        one.get("effect", taint["effect"]) == taint["effect"]
        and one.get("key", taint["key"]) == taint["key"]
        and (one.get("operator") == "Exists" or one.get("value", "") == taint.get("value", ""))
        for one in tolerations
    )


def _near(spec: Document, node: Document) -> bool:
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    terms = (affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or {}).get("nodeSelectorTerms")
    name = {"metadata.name": node["metadata"]["name"]}
    return not terms or any(
        selected({"matchExpressions": term.get("matchExpressions")}, labels_of(node))
        and selected({"matchExpressions": term.get("matchFields")}, name)
        for term in terms
    )
