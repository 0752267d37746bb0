"""Laws of a whole run on random graphs of up to a thousand steps: through `Run`, with goals, locks and failures."""

import itertools
import random
import sys
import threading
from collections import Counter
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from invoke import Exit
from invoke.config import Config

from engine import journal
from engine.errors import CycleError, StepFailed
from engine.goal import Act, Goal, Holds, Missing, Question
from engine.graph import Graph, Node
from engine.run import Run
from engine.session import Session
from engine.step import Step, step
from engine.verdict import Verdict

LONGEST_S = 60.0
"""A walk that takes longer hangs."""


@dataclass(frozen=True)
class Shape:
    """A random graph, written down so that Hypothesis can make it smaller: `seed` decides the rest.

    reach    how far back a prerequisite may lie: 1 makes a chain, `size` makes a bush
    most     prerequisites of a step
    failing  how many of a thousand steps fail
    locks    how many names there are to lock; each step holds up to two
    """

    size: int
    reach: int
    most: int
    failing: int
    locks: int
    seed: int

    def edges(self) -> list[set[int]]:
        chance = random.Random(self.seed)
        return [
            {chance.randrange(max(0, n - self.reach), n) for _ in range(chance.randint(0, self.most))} if n else set()
            for n in range(self.size)
        ]

    def failures(self) -> set[str]:
        chance = random.Random(self.seed + 1)
        return {f"s{n}" for n in range(self.size) if chance.randrange(1000) < self.failing}

    def locks_of(self) -> list[tuple[str, ...]]:
        chance = random.Random(self.seed + 2)
        names = [f"lock {n}" for n in range(self.locks)]
        return [tuple(chance.sample(names, chance.randint(0, min(2, len(names))))) for _ in range(self.size)]


shapes = st.builds(
    Shape,
    size=st.integers(1, 40) | st.just(1000),
    reach=st.sampled_from([1, 3, 50, 1000]),
    most=st.integers(0, 5),
    failing=st.sampled_from([0, 3, 30, 300]),
    locks=st.sampled_from([0, 1, 3, 20]),
    seed=st.integers(0, 2**32),
)


@dataclass
class Witness:
    """Sees every step begin, act and end, and complains at once: what it finds wrong is in `wrong`."""

    shape: Shape
    nodes: dict[str, Node] = field(default_factory=dict)
    began: Counter[str] = field(default_factory=Counter)
    done: set[str] = field(default_factory=set)
    inside: Counter[str] = field(default_factory=Counter)
    running: int = 0
    most_running: int = 0
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.guard = threading.Lock()
        self.failures = self.shape.failures()

    def steps(self) -> list[Step]:
        made: list[Step] = []
        for number, (before, locks) in enumerate(zip(self.shape.edges(), self.shape.locks_of(), strict=True)):
            made.append(step(self._body(f"s{number}", locks), *(made[n] for n in sorted(before)), name=f"s{number}"))
        return made

    def _body(self, name: str, locks: tuple[str, ...]):
        there: list[str] = []

        def body(lab):
            with self.guard:
                self.began[name] += 1
                early = [before.name for before in self.nodes[name].pre if before.name not in self.done]
                self.wrong += [f"{name} began before {before} was done" for before in early]
            yield Goal(f"the {name}", (probe,), judge, (Act(f"make {name}", make),), locks=locks)
            with self.guard:
                self.done.add(name)

        def make() -> None:
            with self.guard:
                self.wrong += [f"{name} is not alone with {lock}" for lock in locks if self.inside[lock]]
                self.inside.update(locks)
                self.running += 1
                self.most_running = max(self.most_running, self.running)
            with self.guard:  # others had their chance in between
                self.inside.subtract(locks)
                self.running -= 1
            if name in self.failures:
                raise StepFailed(f"{name} was told to fail")
            there.append(name)

        def judge(answer: bool):
            return Holds() if answer else Missing(name)

        probe = Question(ask=lambda: bool(there), key=name, topic=f"world/{name}")
        return body


def walked(witness: Witness, graph: Graph, home, jobs: int, fail_fast: bool) -> tuple[Session, int, dict[str, Verdict]]:
    """The run on a thread of its own, so that one that hangs fails instead; its exit code and every verdict."""
    config = Config(project_location=home, overrides={"lab": {"jobs": jobs, "fail_fast": fail_fast}})
    session = Session(config)
    witness.nodes = {node.name: node for node in graph.nodes}
    run, ended = Run(session), []

    def walk() -> None:
        try:
            run.walk(graph)
            ended.append(0)
        except Exit as stop:
            ended.append(stop.code)
        except BaseException as error:  # noqa: BLE001 - told by the assertion below
            ended.append(error)

    thread = threading.Thread(target=walk, daemon=True)
    thread.start()
    thread.join(LONGEST_S)
    assert ended, f"{len(run.verdicts)} of {len(graph.nodes)} steps after {LONGEST_S} s: it hangs"
    assert isinstance(ended[0], int), ended[0]
    return session, ended[0], dict(run.verdicts)


def behind(graph: Graph, failures: set[str]) -> set[str]:
    """Every step that needs, however indirectly, one that failed."""
    found: set[str] = set()
    for node in graph.nodes:  # prerequisites stand first
        if any(before.name in found or before.name in failures for before in node.pre):
            found.add(node.name)
    return found


def named(task: Step) -> str:
    return task.name


@pytest.fixture(scope="module", autouse=True)
def threads_change_often():
    """So that what could go wrong between two threads does."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(shape=shapes, jobs=st.integers(1, 16))
def test_a_run_keeps_order_and_locks_and_blocks_exactly_what_needs_a_failure(tmp_path_factory, capfd, shape, jobs):
    witness = Witness(shape)
    steps = witness.steps()
    graph = Graph.of([(one, {}) for one in steps], named)
    session, code, verdicts = walked(witness, graph, tmp_path_factory.mktemp("run"), jobs, fail_fast=False)

    assert witness.wrong == []
    blocked = behind(graph, witness.failures)
    failed = witness.failures - blocked
    words = {name: verdict.word for name, verdict in verdicts.items()}
    assert {name for name, word in words.items() if word == "blocked"} == blocked
    assert {name for name, word in words.items() if word == "failed"} == failed
    assert {name for name, word in words.items() if word == "changed"} == words.keys() - blocked - failed
    assert words.keys() == {one.name for one in steps}
    assert witness.began == Counter(words.keys() - blocked)
    assert witness.most_running <= jobs
    assert code == int(bool(failed))
    for name in blocked:
        chain = (name, *verdicts[name].chain)
        assert chain[-1] in failed
        for after, before in itertools.pairwise(chain):  # "…" stands for the middle of a long one
            assert "…" in (after, before) or before in {one.name for one in witness.nodes[after].pre}

    ended = [event["step"] for event in journal.read(session.journal.path) if event["event"] == "step.ended"]
    assert Counter(ended) == Counter(words.keys())
    place = {name: at for at, name in enumerate(ended)}
    for node in graph.nodes:
        if node.name not in blocked:
            assert all(place[before.name] < place[node.name] for before in node.pre)
    capfd.readouterr()  # what it told, of a thousand steps


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(shape=shapes, jobs=st.integers(1, 16))
def test_with_fail_fast_no_step_begins_once_the_others_are_left_out_and_none_is_forgotten(
    tmp_path_factory, capfd, shape, jobs
):
    witness = Witness(shape)
    graph = Graph.of([(one, {}) for one in witness.steps()], named)
    session, code, verdicts = walked(witness, graph, tmp_path_factory.mktemp("run"), jobs, fail_fast=True)

    assert witness.wrong == []
    assert verdicts.keys() == witness.nodes.keys()
    began = {name for name, verdict in verdicts.items() if verdict.word != "blocked"}
    assert witness.began == Counter(began)
    failed = [name for name, verdict in verdicts.items() if verdict.word == "failed"]
    assert set(failed) <= witness.failures
    assert code == int(bool(failed))
    if began != verdicts.keys():
        told = [(one["event"], one.get("verdict")) for one in journal.read(session.journal.path)]
        after = told[told.index(("step.ended", "blocked")) :]
        assert [event for event, _ in after].count("step.started") < jobs  # handed to their threads already
    capfd.readouterr()


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(shape=shapes.filter(lambda shape: shape.size > 1 and shape.most), data=st.data())
def test_a_cycle_is_told_with_a_path_that_exists(shape, data):
    steps = Witness(shape).steps()
    last = data.draw(st.integers(0, shape.size - 1))
    first = data.draw(st.integers(0, last))
    steps[first].pre.append(steps[last])  # a cycle where `last` needs `first`, however indirectly
    needed, ahead = set(), [steps[last]]
    while ahead:
        one = ahead.pop()
        if one not in needed:
            needed.add(one)
            ahead += [] if one is steps[first] else one.pre
    asked = [(steps[-1], {}), (steps[last], {})]
    if steps[first] not in needed:
        assert Graph.of(asked, named).nodes
        return
    with pytest.raises(CycleError) as cycle:
        Graph.of(asked, named)
    path = cycle.value.path
    assert path[0] == path[-1] and len(set(path)) == len(path) - 1
    by_name = {one.name: one for one in steps}
    for after, before in itertools.pairwise(path):
        assert before in {one.name for one in by_name[after].pre}
    assert " -> ".join(path) in str(cycle.value)
