"""The graph cut into jobs: nothing is left out, nothing is done twice, no two jobs wait for each other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

import tasks
from engine.errors import UsageError
from engine.graph import Graph, Node
from engine.step import Step, local, step
from tools import jobs


def graph_of(*steps: Step) -> Graph:
    return Graph.of([(one, {}) for one in steps], lambda one: one.name)


def named(name: str, *pre: Step, here: bool = False) -> Step:
    def body(lab: object) -> None:
        """Nothing."""

    return step(local(body) if here else body, *pre, name=name)


@st.composite
def cuts(draw: st.DrawFn) -> tuple[Graph, list[str]]:
    """A graph of up to thirty steps, some of which prepare their machine, and parts that fit it."""
    steps: list[Step] = []
    for number in range(draw(st.integers(1, 30))):
        pre = draw(st.lists(st.sampled_from(steps), max_size=4, unique=True)) if steps else []
        steps.append(named(f"s{number}", *pre, here=draw(st.booleans()) and number % 3 == 0))
    goal = named("goal", *draw(st.lists(st.sampled_from(steps), min_size=1, unique=True)))
    graph = graph_of(goal)
    able = [node.name for node in graph.nodes if not node.step.local and node.name != "goal"]
    return graph, [name for name in able if draw(st.booleans())] + ["goal"]


@given(cuts())
@hypothesis_settings(max_examples=60, deadline=None)
def test_each_step_is_in_one_job_and_jobs_wait_only_for_those_before_them(cut: tuple[Graph, list[str]]) -> None:
    graph, names = cut
    found = jobs.parts(graph, names)
    assert [job.step for job in found] == names
    done = [name for job in found for name in job.steps]
    assert sorted(done) == sorted(node.name for node in graph.nodes if not node.step.local)
    owner = {name: job.step for job in found for name in job.steps}
    waits: dict[str, set[str]] = {}
    for job in found:
        assert all(before in waits for before in job.after), "each waits only for those that stand before it"
        waits[job.step] = set(job.after).union(*(waits[before] for before in job.after))
        needed = {owner[before] for name in job.steps for before in behind(graph, name)} - {job.step}
        assert set(job.after) <= needed <= waits[job.step]


def behind(graph: Graph, name: str) -> set[str]:
    """All that a step needs, without what prepares its machine."""
    found: set[Node] = set()
    ahead = [node for node in graph.nodes if node.name == name]
    while ahead:
        fresh = set(ahead.pop().pre) - found
        found |= fresh
        ahead += fresh
    return {node.name for node in found if not node.step.local}


def test_a_job_for_each_step_waits_for_what_the_step_needs() -> None:
    graph = graph_of(tasks.lab)
    found = {job.step: job for job in jobs.each(graph)}
    assert found.keys() == {node.name for node in graph.nodes} - {"tools", "sandbox", "credentials"}
    for node in graph.nodes:
        if node.name in found and not any(before.step.local for before in node.pre):
            assert set(found[node.name].after) == {before.name for before in node.pre}
    assert found["preflight"].after == ()
    assert found["ingress-controller"].after == (
        "cluster",
    )  # through `credentials`, which each machine has done itself


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (["clutser"], "there is no step 'clutser' among those that are needed - did you mean 'cluster'?"),
        (["tools"], "'tools' prepares the machine that it runs on: each job has it done for itself"),
        (["lab", "cluster"], "'lab' brings 'cluster' about: put it behind 'cluster'"),
        (["cluster", "cluster"], "'cluster' is there twice"),
    ],
)
def test_parts_that_are_none_are_refused(names: list[str], says: str) -> None:
    with pytest.raises(UsageError) as refused:
        jobs.parts(graph_of(tasks.lab), names)
    assert str(refused.value) == says
