"""One goal: asked, judged, acted on, waited for; and what a plan says about it."""

import pytest

from engine.errors import Absent, CommandFailed, NotYet, StepFailed, TimedOut, Unmet
from engine.goal import Act, Command, Differs, Goal, Holds, Missing, Question, Settle
from engine.pursuit import Pursuit
from engine.retry import Retry, Row
from engine.step import step


class World:
    """A dict that questions read and acts write."""

    def __init__(self) -> None:
        self.things: dict[str, str] = {}
        self.asked: list[str] = []

    def question(self, name: str) -> Question:
        def ask():
            self.asked.append(name)
            if name not in self.things:
                raise Absent(f"{name} does not exist")
            return self.things[name]

        return Question(ask=ask, key=name, topic=f"world/{name}")

    def goal(self, name: str, want: str = "there", **options) -> Goal:
        def judge(answer):
            if isinstance(answer, Absent):
                return Missing(name)
            return Holds(answer) if answer == want else Differs((f"- {answer}", f"+ {want}"))

        options.setdefault("acts", (Act(f"make {name}", lambda: self.things.update({name: want})),))
        return Goal(f"the {name}", (self.question(name),), judge, **options)


@pytest.fixture
def world():
    return World()


def test_what_holds_is_left_alone(world, reach):
    world.things["a"] = "there"
    outcome = reach(world.goal("a", acts=(Command(("false",)),)))
    assert (outcome.word, outcome.note) == ("held", "there")


def test_what_is_missing_is_made_and_asked_anew_by_the_next(world, reach):
    assert reach(world.goal("a")).word == "changed"
    assert reach(world.goal("a")).word == "held"
    assert world.asked == ["a", "a"]


def test_what_differs_is_changed_and_told(world, reach):
    world.things["a"] = "wrong"
    assert reach(world.goal("a")).how == ("- wrong", "+ there")


def test_acts_run_in_their_order_and_end_with_the_first_that_fails(world, reach, tmp_path):
    acts = tuple(Command(("sh", "-c", f"echo {n} >> order; test {n} != 2")) for n in (1, 2, 3))
    with pytest.raises(CommandFailed):
        reach(world.goal("a", acts=acts))
    assert (tmp_path / "order").read_text() == "1\n2\n"


def test_a_failed_act_may_have_landed_so_nothing_is_remembered(world, reach):
    goal = world.goal("a", acts=(Command(("false",)),))
    with pytest.raises(CommandFailed):
        reach(goal)
    world.things["a"] = "there"
    assert reach(goal).word == "held"


def test_other_topics_that_acts_touch_are_forgotten(world, session, log, reach):
    world.things["b"] = "old"
    assert session.facts.answer(world.question("b"), log) == "old"
    world.things["b"] = "new"
    reach(world.goal("a", touches=("world/b",)))
    assert session.facts.answer(world.question("b"), log) == "new"


def test_a_check_that_does_not_hold_fails_with_what_is_missing(world, reach):
    with pytest.raises(Unmet, match="the a: a is missing"):
        reach(world.goal("a", acts=()))


def test_an_effect_that_shows_later_is_waited_for(world, reach, session):
    looks = []

    def judge(answer):
        looks.append(1)
        return Holds() if len(looks) == 4 else Missing("a")

    goal = Goal("the a", (world.question("a"),), judge, (Act("nothing", lambda: None),), settle=Settle(5, "a", 0.01))
    assert reach(goal).word == "changed"
    assert len(looks) == 4


def test_a_wait_alone_is_no_change(world, reach):
    answers = iter([Missing("a"), Missing("a"), Holds("now")])
    goal = Goal("the a", (world.question("a"),), lambda _: next(answers), settle=Settle(5, "a to come", 0.01))
    outcome = reach(goal)
    assert (outcome.word, outcome.note) == ("held", "now")


def test_a_wait_has_an_end(world, reach):
    with pytest.raises(TimedOut, match=r"the a: waited 0\.1 s for a to come; still a is missing"):
        reach(world.goal("a", settle=Settle(0.1, "a to come", 0.02), acts=()))


def test_a_wait_ends_at_once_where_what_is_seen_makes_it_hopeless(world, reach):
    signs = Retry((Row(r"wrong (?P<key>\w+)", "permanent", meaning="the <key> is bad", advice="mend it"),))
    world.things["a"] = "wrong email"
    with pytest.raises(Unmet, match="wrong email") as failure:
        reach(world.goal("a", settle=Settle(60, "a", signs=signs), acts=()))
    assert (failure.value.meaning, failure.value.advice) == ("the email is bad", "mend it")


def test_a_wait_in_vain_tells_what_that_may_mean(world, reach):
    signs = Retry((Row("slow", meaning="somebody sleeps", advice="wake them"),))
    world.things["a"] = "slow"
    with pytest.raises(TimedOut, match="still - slow") as failure:
        reach(world.goal("a", settle=Settle(0.05, "a", 0.02, signs=signs), acts=()))
    assert (failure.value.meaning, failure.value.advice) == ("somebody sleeps", "wake them")


def test_a_question_that_cannot_be_answered_is_never_taken_for_missing(reach):
    question = Question(Command(("sh", "-c", "echo login expired >&2; exit 1")), len, "t")
    with pytest.raises(CommandFailed, match="login expired"):
        reach(Goal("it", (question,), lambda _: Missing("it"), (Act("never", lambda: 1 / 0),)))


def test_in_a_plan_nothing_is_done(world, plan):
    goal = world.goal("a", acts=(Command(("touch", "never"), stdin="a\nb\n"), Act("make a", lambda: 1 / 0)))
    outcome = plan(goal)
    assert outcome.word == "would change"
    assert outcome.how == ("a is missing",)
    assert outcome.acts == ("touch never   # standard input: 2 lines", "make a")


def test_in_a_plan_what_only_prepares_this_machine_is_done(world, plan):
    assert plan(world.goal("a", prepares=True)).word == "changed"
    assert world.things == {"a": "there"}


def test_in_a_plan_an_unknown_fact_is_not_known_yet(plan):
    def ask():
        raise NotYet("the cluster does not exist")

    goal = Goal("it", (Question(ask=ask, key="k", topic="t"),), lambda _: Holds())
    assert plan(goal).how == ("the cluster does not exist",)


def test_behind_a_change_a_question_that_fails_is_not_known_yet(session, log, plan):
    goal = Goal("it", (Question(Command(("false",)), len, "t"),), lambda _: Holds())
    with pytest.raises(CommandFailed):
        plan(goal)
    assert Pursuit(session, log, unsure=True).reach(goal).word == "not known yet"


def pursue(session, body):
    return session.pursue("it", step(body), {})


def test_a_body_may_return_nothing_one_goal_or_many(world, session):
    assert pursue(session, lambda lab: None).word == "held"
    assert pursue(session, lambda lab: world.goal("a")).note == "the a"
    assert pursue(session, lambda lab: [world.goal("a"), world.goal("b")]).note == "the b"
    verdict = pursue(session, lambda lab: iter([world.goal("a"), None, [world.goal("c"), world.goal("d")]]))
    assert (verdict.word, verdict.note, len(verdict.outcomes)) == ("changed", "the c and 1 more", 3)


def test_a_generator_may_ask_what_its_earlier_goals_made_true(world, session):
    def body(lab):
        yield world.goal("a", "5")
        yield world.goal("b", lab.get(world.question("a")) * 2)

    assert pursue(session, body).word == "changed"
    assert world.things == {"a": "5", "b": "55"}


def test_a_plan_goes_on_until_something_is_not_known(world, session):
    session.dry = True

    def body(lab):
        yield world.goal("a")
        yield world.goal("b")
        yield world.goal("c", lab.get(world.question("a")))

    verdict = pursue(session, body)
    assert (verdict.word, verdict.note, verdict.not_known) == (
        "would change",
        "the a and 1 more",
        "a does not exist",
    )


@pytest.mark.parametrize(
    ("raised", "note"),
    [
        (StepFailed("no quota"), "no quota"),
        (NotYet("the cluster does not exist"), "the cluster does not exist"),
        (KeyError("oops"), "unexpected KeyError: 'oops'"),
        (SystemExit(3), "unexpected SystemExit: 3"),
    ],
)
def test_whatever_a_body_raises_is_its_verdict(session, raised, note):
    def body(lab):
        raise raised

    verdict = pursue(session, body)
    assert (verdict.word, verdict.note, verdict.error) == ("failed", note, raised)
    assert note.partition(": ")[2] in verdict.log.read_text()


def test_a_bug_has_its_traceback_in_the_log(session):
    def body(lab):
        return 1 / 0

    text = pursue(session, body).log.read_text()
    assert "Traceback" in text
    assert "return 1 / 0" in text


@pytest.mark.parametrize("wrong", ["a goal", 5, ["x"], [[5]], {"a": 1}])
def test_a_body_that_returns_something_else_is_a_bug(session, wrong):
    assert pursue(session, lambda lab: wrong).note.startswith("unexpected TypeError: a step's body ")


def test_goals_side_by_side_run_at_once(session, tmp_path):
    meet = "touch {0}; for i in $(seq 500); do test -e {1} && exit 0; sleep 0.01; done; exit 1"
    absent = Question(ask=lambda: None, key="k", topic="t")
    goals = [
        Goal(name, (absent,), lambda _: Missing("it"), (Command(("sh", "-c", meet.format(name, other))),))
        for name, other in (("a", "b"), ("b", "a"))
    ]
    assert pursue(session, lambda lab: iter([goals])).word == "changed"


def test_what_was_reached_beside_a_failure_is_not_forgotten(world, session):
    bad = world.goal("b", acts=(Command(("false",)),))
    verdict = pursue(session, lambda lab: iter([[world.goal("a"), bad, world.goal("c")]]))
    assert verdict.word == "failed"
    assert [(outcome.goal, outcome.word) for outcome in verdict.outcomes] == [
        ("the a", "changed"),
        ("the c", "changed"),
    ]
