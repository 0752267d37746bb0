"""The graph of what was asked for: each step once, in an order in which it can be brought about."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from graphlib import CycleError as GraphlibCycle
from graphlib import TopologicalSorter
from typing import Any

from invoke import Call, Task

from engine.errors import CycleError, UsageError
from engine.step import Step


@dataclass(eq=False, slots=True)
class Node:
    """A step in this run, with the arguments that it was given on the command line."""

    name: str
    step: Step
    kwargs: dict[str, Any] = field(default_factory=dict)
    pre: list[Node] = field(default_factory=list)
    dependents: list[Node] = field(default_factory=list)


class Graph:
    """The steps asked for and all that they need, however indirectly; prerequisites stand before dependents."""

    def __init__(self, nodes: list[Node]) -> None:
        self.nodes = nodes

    @classmethod
    def of(cls, calls: Iterable[tuple[Task, dict[str, Any]]], name_of: Callable[[Task], str]) -> Graph:
        """
        :raises CycleError: steps need each other
        :raises UsageError: a step was asked for twice, with different arguments; or needs a task that is no step
        """
        nodes: dict[Task, Node] = {}
        found: list[Node] = []

        def visit(step: Task, kwargs: dict[str, Any]) -> Node:
            node = nodes.get(step)
            if node is None:
                if not isinstance(step, Step):
                    raise UsageError(f"'{name_of(step)}' is needed by a step, and is a plain task: make it a step")
                node = nodes[step] = Node(name_of(step), step, kwargs)
                found.append(node)
            elif kwargs and node.kwargs and kwargs != node.kwargs:
                raise UsageError(f"step '{node.name}' is asked for twice, with different arguments")
            elif kwargs:
                node.kwargs = kwargs
            return node

        for step, kwargs in calls:
            visit(step, kwargs)
        for node in found:  # grows while it is walked: no recursion, whatever the depth
            needed: set[Node] = set()
            for wanted in node.step.pre:
                call: Call = wanted if isinstance(wanted, Call) else Call(wanted)  # type: ignore[arg-type]
                before = visit(call.task, call.kwargs)
                if before not in needed:
                    needed.add(before)
                    node.pre.append(before)
                    before.dependents.append(node)
        return cls(_ordered(found))

    @property
    def needs(self) -> dict[str, list[str]]:
        """Each step's name with those of its prerequisites, which stand before it."""
        return {node.name: [before.name for before in node.pre] for node in self.nodes}

    def sorter(self, done: Callable[[Node], bool] = lambda node: False) -> TopologicalSorter[Node]:
        """A prepared sorter over the nodes that are not done yet."""
        sorter: TopologicalSorter[Node] = TopologicalSorter()
        for node in self.nodes:
            if not done(node):
                sorter.add(node, *(before for before in node.pre if not done(before)))
        sorter.prepare()
        return sorter


def _ordered(nodes: list[Node]) -> list[Node]:
    """Each prerequisite just before the first that needs it, as one would do it alone and by hand."""
    try:
        TopologicalSorter({node: node.pre for node in nodes}).prepare()
    except GraphlibCycle as error:
        # graphlib lists each node before the one that waits for it; "a -> b" shall read "a needs b"
        raise CycleError([node.name for node in reversed(error.args[1])]) from None
    ordered: dict[Node, None] = {}
    for root in nodes:
        walk = [(root, iter(root.pre))] if root not in ordered else []
        while walk:
            node, rest = walk[-1]
            before = next((one for one in rest if one not in ordered), None)
            if before is not None:
                walk.append((before, iter(before.pre)))
            else:
                walk.pop()
                ordered[node] = None
    return list(ordered)
