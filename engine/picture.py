"""The graph as a picture: lines for a terminal, Mermaid for a page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.screen import name_width

if TYPE_CHECKING:
    from engine.graph import Graph


def as_text(graph: Graph) -> Iterator[str]:
    """A line for each step, what it needs behind it; prerequisites stand above."""
    width = name_width(node.name for node in graph.nodes)
    for node in graph.nodes:
        needs = ", ".join(before.name for before in node.pre)
        yield f"{node.name:<{width}}  <- {needs}" if needs else node.name


def as_mermaid(graph: Graph) -> Iterator[str]:
    """A flowchart from left to right, as GitHub, GitLab and Azure DevOps draw it in Markdown."""
    yield "flowchart LR"
    for node in graph.nodes:
        yield f'    {_id(node.name)}["{node.name}"]'
    for node in graph.nodes:
        for before in node.pre:
            yield f"    {_id(before.name)} --> {_id(node.name)}"


def _id(name: str) -> str:
    # A bare "end" closes a block in Mermaid, and a dot is no letter.
    return "s_" + re.sub(r"\W", "_", name)
