"""The plan: which request meets which fault. A pure function of the seed, so that a rehearsal can be repeated."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

#: What can go wrong, and how it shows.
FAULTS = {
    "throttling": "429 with Retry-After",
    "server-error": "500, 502, 503 or 504",
    "reset": "the connection is reset before the request took effect",
    "answer-lost": "the connection is reset after the write took effect",
    "conflict": "409: another operation, another writer",
    "operation-in-progress": "AKS is still busy with the cluster",
    "webhook-not-ready": "an admission webhook does not answer",
    "expired-token": "401: the token has expired",
    "truncated": "the answer ends before its length",
    "slow": "the answer takes seconds",
    "role-lag": "a role assignment takes effect later",
    "federation-lag": "a federated credential is known later",
}
#: The rate of a plan that does not give one: a run of the lab meets some ten faults.
RATE = 0.01
#: Faults that have few chances in a run of the lab get more out of each; a token does not expire again and again.
_KEEN = {"webhook-not-ready": 10.0, "operation-in-progress": 50.0, "conflict": 3.0, "expired-token": 0.3}
#: For how many requests of a kind in a row a fault lasts, and how often (cumulated). Clients try three or four times
#: by themselves: only what lasts longer is seen by who called them.
_STREAKS = ((0.55, 1), (0.75, 2), (0.85, 3), (1.0, 5))
_BRIEF = frozenset({"answer-lost", "slow", "truncated", "expired-token"})
_LONGEST = 5
_LONGEST_LAG_S = 8.0


@dataclass(frozen=True)
class Hit:
    """A fault for one request. ``chance`` (0 to 1) decides its details: which status, how many seconds."""

    fault: str
    chance: float

    def one_of(self, choices: Sequence[Any]) -> Any:
        return choices[int(self.chance * len(choices))]


@dataclass(frozen=True)
class Plan:
    """``faults``: which of FAULTS may happen. ``rate``: the part of all requests at which one begins."""

    seed: int
    faults: frozenset[str] = frozenset(FAULTS)
    rate: float = RATE

    def hit(self, kind: str, nth: int, possible: Sequence[str]) -> Hit | None:
        """What the ``nth`` request of a kind (1 for the first) meets, of what is ``possible`` there. Never more than
        _LONGEST in a row: what lasts for ever is no passing trouble."""
        fault = self._fault(kind, nth, possible)
        before = range(nth - 1, nth - 1 - _LONGEST, -1)
        if fault is None or all(self._fault(kind, one, possible) for one in before):
            return None
        return Hit(fault, self._chance(kind, nth, "details"))

    def _fault(self, kind: str, nth: int, possible: Sequence[str]) -> str | None:
        """The fault that began with this request, or with an earlier one and still lasts."""
        for began in range(nth, max(0, nth - _LONGEST), -1):
            fault = self._beginning(kind, began, possible)
            if fault and began + self._streak(fault, kind, began) > nth:
                return fault
        return None

    def lag_s(self, fault: str, what: str) -> float:
        """How many seconds something takes to be known; 0 where this lag is not in the plan."""
        return _LONGEST_LAG_S * self._chance(what, 1, fault) if fault in self.faults else 0.0

    def _beginning(self, kind: str, nth: int, possible: Sequence[str]) -> str | None:
        wanted = [fault for fault in possible if fault in self.faults]
        if not wanted:
            return None
        fault = wanted[int(self._chance(kind, nth, "which") * len(wanted))]
        likely = 1 - (1 - self.rate) ** _KEEN.get(fault, 1.0)  # about as many times the rate, and never beyond all
        return fault if self._chance(kind, nth, "whether") < likely else None

    def _streak(self, fault: str, kind: str, nth: int) -> int:
        chance = self._chance(kind, nth, "streak")
        return 1 if fault in _BRIEF else next(length for up_to, length in _STREAKS if chance < up_to)

    def _chance(self, kind: str, nth: int, what: str) -> float:
        text = f"{self.seed}\0{kind}\0{nth}\0{what}".encode()
        return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest()) / 2**64
