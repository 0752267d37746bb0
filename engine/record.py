"""A run as its journal tells it: for its page, for JUnit, and for whoever wants to know what happened."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine import clock, journal
from engine.errors import UsageError
from engine.events import (
    CommandEnded,
    CommandStarted,
    Event,
    GoalReached,
    RunEnded,
    RunStarted,
    StepEnded,
    StepStarted,
    WaitEnded,
    WaitStarted,
)
from engine.reading import event_of


@dataclass(slots=True)
class Span:
    """From when to when, in seconds since the journal began; what was cut off lasts until the journal's end."""

    began: float
    ended: float
    over: bool = False
    """Whether its end is in the journal."""
    n: int = 0
    """Its number in the step, of a command or a wait."""

    @property
    def seconds(self) -> float:
        return self.ended - self.began


@dataclass(slots=True)
class Ran(Span):
    """A command; `exit_code` is None when it was cut off."""

    command: str = ""
    attempt: int = 1
    exit_code: int | None = None


@dataclass(slots=True)
class Waited(Span):
    """A wait; `on` and `what` as events.WaitStarted has them."""

    on: str = ""
    what: str = ""


@dataclass(slots=True)
class StepRecord:
    """One step: `span` is None when it did not begin, `end` when it has no verdict."""

    name: str
    needs: tuple[str, ...] = ()
    typical_s: float | None = None
    span: Span | None = None
    end: StepEnded | None = None
    commands: list[Ran] = field(default_factory=list)
    waits: list[Waited] = field(default_factory=list)
    goals: list[GoalReached] = field(default_factory=list)

    @property
    def word(self) -> str:
        """Its verdict; "cut off" or "not begun" where the run was killed before there was one."""
        return self.end.verdict if self.end else "cut off" if self.span else "not begun"


@dataclass
class RunRecord:
    """One run: `end` is None when it was killed, or goes on still."""

    start: RunStarted
    at: str
    """When it began, in UTC, ISO 8601."""
    span: Span
    steps: dict[str, StepRecord]
    end: RunEnded | None = None

    @property
    def goes_on(self) -> bool:
        """Whether the process that wrote it is there still; a guess where process numbers are used again."""
        if self.end is not None or self.start.host != socket.gethostname() or self.start.pid < 1:
            return False
        try:
            os.kill(self.start.pid, 0)
        except (ProcessLookupError, OverflowError):
            return False
        except PermissionError:
            return True
        return True

    @property
    def needs(self) -> dict[str, tuple[str, ...]]:
        return {name: step.needs for name, step in self.steps.items()}

    @property
    def seconds(self) -> float:
        return self.span.seconds

    @property
    def word(self) -> str:
        """How it went: "stopped", "failed", "done", and "no end" of one that was killed or goes on."""
        if self.end is None:
            return "no end"
        return "stopped" if self.end.stopped_by else "failed" if self.end.failed else "done"

    def worded(self, *words: str) -> list[StepRecord]:
        """The steps of these verdicts, in the graph's order."""
        return [step for step in self.steps.values() if step.word in words]


class Recorder:
    """Makes the record of a run from its events: a listener of its journal, or fed by a reader."""

    def __init__(self) -> None:
        self._record: RunRecord | None = None
        self._last = 0.0

    def __call__(self, event: Event, at: str, t: float) -> None:
        self._last = t
        if isinstance(event, RunStarted):
            if self._record is None:
                self._record = RunRecord(event, clock.stamp(clock.moment(at)), Span(t, t), {})
            self._record.end = None
            for name, needs in event.steps.items():
                if name not in self._record.steps:
                    self._record.steps[name] = StepRecord(name, tuple(needs), event.typical.get(name))
        elif self._record is not None:
            _add(self._record, event, t)

    @property
    def record(self) -> RunRecord:
        """The run so far. What has no end yet lasted, as far as anybody knows, until the last event.

        :raises UsageError: these were not the events of a run
        """
        if self._record is None:
            raise UsageError("this is not the journal of a run: it has no run.started")
        spans = [self._record.span]
        for step in self._record.steps.values():
            spans += [*([step.span] if step.span else []), *step.commands, *step.waits]
        for span in spans:
            if not span.over:
                span.ended = max(self._last, span.began)
        return self._record


def read(path: Path) -> RunRecord:
    """
    :raises UsageError: it is no run's journal, or one of another version
    :raises OSError: it cannot be read
    """
    lines, recorder = journal.read(path), Recorder()
    try:
        for line in lines:
            if event := event_of(line):
                recorder(event, line["at"], float(line["t"]))
    except (ValueError, TypeError, LookupError, StopIteration) as error:
        raise UsageError(f"{path} is not as a run writes it: {error or type(error).__name__}") from error
    return recorder.record


def _add(record: RunRecord, event: Any, t: float) -> None:
    if isinstance(event, RunEnded):
        record.end, record.span.ended, record.span.over = event, t, True
        return
    step = record.steps.get(event.step)
    if step is None:  # a plain task between the steps
        return
    match event:
        case StepStarted():
            step.span = Span(t, t)
        case StepEnded():
            step.end = event
            if step.span:
                step.span.ended, step.span.over = t, True
        case CommandStarted():
            step.commands.append(Ran(t, t, n=event.n, command=event.command, attempt=event.attempt))
        case CommandEnded():
            ran = next(one for one in reversed(step.commands) if one.n == event.n)
            ran.ended, ran.over, ran.exit_code = t, True, event.exit_code
        case WaitStarted():
            step.waits.append(Waited(t, t, n=event.n, on=event.on, what=event.what))
        case WaitEnded():
            waited = next(one for one in reversed(step.waits) if one.n == event.n)
            waited.ended, waited.over = t, True
        case GoalReached():
            step.goals.append(event)
