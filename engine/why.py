"""What a step is, what it needs, and how it went in former runs; why it would run now, its probes tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from engine import clock
from engine.graph import Node
from engine.paper import Row
from engine.past import Last
from engine.screen import SIGNS, name_width

PAST = 5
"""How many of its former verdicts are told."""


def why(node: Node, needed_by: Sequence[str], before: Mapping[str, Last], former: Sequence[Last]) -> Iterator[Row]:
    """All that is known without asking; `before` has the last verdicts of its prerequisites, `former` its own."""
    yield [("bold", node.name), f": {node.step.help_text}"]
    if node.pre:
        yield []
        yield ["needs"]
    width = name_width(one.name for one in node.pre)
    for one in node.pre:
        yield _verdict(before.get(one.name), f"{one.name:<{width}}")
    if needed_by:
        yield []
        yield [f"needed by {', '.join(needed_by)}"]
    yield []
    yield ["in former runs" if former else "never looked at in a former run that is kept"]
    for last in former:
        yield [*_verdict(last, last.former.name), ("dim", f"  {last.former.command}")]
        if last.note:
            yield [("dim", f"      {last.note}")]
        if last.step.end and last.step.end.blocked_by:
            yield [("dim", f"      {' -> '.join([node.name, *last.step.end.blocked_by])}")]
    yield []


def _verdict(last: Last | None, what: str) -> Row:
    if last is None:
        return [("dim", f"    {'never run':<13} "), what]
    sign = SIGNS.get(last.word, "▸")
    since = f", before {last.before}" if last.before else ""
    return [("dim" if since else last.word, f"  {sign} {last.word:<13} "), f"{what}  {clock.ago(last.at)}{since}"]
