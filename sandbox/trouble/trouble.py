"""The trouble of one sandbox: the plan that is set, how often each kind of request was seen, what was injected."""

import time
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sandbox.trouble.plan import Hit, Plan

if TYPE_CHECKING:
    from sandbox.store import Store


class Trouble:
    """Survives the sandbox's process, so that the n-th request of a kind stays the n-th."""

    def __init__(self, store: "Store") -> None:
        self._settings = store.table("settings", quiet=True)
        self._seen = store.table("trouble-seen", quiet=True)
        self._injected = store.table("trouble-injected", quiet=True)
        kept = self._settings.get("trouble")
        self.plan = Plan(kept["seed"], frozenset(kept["faults"]), kept["rate"]) if kept else None
        self._lagged = {one["request"] for one in self._injected.values()}

    def set(self, plan: Plan) -> None:
        """Begin anew with a plan."""
        self.clear()
        settings = {"seed": plan.seed, "faults": sorted(plan.faults), "rate": plan.rate, "since": time.time()}
        self._settings["trouble"] = settings
        self.plan = plan

    def clear(self) -> None:
        """End all trouble, and forget what was injected."""
        self._settings.pop("trouble", None)
        for table in (self._seen, self._injected):
            table.clear()
        self.plan = None
        self._lagged = set()

    def next(self, kind: str, possible: Sequence[str]) -> Hit | None:
        """What this request of a kind meets. Counts it."""
        if self.plan is None or not possible:
            return None
        nth = self._seen.get(kind, {"times": 0})["times"] + 1
        self._seen[kind] = {"times": nth}
        return self.plan.hit(kind, nth, possible)

    def note(self, fault: str, kind: str, what: str) -> None:
        """Record a fault that somebody has met."""
        number = len(self._injected)
        self._injected[str(number)] = {
            "n": number, "time": round(time.time(), 3), "fault": fault, "request": kind, "what": what,
        }  # fmt: skip

    def lagging(self, fault: str, what: str, since: float) -> bool:
        """Whether ``what``, written at ``since`` (epoch), is not known everywhere yet. What there was before the plan
        is known."""
        if self.plan is None or since < self._settings["trouble"]["since"]:
            return False
        lag_s = self.plan.lag_s(fault, what)
        if time.time() >= since + lag_s:
            return False
        if what not in self._lagged:
            self._lagged.add(what)
            self.note(fault, what, f"takes effect after {lag_s:.1f} s")
        return True

    def report(self) -> dict[str, Any]:
        """``plan`` (None without one), ``injected`` in its order, ``counts`` of it by fault."""
        injected = list(self._injected.values())
        return {
            "plan": self._settings.get("trouble"),
            "injected": injected,
            "counts": dict(Counter(one["fault"] for one in injected)),
        }
