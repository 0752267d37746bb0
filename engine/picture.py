"""The graph as a picture: a tree for a terminal, Mermaid for a page, DOT for Graphviz, SVG for everybody.

Each gets `needs`, every step with its prerequisites, which stand before it (`Graph.needs`; in a journal `run.started`
has them), and `verdicts`, the word of each step that has one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from engine import svg

Needs = Mapping[str, Sequence[str]]
Verdicts = Mapping[str, str]


def as_text(needs: Needs, verdicts: Verdicts) -> str:
    """A tree as `cargo tree` has it: below each step what it needs, drawn once; behind a star, that was above."""
    return "".join(f"{branch}{step}{rest}\n" for branch, step, rest in tree(needs, verdicts))


def tree(needs: Needs, verdicts: Verdicts) -> Iterator[tuple[str, str, str]]:
    """The lines of the tree: the branch that leads to a step, its name, and its verdict or a star."""
    needed = {one for before in needs.values() for one in before}
    ahead = [("", "", step) for step in reversed(list(needs)) if step not in needed]
    drawn: set[str] = set()
    while ahead:  # no recursion, whatever the depth
        indent, twig, step = ahead.pop()
        again = step in drawn and bool(needs[step])
        word = verdicts.get(step, "")
        yield indent + twig, step, (" *" if again else "") + (f"  {word}" if word and not again else "")
        if step in drawn:
            continue
        drawn.add(step)
        indent += {"": "", "├─ ": "│  ", "└─ ": "   "}[twig]
        before = [one for one in needs[step] if one in needs]
        ahead += [(indent, "├─ " if index else "└─ ", one) for index, one in enumerate(reversed(before))]


def as_mermaid(needs: Needs, verdicts: Verdicts) -> str:
    """A flowchart from left to right, as GitHub, GitLab and Azure DevOps draw it in Markdown."""
    lines = ["flowchart LR", *(f'{_id(step)}["{step}"]' for step in needs)]
    lines += [f"{_id(one)} --> {_id(step)}" for step, before in needs.items() for one in before]
    for word in dict.fromkeys(verdicts[step] for step in needs if verdicts.get(step) in svg.PAINT):
        ground, rim = svg.PAINT[word][:2]
        steps = ",".join(_id(step) for step in needs if verdicts.get(step) == word)
        lines += [f"classDef {_id(word)} fill:{ground},stroke:{rim},color:#1f2328", f"class {steps} {_id(word)}"]
    return "\n    ".join(lines) + "\n"


def as_dot(needs: Needs, verdicts: Verdicts) -> str:
    """A digraph for Graphviz, what is needed above what needs it."""
    lines = ["digraph steps {", 'node [shape=box, style="rounded,filled", fillcolor=white, fontname=monospace]']
    for step in needs:
        ground, rim = svg.PAINT.get(verdicts.get(step, ""), ("", ""))[:2]
        look = f' [fillcolor="{ground}", color="{rim}", tooltip={_quoted(verdicts[step])}]' if ground else ""
        lines.append(f"{_quoted(step)}{look}")
    lines += [f"{_quoted(one)} -> {_quoted(step)}" for step, before in needs.items() for one in before]
    return "\n    ".join(lines) + "\n}\n"


def as_svg(needs: Needs, verdicts: Verdicts) -> str:
    """An <svg> element, for a file of its own or inside a page."""
    return svg.draw(needs, verdicts)


FORMATS: Mapping[str, Callable[[Needs, Verdicts], str]] = {
    "text": as_text,
    "mermaid": as_mermaid,
    "dot": as_dot,
    "svg": as_svg,
}


def _id(name: str) -> str:
    # A bare "end" closes a block in Mermaid, and a dot is no letter.
    return "s_" + re.sub(r"\W", "_", name)


def _quoted(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)
