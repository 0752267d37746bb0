"""What a journal tells, a class for each event: docs/journal.md explains them, docs/journal.schema.json has them.

A field that may be empty, and is, is left out of its line. Seconds are wall time; no text has a secret in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from typing import Any, ClassVar, Literal, Self

from engine.errors import CommandFailed, Several, StepFailed, Stopped, TimedOut
from engine.goal import Completed
from engine.masking import clean
from engine.verdict import Outcome, Verdict, Word

VERSION = 1
"""Of the format. A new event or field does not change it, for readers skip what they do not know."""

SAID_LINES = 40
"""How much of what a failed command wrote last is told; the step's log has the rest."""

WaitOn = Literal["lock", "effect", "attempt", "answer"]
"""A lock that another step holds; an act to take effect; another attempt; an answer that another step is asking for."""


class Event:
    """One line of a journal, beside `v`, `at` and `t`, which `Journal.write` adds."""

    event: ClassVar[str]

    def line(self) -> dict[str, Any]:
        """The fields that say something."""
        optional = OPTIONAL[type(self)]
        return {name: value for name, value in vars(self).items() if value or name not in optional}

    def shown(self) -> Self:
        """Itself as it may be shown: no secret in any text."""
        texts = {name: _shown(value) for name in _TEXTS[type(self)] if (value := getattr(self, name))}
        return replace(self, **texts) if texts else self  # type: ignore[type-var]


@dataclass
class RunStarted(Event):
    """A walk over the graph begins. A command line with plain tasks between its steps has several in one journal.

    run      the name of the run's folder
    command  as it was typed
    title    the environment in words: what the run acts on
    again    the command line that goes on in this environment, without a step's name
    dry      it is a plan
    jobs     how many steps may run side by side
    steps    each step's prerequisites, which stand before it
    typical  how long a step usually takes, where it says so
    """

    event = "run.started"
    run: str
    command: str
    environment: str
    title: str
    again: str
    dry: bool
    jobs: int
    pid: int
    host: str
    steps: Mapping[str, Sequence[str]]
    typical: Mapping[str, float] = field(default_factory=dict)


@dataclass
class StepStarted(Event):
    """Its prerequisites are good, and a job was free."""

    event = "step.started"
    step: str


@dataclass
class CommandStarted(Event):
    """n: its number in the step, counted anew with each attempt; command: as it could be typed."""

    event = "command.started"
    step: str
    n: int
    command: str
    attempt: int


@dataclass
class CommandEnded(Event):
    """exit_code: negative when a signal of that number ended it; 126 cannot be run, 127 was not found."""

    event = "command.ended"
    step: str
    n: int
    exit_code: int
    seconds: float


@dataclass
class WaitStarted(Event):
    """n: its number in the step; what: reads on after "waiting for"."""

    event = "wait.started"
    step: str
    n: int
    on: WaitOn
    what: str


@dataclass
class WaitEnded(Event):
    """The wait of this number is over, whatever came of it."""

    event = "wait.ended"
    step: str
    n: int
    seconds: float


@dataclass
class GoalReached(Event):
    """A goal was looked at, and brought about where it did not hold.

    note  what was found where it held
    how   what was missing or differed, or why it is not known
    acts  what was done about it, or in a plan would be
    """

    event = "goal"
    step: str
    goal: str
    state: Word
    note: str = ""
    how: Sequence[str] = ()
    acts: Sequence[str] = ()

    @classmethod
    def of(cls, step: str, outcome: Outcome) -> GoalReached:
        return cls(step, outcome.goal, outcome.word, outcome.note, outcome.how, outcome.acts)


@dataclass(frozen=True)
class FailedCommand:
    """The command that made a step fail; said: the last lines that it wrote."""

    command: str
    exit_code: int
    attempts: int
    seconds: float
    said: Sequence[str]

    @classmethod
    def of(cls, completed: Completed) -> FailedCommand:
        seconds, said = round(completed.seconds, 3), completed.said.splitlines()[-SAID_LINES:]
        return cls(str(completed.command), completed.exit_code, completed.attempts, seconds, said)


@dataclass
class StepEnded(Event):
    """The step has its verdict; a blocked one has no `step.started`.

    note        the verdict in a line
    asked       questions that this step asked the world
    shared      questions whose answer it found, asked by another step or earlier
    why         the error in full
    meaning     what the error means; advice: what to do about it
    stopped     it failed only because the run was stopped
    failed      the command that failed, where it was one
    not_known   in a plan: why the step could not be followed to its end
    log         its log file, in the folder of the journal
    blocked_by  from what it needs to the step that failed
    """

    event = "step.ended"
    step: str
    verdict: Word
    seconds: float
    note: str = ""
    asked: int = 0
    shared: int = 0
    why: str = ""
    meaning: str = ""
    advice: str = ""
    stopped: bool = False
    failed: FailedCommand | None = None
    not_known: str = ""
    log: str = ""
    blocked_by: Sequence[str] = ()

    @classmethod
    def of(cls, verdict: Verdict) -> StepEnded:
        ended = cls(
            step=verdict.step,
            verdict=verdict.word,
            seconds=round(verdict.seconds, 4),
            note=verdict.note,
            asked=verdict.asked,
            shared=verdict.shared,
            why=verdict.why,
            not_known=verdict.not_known,
            log=verdict.log.name if verdict.log else "",
            blocked_by=verdict.chain,
        )
        if verdict.error is not None:
            ended._blame(verdict.error)
        return ended

    def _blame(self, error: BaseException) -> None:
        first = error.errors[0] if isinstance(error, Several) else error
        completed = first.completed if isinstance(first, CommandFailed | TimedOut) else None
        self.why = self.why or self.note
        self.stopped = isinstance(first, Stopped)
        self.failed = FailedCommand.of(completed) if completed else None
        if isinstance(first, StepFailed):
            self.meaning, self.advice = first.meaning, first.advice


@dataclass
class RunEnded(Event):
    """counts: how many steps have which verdict; stopped_by: the signal's name."""

    event = "run.ended"
    exit_code: int
    seconds: float
    counts: Mapping[str, int]
    stopped_by: str = ""

    @property
    def failed(self) -> bool:
        """3 ends a plan that has found something to do (plan.CHANGES)."""
        return self.exit_code not in (0, 3)


EVENTS: tuple[type[Event], ...] = (
    RunStarted,
    StepStarted,
    CommandStarted,
    CommandEnded,
    WaitStarted,
    WaitEnded,
    GoalReached,
    StepEnded,
    RunEnded,
)

OPTIONAL = {
    event: frozenset(one.name for one in fields(event) if (one.default, one.default_factory) != (MISSING, MISSING))  # type: ignore[arg-type]
    for event in (*EVENTS, FailedCommand)
}
"""The fields of each event that may be empty, and are not told then."""
_OURS = {"step", "verdict", "state", "on", "log", "blocked_by", "environment", "run", "host", "stopped_by"}
"""Fields that hold names and words of the project alone."""
_OUTSIDE = ("str", "Sequence[str]", "FailedCommand | None")
_TEXTS = {
    event: [one.name for one in fields(event) if one.type in _OUTSIDE and one.name not in _OURS]  # type: ignore[arg-type]
    for event in EVENTS
}
"""The fields of each event in which there may be what a tool has said, or what was typed."""


def _shown(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, FailedCommand):
        return replace(value, command=clean(value.command), said=_shown(value.said))
    return [clean(one) for one in value]
