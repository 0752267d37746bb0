"""A run drawn against time: where each bar begins and how wide it is, in percent of the run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from engine import clock
from engine.bounds import Bounds
from engine.record import RunRecord, Span, StepRecord

MOST_ROWS = 120
"""Of a bigger run the longest steps are drawn, those of the chain, and those that did not end well."""

_TICKS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 28800, 86400)


@dataclass(frozen=True)
class Bar:
    """A stretch of time: "job" (ready, no job free), "step", "command", "wait"; `again` marks a further attempt."""

    kind: str
    left: float
    width: float
    title: str
    again: bool = False


@dataclass(frozen=True)
class Row:
    """One step; `chained` when the run came down to it."""

    step: StepRecord
    chained: bool
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Tick:
    """A moment on the axis."""

    left: float
    text: str


@dataclass(frozen=True)
class Joint:
    """From the end of a step of the chain to the begin of the next one: x in percent, y in rows."""

    x1: float
    y1: int
    x2: float
    y2: int


@dataclass(frozen=True)
class Timeline:
    """The steps that ran in the order in which they began; `left_out` of them are not drawn, each under `under_s`."""

    rows: tuple[Row, ...]
    ticks: tuple[Tick, ...]
    joints: tuple[Joint, ...]
    left_out: int
    under_s: float

    @classmethod
    def of(cls, run: RunRecord, bounds: Bounds) -> Timeline:
        chain = [link.step for link in bounds.chain]
        ran = [(step, step.span) for step in run.steps.values() if step.span]
        ran.sort(key=lambda one: (one[1].began, one[1].ended))
        drawn, under_s = _worth_drawing(ran, set(chain))
        scale, waited = _Scale(run.span), bounds.waited
        rows = [Row(step, step.name in chain, tuple(_bars(step, waited.get(step.name), scale))) for step, _ in drawn]
        place = {row.step.name: number for number, row in enumerate(rows)}
        joints = []
        for before, after in pairwise(chain):
            left, right = run.steps[before].span, run.steps[after].span
            if left and right:
                joints.append(Joint(scale.at(left.ended), place[before], scale.at(right.began), place[after]))
        return cls(tuple(rows), tuple(_ticks(run.seconds)), tuple(joints), len(ran) - len(drawn), under_s)


class _Scale:
    def __init__(self, whole: Span) -> None:
        self._zero, self._whole_s = whole.began, whole.seconds or 1e-9

    def at(self, t: float) -> float:
        return round(min(100.0, max(0.0, 100 * (t - self._zero) / self._whole_s)), 3)

    def bar(self, kind: str, began: float, ended: float, title: str, *, again: bool = False) -> Bar:
        left = self.at(began)
        return Bar(kind, left, round(self.at(ended) - left, 3), title, again)


def _bars(step: StepRecord, waited: tuple[float, float] | None, scale: _Scale) -> Iterator[Bar]:
    if waited:
        yield scale.bar("job", *waited, f"ready, no job free for {clock.spoken(waited[1] - waited[0])}")
    if step.span:
        yield scale.bar("step", step.span.began, step.span.ended, f"{step.word}, {clock.spoken(step.span.seconds)}")
    for ran in step.commands:
        end = "cut off" if ran.exit_code is None else f"exit code {ran.exit_code}"
        title = f"{ran.command[:120]} ({end}, {clock.spoken(ran.seconds)})"
        yield scale.bar("command", ran.began, ran.ended, title, again=ran.attempt > 1)
    for wait in step.waits:
        yield scale.bar("wait", wait.began, wait.ended, f"waiting for {wait.what} ({clock.spoken(wait.seconds)})")


def _worth_drawing(
    ran: Sequence[tuple[StepRecord, Span]], chain: set[str]
) -> tuple[Sequence[tuple[StepRecord, Span]], float]:
    if len(ran) <= MOST_ROWS:
        return ran, 0.0
    bar = sorted((span.seconds for _, span in ran), reverse=True)[MOST_ROWS]
    drawn = [
        (step, span)
        for step, span in ran
        if span.seconds > bar or step.name in chain or step.word in ("failed", "cut off")
    ]
    return drawn, bar


def _ticks(seconds: float) -> Iterator[Tick]:
    """Five to ten moments, at full seconds or minutes where there are any."""
    pace = next((one for one in _TICKS_S if seconds / one <= 8), _TICKS_S[-1])
    for number in range(int(0.95 * seconds / pace) + 1):  # the last text has to end on the page
        moment = number * pace
        yield Tick(round(100 * moment / (seconds or 1), 3), f"{moment:g} s" if pace < 60 else f"{moment / 60:g} min")
