"""The runs of an environment, as a list: when, how long, how it ended, what came of the steps, and its folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from engine import clock
from engine.paper import Row
from engine.past import Former
from engine.record import RunRecord
from engine.verdict import WORDS


def history(formers: Iterable[Former], steps: Sequence[str]) -> Iterator[Row]:
    """Two rows for each run: the run, and how many steps went how; where `steps` are named, how those went."""
    for former in formers:
        run = former.run
        if run is None:
            yield [("dim", former.name), f"  {former.problem}"]
            continue
        style, end = ending(former)
        ago, took = clock.ago(former.began) if former.began else "", clock.spoken(run.seconds)
        yield [("dim", former.name), f" {ago:>12} {took:>12}  ", (style, f"{end:<12}"), f" {run.start.command}"]
        told = _of(run, former, steps) if steps else _counted(run, former)
        if told:
            yield [f"    {told}"]


def ending(former: Former) -> tuple[str, str]:
    """How a run ended: a style, and a word or two."""
    run = former.run
    assert run is not None
    if run.end is None:
        return ("bold cyan", "running") if former.goes_on else ("cut off", "unfinished")
    if run.end.stopped_by:
        return "blocked", run.end.stopped_by
    code = run.end.exit_code
    if run.end.failed:
        return "failed", f"exit code {code}"
    return ("would change" if code else "", "plan") if run.start.dry else ("held", "done")


def _counted(run: RunRecord, former: Former) -> str:
    words = Counter(former.word_of(step) for step in run.steps.values())
    order = dict.fromkeys([*WORDS, *sorted(words)])
    counts = ", ".join(f"{words[word]} {word}" for word in order if words[word])
    middle = [step.name for step in run.steps.values() if step.word == "cut off"]
    return counts + (f": {', '.join(middle)}" if middle else "")


def _of(run: RunRecord, former: Former, names: Sequence[str]) -> str:
    told = [f"{name} {former.word_of(run.steps[name])}" for name in names if name in run.steps]
    return ", ".join(told)
