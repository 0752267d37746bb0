"""The arithmetic of a rolling update: how many pods of the new and the old versions there may be next."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sandbox.store import Document


def bounds(strategy: Document, replicas: int) -> tuple[int, int]:
    """(surge, unavailable) of a Deployment's strategy as numbers of pods; percentages round up and down. 25% each by
    default; both cannot be 0."""
    rolling = strategy.get("rollingUpdate") or {}
    surge = _count(rolling.get("maxSurge", "25%"), replicas, math.ceil)
    unavailable = _count(rolling.get("maxUnavailable", "25%"), replicas, math.floor)
    return (surge, unavailable) if surge or unavailable else (0, 1)


def _count(value: int | str, replicas: int, rounded: Callable[[float], int]) -> int:
    if isinstance(value, str) and value.endswith("%"):
        return int(rounded(int(value[:-1]) * replicas / 100))
    return int(value)


@dataclass(frozen=True)
class Version:
    """One ReplicaSet in a rollout: what it is told to have, and what of that is available."""

    wanted: int
    available: int


def next_new(replicas: int, surge: int, new: Version, old: Sequence[Version]) -> int:
    """How many pods the new version may be told to have now."""
    room = replicas + surge - new.wanted - sum(one.wanted for one in old)
    return min(replicas, new.wanted + max(0, room)) if new.wanted < replicas else replicas


def next_old(replicas: int, unavailable: int, new: Version, old: Sequence[Version]) -> list[int]:
    """How many pods each old version may be told to have now: those that are not available go first."""
    total = new.wanted + sum(one.wanted for one in old)
    new_unavailable = max(0, new.wanted - new.available)
    may_go = max(0, total - (replicas - unavailable) - new_unavailable)
    left = [one.wanted for one in old]
    for index, one in enumerate(old):
        useless = min(may_go, max(0, one.wanted - one.available))
        left[index] -= useless
        may_go -= useless
    spare = max(0, new.available + sum(one.available for one in old) - (replicas - unavailable))
    for index, one in enumerate(old):
        going = min(spare, left[index], one.available)
        left[index] -= going
        spare -= going
    return left
