"""The longest path, and what a run came down to."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from engine.bounds import Bounds
from engine.critical import Link, bounding_chain, critical_path, remaining
from engine.events import RunStarted
from engine.record import Ran, RunRecord, Span, StepRecord, Waited

#: A diamond with a long and a short side, and something beside it.
NEEDS = {"root": [], "long": ["root"], "short": ["root"], "end": ["short", "long"], "aside": []}
SECONDS = {"root": 1.0, "long": 5.0, "short": 2.0, "end": 1.0, "aside": 6.5}

graphs = st.integers(1, 8).flatmap(
    lambda size: st.tuples(*(st.sets(st.integers(0, n - 1)) if n else st.just(set()) for n in range(size)))
)


def test_the_longest_path_and_what_is_left_from_each_step_on():
    assert critical_path(NEEDS, SECONDS) == ["root", "long", "end"]
    assert remaining(NEEDS, SECONDS) == {"root": 7.0, "long": 6.0, "short": 3.0, "end": 1.0, "aside": 6.5}
    assert critical_path({}, {}) == []


@given(graphs, st.lists(st.integers(0, 9), min_size=8, max_size=8))
def test_it_is_as_long_as_the_longest_of_all_paths(edges, lengths):
    needs, seconds = dict(enumerate(edges)), dict(enumerate(map(float, lengths)))

    def longest_to(step):
        return seconds[step] + max((longest_to(before) for before in needs[step]), default=0)

    path = critical_path(needs, seconds)
    assert all(before in needs[step] for before, step in pairwise(path))
    longest = max(map(longest_to, needs))
    assert sum(seconds[step] for step in path) == longest == max(remaining(needs, seconds).values())


def test_a_run_comes_down_to_the_steps_that_waited_for_each_other_or_for_a_free_job():
    began = {"root": 0.0, "short": 1.0, "long": 3.0, "end": 8.0}  # one job; `aside` was blocked
    ended = {"root": 1.0, "short": 3.0, "long": 8.0, "end": 9.0}
    assert bounding_chain(NEEDS, began, ended) == [Link("root", 0, 1), Link("long", 2, 5), Link("end", 0, 1)]
    assert bounding_chain(NEEDS, {}, {}) == []


def test_time_in_which_a_step_only_waited_for_another_lengthens_no_path():
    """One lock makes two steps serial: the run took both, and the longest path is that of the longer one."""
    steps = {
        "holder": StepRecord("holder", span=Span(0, 5), commands=[Ran(0, 5)]),
        "waiter": StepRecord(
            "waiter",
            span=Span(0, 9),
            commands=[Ran(1, 2), Ran(5, 9)],  # the first beside its wait
            waits=[Waited(0.5, 5, on="lock"), Waited(6, 8, on="effect")],
        ),
        "asker": StepRecord("asker", span=Span(0, 6), waits=[Waited(0, 6, on="answer")]),
    }
    bounds = Bounds.of(RunRecord(RunStarted("r", "inv", "e", "t", "inv", False, 8, 1, "h", {}), "", Span(0, 9), steps))
    assert bounds.longest_s == 9 - 3.5  # 0.5 to 5, without the second of its command
    assert bounds.chain == (Link("waiter", 0, 9),)
