"""Laws of the schedule, on random graphs: order, once, blocked, locks, and that it always ends."""

import itertools
import threading
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import CycleError, UsageError
from engine.graph import Graph
from engine.locks import NamedLocks
from engine.schedule import CHAIN, Schedule
from engine.step import Step, step
from engine.verdict import Verdict


def graph_of(edges: list[set[int]], asked: list[int] | None = None) -> Graph:
    """Step n needs those of `edges[n]`, all smaller than n."""
    steps: list[Step] = []
    for number, before in enumerate(edges):
        steps.append(step(lambda lab: None, *(steps[one] for one in before), name=f"s{number}"))
    asked = range(len(steps)) if asked is None else asked
    return Graph.of([(steps[number], {}) for number in asked], lambda task: task.name)


graphs = st.integers(1, 25).flatmap(
    lambda size: st.tuples(
        *(st.sets(st.integers(0, n - 1), max_size=4) if n else st.just(set()) for n in range(size))
    ).map(list)
)


def walk(graph, jobs, failing=frozenset(), work=None, **options):
    """Every verdict in its order; fails instead of hanging."""
    told: list[Verdict] = []

    def default(node):
        return Verdict(node.name, "failed" if node.name in failing else "held")

    schedule = Schedule(graph, jobs, work or default, told.append, **options)
    threads = schedule.start()
    assert schedule.over.get(timeout=20) == "over"
    for thread in threads:
        thread.join(5)
        assert not thread.is_alive()
    return told


@settings(max_examples=150, deadline=None)
@given(graphs, st.integers(1, 6), st.data())
def test_each_step_once_in_order_and_blocked_exactly_behind_a_failure(edges, jobs, data):
    failing = {f"s{n}" for n in data.draw(st.sets(st.integers(0, len(edges) - 1), max_size=3))}
    graph = graph_of(edges)
    began: list[str] = []

    def work(node):
        began.append(node.name)
        assert all(before.name in done for before in node.pre)
        done.add(node.name)
        return Verdict(node.name, "failed" if node.name in failing else "held")

    done: set[str] = set()
    told = walk(graph, jobs, work=work)
    assert Counter(verdict.step for verdict in told) == Counter(node.name for node in graph.nodes)

    behind: set[str] = set()
    for node in graph.nodes:
        if any(before.name in behind or before.name in failing for before in node.pre):
            behind.add(node.name)
    words = {verdict.step: verdict.word for verdict in told}
    assert {name for name, word in words.items() if word == "blocked"} == behind
    assert {name for name, word in words.items() if word == "failed"} == failing - behind
    assert Counter(began) == Counter(words.keys() - behind)


@settings(max_examples=60, deadline=None)
@given(graphs, st.data())
def test_only_what_is_needed_is_in_the_graph_and_prerequisites_stand_first(edges, data):
    asked = data.draw(st.lists(st.integers(0, len(edges) - 1), min_size=1, max_size=3))
    needed, todo = set(), list(asked)
    while todo:
        one = todo.pop()
        if one not in needed:
            needed.add(one)
            todo.extend(edges[one])
    graph = graph_of(edges, asked)
    names = [node.name for node in graph.nodes]
    assert sorted(names) == sorted(f"s{n}" for n in needed)
    for node in graph.nodes:
        assert all(names.index(before.name) < names.index(node.name) for before in node.pre)


@settings(max_examples=40, deadline=None)
@given(graphs, st.integers(1, 6), st.data())
def test_named_locks_exclude_each_other_and_never_lock_up(edges, jobs, data):
    names = data.draw(st.lists(st.sets(st.sampled_from("abc"), max_size=3), min_size=len(edges), max_size=len(edges)))
    locks, inside, guard, clashes = NamedLocks(), Counter(), threading.Lock(), []

    def work(node):
        wanted = names[int(node.name[1:])]
        with locks.hold(wanted, node.name, lambda what: None):
            with guard:
                clashes.extend(name for name in wanted if inside[name])
                inside.update(wanted)
            with guard:
                inside.subtract(wanted)
        return Verdict(node.name, "held")

    walk(graph_of(edges), jobs, work=work)
    assert clashes == []


def test_jobs_bounds_how_many_run_at_once_and_uses_them():
    running, most, guard, both = 0, 0, threading.Lock(), threading.Barrier(3)

    def work(node):
        nonlocal running, most
        with guard:
            running += 1
            most = max(most, running)
        both.wait(10)  # passes only when three run side by side
        with guard:
            running -= 1
        return Verdict(node.name, "held")

    walk(graph_of([set()] * 9), 3, work=work)
    assert most == 3


def test_a_blocked_step_has_the_chain_that_leads_to_the_failure():
    told = {verdict.step: verdict for verdict in walk(graph_of([set(), {0}, {1}, {2}]), 2, {"s1"})}
    assert told["s3"].chain == ("s2", "s1")
    assert told["s2"].chain == ("s1",)


def test_the_chain_of_a_deep_step_is_shortened_in_the_middle():
    told = {verdict.step: verdict for verdict in walk(graph_of([set(), *({n} for n in range(3000))]), 2, {"s0"})}
    chain = told["s3000"].chain
    assert len(chain) == CHAIN
    assert chain[0] == "s2999" and chain[-1] == "s0" and chain.count("…") == 1


def test_with_one_job_the_longest_way_goes_first():
    lasts_s = {"a": 1, "b": 5, "c": None, "d": 3, "behind a": 9, "behind d": None}
    steps = {name: step(lambda lab: None, name=name, typical_s=lasts_s[name]) for name in "abcd"}
    for name in ("behind a", "behind d"):
        steps[name] = step(lambda lab: None, steps[name[-1]], name=name, typical_s=lasts_s[name])
    graph = Graph.of([(one, {}) for one in steps.values()], lambda task: task.name)
    assert [verdict.step for verdict in walk(graph, 1)] == ["a", "behind a", "b", "d", "c", "behind d"]


def test_fail_fast_starts_nothing_more():
    told = {verdict.step: verdict for verdict in walk(graph_of([set()] * 5), 1, {"s1"}, fail_fast=True)}
    assert [told[f"s{n}"].word for n in range(5)] == ["held", "failed", "blocked", "blocked", "blocked"]
    assert told["s4"].note == "not started: s1 failed, and fail_fast is set"


def test_what_a_run_did_before_is_not_done_again():
    graph = graph_of([set(), {0}])
    told = walk(graph, 2, verdicts={"s0": Verdict("s0", "held")})
    assert [verdict.step for verdict in told] == ["s1"]
    assert walk(graph, 2, verdicts={name: Verdict(name, "held") for name in ("s0", "s1")}) == []


def test_a_bug_in_the_engine_ends_the_run():
    schedule = Schedule(graph_of([set()]), 1, lambda node: 1 / 0, lambda verdict: None)
    schedule.start()
    assert schedule.over.get(timeout=10) == "crash"
    assert isinstance(schedule.crash, ZeroDivisionError)


def test_a_cycle_is_named_with_its_path():
    one = step(lambda lab: None, name="one")
    two = step(lambda lab: None, one, name="two")
    three = step(lambda lab: None, two, name="three")
    one.pre.append(three)
    with pytest.raises(CycleError) as cycle:
        Graph.of([(step(lambda lab: None, three, name="four"), {})], lambda task: task.name)
    path = cycle.value.path
    assert path[0] == path[-1]
    needs = {("one", "three"), ("three", "two"), ("two", "one")}
    assert set(itertools.pairwise(path)) == needs


@pytest.mark.parametrize("shape", ["chain", "ladder"])
def test_deep_graphs_need_no_recursion(shape):
    width = {"chain": 1, "ladder": 2}[shape]
    edges = [set() if n < width else set(range(n - n % width - width, n - n % width)) for n in range(4000)]
    assert len(walk(graph_of(edges), 4)) == 4000


def test_arguments_of_the_command_line_reach_the_step_that_others_need_too():
    def images(lab, tag="latest"):
        """Images."""

    image, top = step(images), None
    top = step(lambda lab: None, image, name="top")
    for asked in ([(image, {"tag": "x"}), (top, {})], [(top, {}), (image, {"tag": "x"})]):
        graph = Graph.of(asked, lambda task: task.name)
        assert {node.name: node.kwargs for node in graph.nodes} == {"images": {"tag": "x"}, "top": {}}
    with pytest.raises(UsageError, match="asked for twice"):
        Graph.of([(image, {"tag": "x"}), (image, {"tag": "y"})], lambda task: task.name)


def test_a_prerequisite_that_is_no_step_is_refused_where_it_is_written():
    def network(lab):
        """The network."""

    with pytest.raises(UsageError, match=r"write step\(.*network\)"):
        step(lambda lab: None, network, name="cluster")
