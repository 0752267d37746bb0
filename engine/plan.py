"""What a run would do, told by step: what would be made, changed or removed, how, and what cannot be known yet."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.change import Change
from engine.screen import Line
from engine.verdict import Outcome, Verdict

CHANGES = 3
"""The exit code of `inv plan` where there is something to do."""

LONG = 64
"""A difference that has more letters is told in two lines."""

_MARKS = {"create": ("green", "+"), "change": ("would change", "~"), "remove": ("red", "-")}
_DIFFERENCE = re.compile(r"(.*?): (.*) -> (.*)", re.DOTALL)


@dataclass(frozen=True)
class Door:
    """How a plan was asked for: `inv --dry` is as Invoke has it, shows the commands and ends well whatever it finds.

    commands  each command that would be run is shown, and each reason why something is not known
    code      the exit code where there is something to do
    held      what holds is shown too, goal by goal
    """

    commands: bool = True
    code: int = 0
    held: bool = False


def differs(verdict: Verdict) -> bool:
    """Whether a run would have something to do in this step, as far as that is known."""
    return verdict.word in ("would change", "not known yet")


def plan(verdicts: Sequence[Verdict], needs: Mapping[str, Sequence[str]], door: Door) -> Iterator[Line]:
    """The steps that would change something, then those of which that is not known, each in the graph's order."""
    goal_by_goal = [one for one in verdicts if one.word == "would change" or (door.held and one.outcomes)]
    for verdict in goal_by_goal:
        yield "bold", verdict.step
        for outcome in verdict.outcomes:
            yield from _told(outcome, door)
        if verdict.not_known:
            yield "not known yet", f"  ? then not known yet: {verdict.not_known}"
    unknown = [verdict for verdict in verdicts if verdict.word == "not known yet" and verdict not in goal_by_goal]
    behind = _behind(verdicts, needs)
    if unknown:
        width = max(len(verdict.step) for verdict in unknown)
        yield "bold", "not known yet"
        for verdict in unknown:
            after = behind[verdict.step]
            why = f"after {', '.join(after)}" if after else verdict.note
            yield "not known yet", f"  ? {verdict.step:<{width}}  {why}"
            if door.commands and after and verdict.note:
                yield "dim", f"      {verdict.note}"


def _behind(verdicts: Sequence[Verdict], needs: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """For each step the nearest ones before it that would change, or may, through whatever holds in between."""
    ahead = {verdict.step for verdict in verdicts if differs(verdict)}
    behind: dict[str, list[str]] = {}
    for step, before in needs.items():
        behind[step] = list(dict.fromkeys(far for one in before for far in ([one] if one in ahead else behind[one])))
    return behind


def closing(verdicts: Sequence[Verdict]) -> str:
    """The last line: how much would be done in how many steps."""
    words = Counter(verdict.word for verdict in verdicts)
    kinds = Counter[str](
        change.kind for verdict in verdicts for outcome in verdict.outcomes for change in outcome.changes
    )
    counts = ", ".join(f"{kinds[kind]} to {kind}" for kind in _MARKS if kinds[kind])
    parts = [f"{words[word]} {word}" for word in ("failed", "blocked") if words[word]]
    if words["would change"]:
        parts.append(f"{_steps(words['would change'])} would change" + (f" ({counts})" if counts else ""))
    if words["not known yet"]:
        parts.append(f"{words['not known yet']} not known yet")
    held = words["held"] + words["changed"]
    if not parts:
        return f"nothing to do: {_steps(held)} {'holds' if held == 1 else 'hold'}"
    return ", ".join([*parts, f"{held} held"] if held else parts)


def _told(outcome: Outcome, door: Door) -> Iterator[Line]:
    if outcome.word == "not known yet":
        why = f": {'; '.join(outcome.how)}" if door.commands and outcome.how else ""
        yield "not known yet", f"  ? {outcome.goal}{why}"
    if outcome.word == "held" and door.held:
        yield "held", f"  ✓ {outcome.goal}" + (f": {outcome.note}" if outcome.note else "")
    if outcome.word != "would change":
        return
    for change in outcome.changes:
        style, mark = _MARKS[change.kind]
        yield style, f"  {mark} {change.what}"
        for line in _differences(change):
            yield {"+": "green", "-": "red"}.get(line[0], "dim"), f"      {line}"
    if door.commands:
        yield from (("dim", f"      $ {act}") for act in outcome.acts)


def _differences(change: Change) -> Iterator[str]:
    for line in (line for how in change.how for line in how.splitlines() if line):
        found = _DIFFERENCE.fullmatch(line)
        if found and len(line) > LONG:
            key, before, after = found.groups()
            yield f"- {key}: {before}"
            yield f"+ {key}: {after}"
        else:
            yield line


def _steps(count: int) -> str:
    return "1 step" if count == 1 else f"{count} steps"
