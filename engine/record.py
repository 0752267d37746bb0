"""A run as its journal tells it: for its page, for JUnit, and for whoever wants to know what happened."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine import clock, journal
from engine.errors import UsageError
from engine.events import (
    CommandEnded,
    CommandStarted,
    GoalReached,
    RunEnded,
    RunStarted,
    StepEnded,
    StepStarted,
    WaitEnded,
    WaitStarted,
    event_of,
)


@dataclass
class Span:
    """From when to when, in seconds since the journal began; what was cut off lasts until the journal's end."""

    began: float
    ended: float
    over: bool = False
    """Whether its end is in the journal."""

    @property
    def seconds(self) -> float:
        return self.ended - self.began


@dataclass
class Ran(Span):
    """A command; `exit_code` is None when it was cut off."""

    command: str = ""
    n: int = 0
    attempt: int = 1
    exit_code: int | None = None


@dataclass
class Waited(Span):
    """A wait; `on` and `what` as events.WaitStarted has them."""

    on: str = ""
    what: str = ""


@dataclass
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

    @classmethod
    def of(cls, lines: Iterable[Mapping[str, Any]]) -> RunRecord:
        """
        :raises UsageError: these are not the lines of a run
        """
        record: RunRecord | None = None
        last = 0.0
        for line in lines:
            event, last = event_of(line), float(line["t"])
            if isinstance(event, RunStarted):
                record = record or cls(event, clock.stamp(clock.moment(line["at"])), Span(last, last), {})
                record._begin(event)
            elif record is not None and event is not None:
                record._add(event, last)
        if record is None:
            raise UsageError("this is not the journal of a run: it has no run.started")
        record._cut_off(last)
        return record

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
        return "stopped" if self.end.stopped_by else "failed" if self.end.exit_code else "done"

    def worded(self, *words: str) -> list[StepRecord]:
        """The steps of these verdicts, in the graph's order."""
        return [step for step in self.steps.values() if step.word in words]

    def _begin(self, event: RunStarted) -> None:
        self.end = None
        for name, needs in event.steps.items():
            if name not in self.steps:
                self.steps[name] = StepRecord(name, tuple(needs), event.typical.get(name))

    def _add(self, event: Any, t: float) -> None:
        if isinstance(event, RunEnded):
            self.end, self.span.ended, self.span.over = event, t, True
            return
        step = self.steps.get(event.step)
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
                step.commands.append(Ran(t, t, command=event.command, n=event.n, attempt=event.attempt))
            case CommandEnded():
                ran = next(one for one in step.commands if one.n == event.n)
                ran.ended, ran.over, ran.exit_code = t, True, event.exit_code
            case WaitStarted():
                step.waits.append(Waited(t, t, on=event.on, what=event.what))
            case WaitEnded():
                waited = step.waits[event.n - 1]
                waited.ended, waited.over = t, True
            case GoalReached():
                step.goals.append(event)

    def _cut_off(self, last: float) -> None:
        """What has no end in the journal lasted, as far as anybody knows, until its last line."""
        spans = [self.span]
        for step in self.steps.values():
            spans += [*([step.span] if step.span else []), *step.commands, *step.waits]
        for span in spans:
            if not span.over:
                span.ended = max(last, span.began)


def read(path: Path) -> RunRecord:
    """
    :raises UsageError: it is no run's journal, or one of another version
    :raises OSError: it cannot be read
    """
    lines = journal.read(path)
    try:
        return RunRecord.of(lines)
    except (ValueError, TypeError, LookupError, StopIteration) as error:
        raise UsageError(f"{path} is not as a run writes it: {error or type(error).__name__}") from error
