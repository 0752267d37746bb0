"""The end of a run in words: how many of what, each failure with all that helps, and how to go on."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from engine import clock
from engine.errors import CommandFailed, Several, StepFailed, Stopped, TimedOut
from engine.goal import Completed
from engine.masking import clean
from engine.screen import Line
from engine.session import explain
from engine.verdict import WORDS, Verdict

TAIL_LINES = 12
"""How much of what a failed command wrote last is shown; the log has the rest."""


def failures(verdicts: Sequence[Verdict], again: Sequence[str]) -> Iterator[Line]:
    """Each step that is blocked, with the chain that leads to a failure, and each that failed, with all that helps.

    The failures stand last, where they are seen. `again` is the command line that runs a step again, without the
    step's name.
    """
    blocked = [verdict for verdict in verdicts if verdict.chain]
    if blocked:
        yield "", ""
        yield "blocked", "blocked"
    for verdict in blocked:
        yield "", f"  {' -> '.join([verdict.step, *verdict.chain])} (failed)"
    for verdict in verdicts:
        if verdict.word == "failed" and not _interrupted(verdict):
            yield "", ""
            yield from _failure(verdict, again)


def ended(verdicts: Sequence[Verdict], counted: str, seconds: float, logs: Path) -> Iterator[Line]:
    """The last lines of a run that came to its end by itself; `counted` is what there was of which."""
    unstarted = [verdict for verdict in verdicts if verdict.unstarted]
    if unstarted:  # `fail_fast`
        yield "", ""
        yield "blocked", f"{unstarted[0].note}: {', '.join(verdict.step for verdict in unstarted)}"
    yield "", ""
    failed = any(verdict.word == "failed" for verdict in verdicts)
    yield "failed" if failed else "held", f"{counted} in {clock.spoken(seconds)}"
    yield "dim", f"logs: {shown(logs)}"


def stopped(verdicts: Sequence[Verdict], by: str, seconds: float, logs: Path, command: str) -> Iterator[Line]:
    """The last lines of a run that was stopped; `command` goes on with it."""
    middle = [verdict for verdict in verdicts if _interrupted(verdict)]
    unstarted = [verdict for verdict in verdicts if verdict.unstarted]
    rest = [verdict for verdict in verdicts if verdict not in middle and verdict not in unstarted]
    parts = [f"{len(middle)} in the middle"] if middle else []
    parts += [f"{len(unstarted)} not started"] if unstarted else []
    parts += [counts(rest)] if rest else []
    yield "", ""
    yield "failed", f"stopped by {by} after {clock.spoken(seconds)}: {', '.join(parts)}"
    if middle:
        yield "", f"in the middle: {', '.join(verdict.step for verdict in middle)}"
    yield "", f"go on with: {command}"
    yield "dim", f"logs: {shown(logs)}"


def _interrupted(verdict: Verdict) -> bool:
    return isinstance(verdict.error, Stopped)


def counts(verdicts: Iterable[Verdict]) -> str:
    """ "1 failed, 2 changed, 5 held"; words that are not there are left out."""
    words = [verdict.word for verdict in verdicts]
    return ", ".join(f"{words.count(word)} {word}" for word in WORDS if word in words) or "nothing to do"


def _failure(verdict: Verdict, again: Sequence[str]) -> Iterator[Line]:
    error = verdict.error
    yield "failed", f"failed  {verdict.step}"
    for one in error.errors if isinstance(error, Several) else [error]:
        yield from _error(one, verdict.note)
    if verdict.log is not None:
        yield "dim", f"  log: {shown(verdict.log)}"
    yield "", f"  go on with: {shlex.join([*again, verdict.step])}"


def _error(error: BaseException | None, note: str) -> Iterator[Line]:
    completed = error.completed if isinstance(error, CommandFailed | TimedOut) else None
    if completed is not None:
        yield from _command(completed)
    if not isinstance(error, CommandFailed):
        for line in clean(explain(error) if error else note).splitlines():
            yield "", f"  {line}"
    if isinstance(error, StepFailed) and error.meaning:
        yield "", f"  meaning: {clean(error.meaning)}"
    if isinstance(error, StepFailed) and error.advice:
        yield "", f"  what to do: {clean(error.advice)}"


def _command(completed: Completed) -> Iterator[Line]:
    yield "", f"  $ {clean(str(completed.command))}"
    tries = "not tried again" if completed.attempts == 1 else f"at attempt {completed.attempts}"
    yield "", f"  {completed.ending}, after {clock.spoken(completed.seconds)}, {tries}"
    lines = clean(completed.said).splitlines()
    if len(lines) > TAIL_LINES:
        yield "dim", f"  | ... {len(lines) - TAIL_LINES} lines before"
    for line in lines[-TAIL_LINES:]:
        yield "", f"  | {line}"


def shown(path: Path) -> str:
    """A path as a line tells it: from here, where it lies below."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
