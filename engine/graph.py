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
    def of(cls, calls: Iterable[tuple[Step, dict[str, Any]]], name_of: Callable[[Task], str]) -> Graph:
        """
        :raises CycleError: steps need each other
        :raises UsageError: a step was asked for twice, with different arguments; or needs a task that is no step
        """
        nodes: dict[Step, Node] = {}
        found: list[Node] = []

        def visit(step: Step, kwargs: dict[str, Any]) -> Node:
            node = nodes.get(step)
            if node is None:
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
            for wanted in node.step.pre:
                task, kwargs = (wanted.task, wanted.kwargs) if isinstance(wanted, Call) else (wanted, {})
                if not isinstance(task, Step):
                    raise UsageError(f"step '{node.name}' needs the plain task '{name_of(task)}': make it a step")
                before = visit(task, kwargs)
                if before not in node.pre:
                    node.pre.append(before)
                    before.dependents.append(node)
        return cls(_ordered(found))

    def sorter(self, done: Callable[[Node], bool] = lambda node: False) -> TopologicalSorter[Node]:
        """A prepared sorter over the nodes that are not done yet."""
        sorter: TopologicalSorter[Node] = TopologicalSorter()
        for node in self.nodes:
            if not done(node):
                sorter.add(node, *(before for before in node.pre if not done(before)))
        sorter.prepare()
        return sorter


def _ordered(nodes: list[Node]) -> list[Node]:
    sorter = TopologicalSorter({node: node.pre for node in reversed(nodes)})
    try:
        return list(sorter.static_order())
    except GraphlibCycle as error:
        # graphlib lists each node before the one that waits for it; "a -> b" shall read "a needs b"
        raise CycleError([node.name for node in reversed(error.args[1])]) from None
