"""A run's summary in Markdown, for the page of a pipeline: the verdicts in a table, the time they took as a chart.

The table has the time too, in letters: GitHub draws Mermaid, and Azure DevOps is only known to do so in its wiki."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from engine import clock
from engine.record import RunRecord, Span, StepRecord
from engine.screen import SIGNS, short
from engine.verdict import WORDS

MOST_BARS = 60
"""Of a bigger run the longest steps are drawn."""

BAR = 24
"""How many letters the whole run is long."""

_TAGS = {"failed": "crit, ", "cut off": "crit, ", "changed": "active, ", "held": "done, "}
_MARKUP = re.compile(r"([\\`*_\[\]<>|!~#$&])")


def as_markdown(run: RunRecord, link: str = "") -> str:
    """The page; `link` is the address of what the run has brought about, "" where there is none."""
    words = Counter(step.word for step in run.steps.values())
    counted = ", ".join(f"{words[word]} {word}" for word in [*WORDS, "cut off", "not begun"] if words[word])
    lines = [f"## {_text(run.word)}: {_text(run.start.title)}", "", f"{counted} in {clock.spoken(run.seconds)}"]
    lines += ["", f"<{link}>"] if link else []
    lines += ["", "| step | verdict | took | when | |", "|:--|:--|--:|:--|:--|"]
    lines += [_row(step, run.span) for step in run.steps.values()]
    lines += ["", "```mermaid", *_chart(run), "```", ""]
    return "\n".join(lines)


def _row(step: StepRecord, whole: Span) -> str:
    took, when = (clock.spoken(step.span.seconds), f"`{_bar(step.span, whole)}`") if step.span else ("", "")
    note = short(step.end.note) if step.end else ""
    return f"| {_text(step.name)} | {SIGNS.get(step.word, '')} {step.word} | {took} | {when} | {_text(note)} |"


def _bar(span: Span, whole: Span) -> str:
    letter_s = max(whole.seconds, 0.001) / BAR
    first = min(BAR - 1, max(0, int((span.began - whole.began) / letter_s)))
    long = min(BAR - first, max(1, round(span.seconds / letter_s)))
    return "·" * first + "█" * long + "·" * (BAR - first - long)


def _chart(run: RunRecord) -> Iterator[str]:
    """A Gantt chart in the order in which the steps began; times are since the run's own begin."""
    yield from ("gantt", "    dateFormat HH:mm:ss.SSS", "    axisFormat %H:%M:%S")
    spans = [(step, step.span) for step in run.steps.values() if step.span]
    longest = sorted(spans, key=lambda one: one[1].seconds, reverse=True)[:MOST_BARS]
    for step, span in sorted(longest, key=lambda one: one[1].began):
        name = re.sub(r"[^\w.-]", "_", step.name)
        yield f"    {name} :{_TAGS.get(step.word, '')}{_since(run.span, span)}, {max(1, round(span.seconds * 1000))}ms"


def _since(whole: Span, span: Span) -> str:
    minutes, seconds = divmod(max(0.0, span.began - whole.began), 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:06.3f}"


def _text(text: str) -> str:
    """The text as words: nothing in it is taken for Markdown or HTML."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))
