"""The longest path through a graph in time: what no run of it can be faster than, and what bounded one run.

`needs` has each step with its prerequisites, which stand before it: as `Graph.nodes` and, in a journal, `run.started`
have them. Seconds of steps that are not named are 0: they did not run.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import NamedTuple, TypeVar

K = TypeVar("K", bound=Hashable)


class Link(NamedTuple):
    """A step of the chain that a run came down to; all `waited_s` and `seconds` together are the run's time.

    waited_s  from the end of its last prerequisite until it began: no job was free
    seconds   from its begin to its end
    """

    step: str
    waited_s: float
    seconds: float


def critical_path(needs: Mapping[K, Iterable[K]], seconds: Mapping[K, float]) -> list[K]:
    """The steps of the longest path in their order; the sum of their seconds is the least that a run can take."""
    ends: dict[K, float] = {}
    for step, before in needs.items():
        ends[step] = seconds.get(step, 0.0) + max((ends[one] for one in before), default=0.0)
    return _chain(needs, ends)


def remaining(needs: Mapping[K, Iterable[K]], seconds: Mapping[K, float]) -> dict[K, float]:
    """For each step the seconds of the longest path from its begin on: with few jobs, the longest goes first."""
    left = dict.fromkeys(needs, 0.0)
    for step in reversed(list(needs)):
        left[step] += seconds.get(step, 0.0)
        for before in needs[step]:
            left[before] = max(left[before], left[step])
    return left


def bounding_chain(
    needs: Mapping[str, Iterable[str]], began: Mapping[str, float], ended: Mapping[str, float]
) -> list[Link]:
    """What a run that is over came down to: back from the step that ended last, always to the prerequisite that did.

    :param began: when each step that ran began, in seconds since the run did
    :param ended: when it ended
    """
    ran = {step: [one for one in before if one in ended] for step, before in needs.items() if step in ended}
    links, free = [], 0.0
    for step in _chain(ran, ended):
        links.append(Link(step, began[step] - free, ended[step] - began[step]))
        free = ended[step]
    return links


def _chain(needs: Mapping[K, Iterable[K]], ends: Mapping[K, float]) -> list[K]:
    here = max(needs, key=ends.__getitem__, default=None)
    chain: list[K] = []
    while here is not None:
        chain.append(here)
        here = max(needs[here], key=ends.__getitem__, default=None)
    return chain[::-1]
