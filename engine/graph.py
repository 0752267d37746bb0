"""The graph of what was asked for: each step once, in an order in which it can be brought about."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from invoke import Call, Task

from engine.errors import CycleError, UsageError
from engine.step import Step


@dataclass(eq=False, slots=True)
class Node:
    """A step in this run, with the arguments that it was given on the command line."""

    name: str
    step: Step
    kwargs: dict[str, Any]
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

        def node_of(step: Task, kwargs: dict[str, Any]) -> Node:
            node = nodes.get(step)
            if node is None:
                if not isinstance(step, Step):
                    raise UsageError(f"'{name_of(step)}' is needed by a step, and is a plain task: make it a step")
                node = nodes[step] = Node(name_of(step), step, kwargs)
            elif kwargs and node.kwargs and kwargs != node.kwargs:
                raise UsageError(f"step '{node.name}' is asked for twice, with different arguments")
            elif kwargs:
                node.kwargs = kwargs
            return node

        def needed_by(node: Node) -> list[Node]:
            calls: Any = node.step.pre  # tasks and calls; Invoke's own annotation says str
            found = (node_of(one.task, one.kwargs) if isinstance(one, Call) else node_of(one, {}) for one in calls)
            return list(dict.fromkeys(found))

        for step, kwargs in calls:
            node_of(step, kwargs)
        return cls(_ordered(list(nodes.values()), needed_by))

    def only(self, wanted: Callable[[Node], bool]) -> Graph:
        """Some of its steps alone; those that need each other through others need each other directly then."""
        kept: list[Node] = []
        reached: dict[Node, list[Node]] = {}  # of each node: the kept ones through which one comes to it
        for node in self.nodes:
            before = list(dict.fromkeys(one for other in node.pre for one in reached[other]))
            reached[node] = before
            if wanted(node):
                kept.append(Node(node.name, node.step, node.kwargs, before))
                reached[node] = kept[-1:]
                for one in before:
                    one.dependents.append(kept[-1])
        return Graph(kept)

    @property
    def needs(self) -> dict[str, list[str]]:
        """Each step's name with those of its prerequisites, which stand before it."""
        return {node.name: [before.name for before in node.pre] for node in self.nodes}


def _ordered(asked: list[Node], needed_by: Callable[[Node], list[Node]]) -> list[Node]:
    """Each prerequisite just before the first that needs it, as one would do it alone and by hand.

    No recursion, whatever the depth: a node is seen twice on top of the stack, and is `under_way` in between.
    """
    ordered: dict[Node, None] = {}
    under_way: dict[Node, None] = {}
    stack = asked[::-1]
    while stack:
        node = stack[-1]
        if node in ordered:
            stack.pop()
        elif node in under_way:
            stack.pop()
            del under_way[node]
            ordered[node] = None
        else:
            under_way[node] = None
            node.pre = needed_by(node)
            for before in node.pre:
                if before in under_way:
                    path = list(under_way)
                    raise CycleError([one.name for one in (*path[path.index(before) :], before)])
                before.dependents.append(node)
            stack.extend(reversed(node.pre))
    return list(ordered)
