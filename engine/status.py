"""How every step stood when a run looked last: from the journals of former runs, nothing is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from engine import clock
from engine.graph import Graph
from engine.paper import Row
from engine.past import Last
from engine.screen import SIGNS, name_width
from engine.verdict import WORDS

NEVER = "never run"


def status(graph: Graph, found: Mapping[str, Last]) -> Iterator[Row]:
    """A row for each step: its last verdict, how long ago that was, and in which run; at the end how many of which."""
    width = name_width(node.name for node in graph.nodes)
    words: Counter[str] = Counter()
    for node in graph.nodes:
        last = found.get(node.name)
        if last is None:
            words[NEVER] += 1
            yield [("dim", f"  {NEVER:<13} {node.name}")]
            continue
        words[last.word] += 1
        sign = SIGNS.get(last.word, "▸")
        note = f"before {last.before}" if last.before else last.note if last.worrying else ""
        style = "dim" if last.before else last.word
        row = f"{node.name:<{width}} {clock.ago(last.at):>12}  "
        yield [(style, f"{sign} {last.word:<13} "), row, ("dim", last.former.name), f"  {note}" if note else ""]
    yield []
    order = [*WORDS, *sorted(words)]
    yield [", ".join(f"{words[word]} {word}" for word in dict.fromkeys(order) if words[word])]
