"""Pod disruption budgets: how many pods may be taken away just now."""

import math
from collections.abc import Iterable

from sandbox.controllers import conditions
from sandbox.controllers.controller import Controller, Key, key_of
from sandbox.controllers.labels import labels_of, selected
from sandbox.controllers.replicasets import active, ready
from sandbox.kube.objects import Event

BUDGETS = "policy/poddisruptionbudgets"


class DisruptionBudgets(Controller):
    primary = BUDGETS
    others = frozenset({"pods"})

    def concerned(self, event: Event) -> Iterable[Key]:
        return [key_of(one) for one in self.objects.list(BUDGETS, event.object["metadata"]["namespace"])]

    async def reconcile(self, namespace: str, name: str) -> float | None:
        budget = self.objects.find(BUDGETS, namespace, name)
        if budget is None:
            return None
        spec = budget["spec"]
        pods = [
            pod
            for pod in self.objects.list("pods", namespace)
            if active(pod) and selected(spec.get("selector"), labels_of(pod))
        ]
        healthy, expected = sum(map(ready, pods)), len(pods)
        if "maxUnavailable" in spec:
            desired = expected - _count(spec["maxUnavailable"], expected)
        else:
            desired = _count(spec.get("minAvailable", 1), expected)
        allowed = max(0, healthy - desired)
        status = dict(budget.get("status") or {})
        status |= {
            "observedGeneration": budget["metadata"].get("generation", 1), "expectedPods": expected,
            "currentHealthy": healthy, "desiredHealthy": max(0, desired), "disruptionsAllowed": allowed,
        }  # fmt: skip
        reason = "SufficientPods" if allowed else "InsufficientPods"
        conditions.put(
            status, "DisruptionAllowed", bool(allowed), reason, observedGeneration=status["observedGeneration"]
        )
        self.tell(budget, status)
        return None


def _count(value: int | str, expected: int) -> int:
    if isinstance(value, str) and value.endswith("%"):
        return math.ceil(int(value[:-1]) * expected / 100)
    return int(value)
