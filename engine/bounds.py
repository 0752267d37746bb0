"""Where the time of a run went, and what bounded it: the chain of steps, the jobs, waits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from engine.critical import Link, bounding_chain, critical_path
from engine.record import RunRecord, StepRecord

NOTICED_S = 0.1
"""Less than this is nothing that a person would want to hear of."""

IDLE = ("lock", "answer")
"""Waits for another step: it would not have to be waited for if that step were not there, or came earlier."""


@dataclass(frozen=True)
class Bounds:
    """What bounded a run; all in seconds.

    chain      the steps that it came down to: each began when the one before it had ended, or when a job was free
    spent      the time of the chain by what it was spent on: commands, the four kinds of waits, jobs, the rest
    longest_s  the longest path through the graph, each step without the time in which it only waited for another one:
               neither more jobs nor fewer locks would have made the run faster
    one_by_one_s  all steps after each other
    at_once    the most steps that ran side by side
    waited     the steps that were ready while all jobs were taken: from when to when, in the journal's seconds
    full_s     how long there was at least one
    planned    the longest path by the steps' usual times, and its sum
    """

    chain: tuple[Link, ...]
    spent: dict[str, float]
    longest_s: float
    one_by_one_s: float
    at_once: int
    waited: dict[str, tuple[float, float]]
    full_s: float
    planned: tuple[tuple[str, ...], float]

    @classmethod
    def of(cls, run: RunRecord) -> Bounds:
        spans = {name: step.span for name, step in run.steps.items() if step.span}
        zero = run.span.began
        ended = {name: span.ended - zero for name, span in spans.items()}
        chain = bounding_chain(run.needs, {name: span.began - zero for name, span in spans.items()}, ended)
        seconds = {name: span.seconds for name, span in spans.items()}
        own = {name: seconds[name] - _idle_s(run.steps[name]) for name in spans}
        typical = {name: step.typical_s or 0.0 for name, step in run.steps.items()}
        planned = critical_path(run.needs, typical)
        at_once = _most_at_once((span.began, span.ended) for span in spans.values())
        waited = _ready(run) if at_once >= run.start.jobs else {}
        return cls(
            chain=tuple(chain),
            spent=_spent(run, chain, "jobs" if waited else "rest"),
            longest_s=sum(own.get(name, 0.0) for name in critical_path(run.needs, own)),
            one_by_one_s=sum(seconds.values()),
            at_once=at_once,
            waited=waited,
            full_s=_length(waited.values()),
            planned=(tuple(name for name in planned if typical[name]), sum(typical[name] for name in planned)),
        )


def _ready(run: RunRecord) -> dict[str, tuple[float, float]]:
    """The steps that did not begin when the last of what they need had ended: from when to when."""
    waited = {}
    for name, step in run.steps.items():
        if step.span:
            ends = [before.span.ended for one in step.needs if (before := run.steps[one]).span]
            since = max([run.span.began, *ends])
            if step.span.began - since >= NOTICED_S:
                waited[name] = (since, step.span.began)
    return waited


def _spent(run: RunRecord, chain: Iterable[Link], between: str) -> dict[str, float]:
    spent: dict[str, float] = {}

    def add(what: str, seconds: float) -> None:
        spent[what] = spent.get(what, 0.0) + seconds

    for link in chain:
        add(between, link.waited_s)
        left = link.seconds
        for what, seconds in _inside(run.steps[link.step]):
            add(what, seconds)
            left -= seconds
        add("rest", max(0.0, left))
    return {what: seconds for what, seconds in spent.items() if seconds >= NOTICED_S}


def _inside(step: StepRecord) -> Iterable[tuple[str, float]]:
    """A step's time by what it was spent on; of what went on side by side the first of these counts."""
    kinds = []
    for kind in ("lock", "attempt", "effect", "answer"):  # before commands: those within a wait ask whether it is over
        kinds.append((kind, [(wait.began, wait.ended) for wait in step.waits if wait.on == kind]))
    kinds.append(("commands", [(ran.began, ran.ended) for ran in step.commands]))
    covered: list[tuple[float, float]] = []
    for kind, spans in kinds:
        before = _length(covered)
        covered += spans
        yield kind, _length(covered) - before


def _idle_s(step: StepRecord) -> float:
    """How long it did nothing but wait for a lock that another step held, or for the answer to another's question."""
    busy = [(one.began, one.ended) for one in (*step.commands, *step.waits) if getattr(one, "on", "") not in IDLE]
    idle = [(wait.began, wait.ended) for wait in step.waits if wait.on in IDLE]
    return _length(busy + idle) - _length(busy)


def _length(spans: Iterable[tuple[float, float]]) -> float:
    """How long it is that at least one of them lasts."""
    total, until = 0.0, float("-inf")
    for began, ended in sorted(spans):
        total += max(0.0, ended - max(began, until))
        until = max(until, ended)
    return total


def _most_at_once(spans: Iterable[tuple[float, float]]) -> int:
    moments = sorted(moment for began, ended in spans for moment in ((began, 1), (ended, -1)))
    most = now = 0
    for _, change in moments:  # an end stands before a begin at the same moment
        now += change
        most = max(most, now)
    return most
