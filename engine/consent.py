"""Asked before anything is taken away."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from engine.errors import UsageError

if TYPE_CHECKING:
    from engine.graph import Graph


def consent(graph: Graph, environment: str, title: str) -> None:
    """Has the user type the environment's name when a step `destroys` and was not called with --yes.

    :raises UsageError: there is no terminal to ask at, or something else was typed; nothing was done
    """
    for node in graph.nodes:
        if not node.step.destroys or node.kwargs.get("yes"):
            continue
        if not sys.stdin.isatty():
            raise UsageError(f"{node.name} asks first, and there is no terminal to ask at: inv {node.name} --yes")
        print(f"{title}\n{node.name}: {node.step.help_text}")
        if input(f"Type {environment} to go on: ").strip() != environment:
            raise UsageError("nothing was done")
