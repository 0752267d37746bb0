"""An act that is repeated: only when nothing of it has taken effect, and nothing is in its way."""

import pytest

from engine.errors import Absent, StepFailed
from engine.goal import Act, Command, Differs, Goal, Holds, Missing, Question, Settle
from engine.retry import Retry, Row


def test_a_write_is_not_repeated_when_it_had_taken_effect(reach, tmp_path):
    def read(end):
        if end.exit_code:
            raise Absent("none")
        return end.stdout

    question = Question(Command(("cat", "made")), read, "t", frozenset({0, 1}))
    retry = Retry((Row("connection reset", first_s=0.01),))
    landed = Command(("sh", "-c", "echo x >> made; echo Connection reset >&2; exit 1"), retry=retry)
    goal = Goal("it", (question,), lambda a: Missing("it") if isinstance(a, Absent) else Holds(), (landed,))
    assert reach(goal).word == "changed"
    assert (tmp_path / "made").read_text() == "x\n"


def test_what_a_write_has_set_going_is_waited_for_before_it_is_repeated(reach, tmp_path):
    """Its answer is lost, and what it asked for comes to be a moment later."""
    made = Question(Command(("cat", "made")), lambda end: end.stdout, "made", frozenset({0, 1}))
    going = Question(Command(("ls",)), lambda end: "going" in end.stdout, "going")
    begun = "touch going; { sleep 0.3; echo x >> made; rm going; } > /dev/null 2>&1 & echo Connection reset >&2; exit 1"
    act = Command(("sh", "-c", begun), retry=Retry((Row("connection reset", first_s=0.01),)))
    patience = Settle(9, "what was begun to end", 0.02)
    quiet = Goal("quiet", (going,), lambda goes: Differs("it goes on") if goes else Holds(), settle=patience)
    goal = Goal("it", (made,), lambda text: Holds() if text else Missing("it"), (act,), quiet=quiet)
    outcome = reach(goal)
    assert (outcome.word, outcome.note) == ("changed", "took effect, although its answer was lost")
    assert (tmp_path / "made").read_text() == "x\n"


def test_of_several_acts_none_is_repeated_once_the_goal_holds(reach, tmp_path):
    """The first act's answer is lost, and what it did is all that was missing."""
    retry = Retry((Row("connection reset", first_s=0.01),))
    made = Command(("sh", "-c", "echo x >> made; echo Connection reset >&2; exit 1"), retry=retry)
    question = Question(Command(("cat", "made")), lambda end: end.stdout, "t", frozenset({0, 1}))
    goal = Goal("it", (question,), lambda a: Holds() if a else Missing("it"), (made, Command(("touch", "never"))))
    outcome = reach(goal)
    assert (outcome.word, outcome.note) == ("changed", "took effect, although its answer was lost")
    assert (tmp_path / "made").read_text() == "x\n"
    assert not (tmp_path / "never").exists()


def test_an_act_in_this_process_is_done_once_whatever_it_raises(reach):
    done = []

    def do():
        done.append(1)
        raise StepFailed("Connection reset")

    with pytest.raises(StepFailed):
        reach(Goal("a", (), lambda: Missing("a"), (Act("make a", do),)))
    assert done == [1]


REMAINS = """
case $(cat state 2> /dev/null) in
    "") echo half > state; echo connection reset >&2; exit 1 ;;
    half) echo in the way >&2; exit 1 ;;
esac
echo done > state
"""


@pytest.fixture
def half_way(tmp_path):
    """A goal whose act leaves a state in which it cannot be done again before that is cleared away."""

    def judge(state):
        if state == "done":
            return Holds()
        return (
            Differs("half", first=(Command(("sh", "-c", "echo clear > state; echo . >> cleared")),))
            if state == "half"
            else Missing("it")
        )

    act = Command(("sh", "-c", REMAINS), retry=Retry((Row("connection reset", first_s=0.01),)))
    question = Question(Command(("cat", "state")), lambda end: end.stdout.strip(), "t", frozenset({0, 1}))
    return Goal("it", (question,), judge, (act,))


def test_what_is_in_the_way_is_cleared_away_first(half_way, reach, tmp_path):
    (tmp_path / "state").write_text("half")
    outcome = reach(half_way)
    assert (outcome.word, outcome.acts[0]) == ("changed", "sh -c 'echo clear > state; echo . >> cleared'")
    assert (tmp_path / "state").read_text() == "done\n"


def test_what_a_failed_act_leaves_is_cleared_away_before_it_is_repeated(half_way, reach, tmp_path):
    assert reach(half_way).word == "changed"
    assert (tmp_path / "cleared").read_text() == ".\n"


def test_a_plan_tells_what_is_done_first(half_way, plan, tmp_path):
    (tmp_path / "state").write_text("half")
    assert len(plan(half_way).acts) == 2
