"""The graph cut into jobs, for several machines: what each of them brings about, and which have to be done before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import UsageError
from engine.settings import nearest

if TYPE_CHECKING:
    from engine.graph import Graph, Node


@dataclass(frozen=True)
class Job:
    """
    step   the step that the job is asked for: with all that it needs, as a graph has it
    steps  those of them that no job before it has brought about, in the graph's order
    after  the jobs that bring about what these need
    """

    step: str
    steps: tuple[str, ...]
    after: tuple[str, ...]
    destroys: bool = False


def each(graph: Graph) -> list[Job]:
    """A job for each step, but for those that prepare the machine they run on."""
    return parts(graph, [node.name for node in graph.nodes if not node.step.local])


def parts(graph: Graph, names: Sequence[str]) -> list[Job]:
    """A job for each of these steps: it has all that its step needs and no job before it has.

    So a job waits only for those that stand before it, and no two can wait for each other. Steps that prepare their
    machine belong to no job: each job has them done where it runs, because they are among what its step needs.

    :raises UsageError: a name is no step of the graph, prepares its machine, or a part before it has it already
    """
    nodes = {node.name: node for node in graph.nodes}
    owner: dict[Node, str] = {}
    for name in names:
        if name not in nodes:
            raise UsageError(f"there is no step '{name}' among those that are needed{nearest(name, nodes)}")
        if nodes[name].step.local:
            raise UsageError(f"'{name}' prepares the machine that it runs on: each job has it done for itself")
        if first := owner.get(nodes[name]):
            twice, late = f"'{name}' is there twice", f"'{first}' brings '{name}' about: put it behind '{name}'"
            raise UsageError(twice if first == name else late)
        for node in _behind(nodes[name]):
            owner.setdefault(node, name)
    return [_job(name, [node for node in graph.nodes if owner.get(node) == name], owner) for name in names]


def _job(name: str, steps: list[Node], owner: dict[Node, str]) -> Job:
    after = {owner[before]: None for node in steps for before in _needed(node) if owner[before] != name}
    order = [one for one in dict.fromkeys(owner.values()) if one in after]
    return Job(name, tuple(node.name for node in steps), tuple(order), any(node.step.destroys for node in steps))


def _behind(node: Node) -> Iterator[Node]:
    """The step and all that it needs, however indirectly, without what prepares a machine."""
    found, ahead = {node}, [node]
    while ahead:
        yield (one := ahead.pop())
        fresh = [before for before in _needed(one) if before not in found]
        found.update(fresh)
        ahead += fresh


def _needed(node: Node) -> Iterator[Node]:
    """What the step needs, seen through those that prepare its machine."""
    for before in node.pre:
        if before.step.local:
            yield from _needed(before)
        else:
            yield before
