"""Facts: asked once, by one of those who ask at the same moment, until a write touches their topic."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from engine.errors import Absent, CommandFailed, NotYet
from engine.goal import Command, Question


def counting(topic="az/role", exits=0, key="the fact"):
    asked = []

    def ask():
        asked.append(1)
        return len(asked)

    return Question(ask=ask, key=key, topic=topic), asked


def test_a_question_is_asked_once(session, log):
    question, _asked = counting()
    assert [session.facts.answer(question, log) for _ in range(3)] == [1, 1, 1]


def test_many_who_ask_at_the_same_moment_share_one_question(session, log, tmp_path):
    question = Question(
        Command(("sh", "-c", "echo x >> asked; sleep 0.3; cat asked")), lambda end: end.stdout, topic="t"
    )
    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(lambda _: session.facts.answer(question, log), range(8)))
    assert answers == {"x\n"}


def test_two_readings_of_one_command_share_its_process(session, log, tmp_path):
    command = Command(("sh", "-c", 'echo x >> asked; echo \'{"a": 1, "b": 2}\''))
    assert session.facts.answer(Question(command, lambda end: end.json()["a"], topic="t"), log) == 1
    assert session.facts.answer(Question(command, lambda end: end.json()["b"], topic="t/u"), log) == 2
    assert (tmp_path / "asked").read_text() == "x\n"


@pytest.mark.parametrize(
    ("written", "forgotten"),
    [
        ("az/role", True),
        ("az", True),
        ("az/role/x/y", True),
        ("az/group", False),
        ("a", False),
        ("az/rol", False),
        ("az/role2", False),
    ],
)
def test_a_write_forgets_its_topic_and_what_is_above_and_below(session, log, written, forgotten):
    question, _asked = counting("az/role")
    session.facts.answer(question, log)
    session.facts.forget([written])
    assert session.facts.answer(question, log) == (2 if forgotten else 1)


def test_a_fact_under_two_topics_is_forgotten_with_either(session, log):
    first, asked = counting("kube/a")
    second = Question(ask=first.ask, key=first.key, topic="helm/a")
    for topic in ("kube/a", "helm"):
        before = len(asked)
        session.facts.answer(first, log)
        session.facts.answer(second, log)
        session.facts.forget([topic])
        session.facts.answer(first, log)
        assert len(asked) == before + (1 if before else 2)


def test_what_is_written_while_it_is_asked_is_asked_again(session, log):
    asking, written = threading.Event(), threading.Event()
    answers = iter(["before", "after"])

    def ask():
        answer = next(answers)
        asking.set()
        written.wait(5)
        return answer

    question = Question(ask=ask, key="slow", topic="t")
    thread = threading.Thread(target=session.facts.answer, args=(question, log))
    thread.start()
    asking.wait(5)
    session.facts.forget(["t"])
    written.set()
    thread.join()
    assert session.facts.answer(question, log) == "after"


def test_absence_is_an_answer_and_get_wants_a_value(session):
    def ask():
        raise Absent("identity id-x does not exist")

    lab = session.lab("a-step")
    question = Question(ask=ask, key="absent", topic="t")
    assert isinstance(lab.ask(question), Absent)
    with pytest.raises(NotYet, match="identity id-x does not exist"):
        lab.get(question)


def test_an_error_is_no_answer_and_is_not_remembered(session, log, tmp_path):
    command = Command(("sh", "-c", "test -e ready && echo yes"))
    question = Question(command, lambda end: end.stdout, topic="t")
    with pytest.raises(CommandFailed):
        session.facts.answer(question, log)
    (tmp_path / "ready").touch()
    assert session.facts.answer(question, log) == "yes\n"


@pytest.mark.parametrize(
    "wrong",
    [
        {"topic": "t"},
        {"command": Command(("a",)), "read": len, "ask": len, "topic": "t"},
        {"command": Command(("a",)), "topic": "t"},
        {"ask": len, "topic": "t"},
        {"ask": len, "key": "k"},
    ],
)
def test_a_question_that_makes_no_sense_is_refused_where_it_is_written(wrong):
    with pytest.raises(TypeError):
        Question(**wrong)


def test_a_part_is_taken_out_of_the_whole_until_something_of_it_is_written(session, log):
    whole, asked = counting("kube", key="all pods")

    def part(name):
        def own():
            asked.append(name)
            return f"{name} by itself"

        return Question(
            ask=own, key=name, topic=f"kube/{name}", whole=whole, part=lambda answer: f"{name} of list {answer}"
        )

    assert [session.facts.answer(part(name), log) for name in "aba"] == [f"{name} of list 1" for name in "aba"]
    session.facts.forget(["az/role"])
    assert session.facts.answer(part("c"), log) == "c of list 1"
    session.facts.forget(["kube/a"])
    assert [session.facts.answer(part(name), log) for name in "aba"] == [f"{name} by itself" for name in "aba"]
    assert asked == [1, "a", "b"]


def test_a_part_that_the_whole_lacks_is_absent(session, log):
    def part(answer):
        raise Absent("not in the list")

    whole, _ = counting("kube", key="all pods")
    question = Question(ask=lambda: "there", key="one", topic="kube/one", whole=whole, part=part)
    assert isinstance(session.facts.answer(question, log), Absent)


@pytest.mark.parametrize("script", ["echo x >> asked; exit 1", "echo x >> asked; exit 3"])
def test_a_whole_that_cannot_be_had_is_asked_for_once(session, log, tmp_path, script):
    def read(completed):
        if completed.exit_code == 3:
            raise Absent("nobody knows the kind")

    whole = Question(Command(("sh", "-c", script)), read, topic="kube", accepts=frozenset({0, 3}))
    for name in "abc":
        question = Question(
            ask=lambda name=name: name, key=name, topic=f"kube/{name}", whole=whole, part=lambda answer: "of the whole"
        )
        assert session.facts.answer(question, log) == name
    assert (tmp_path / "asked").read_text() == "x\n"


def test_for_a_lenient_question_an_error_is_an_answer(session, log):
    strict = Question(Command(("sh", "-c", "exit 4")), lambda end: end, topic="t")
    assert session.facts.answer(replace(strict, lenient=True), log).completed.exit_code == 4
    with pytest.raises(CommandFailed):
        session.facts.answer(strict, log)
    reader = Question(Command(("sh", "-c", "exit 4")), lambda end: end.checked(), topic="t", accepts=frozenset({4}))
    assert isinstance(session.facts.answer(replace(reader, lenient=True), log), CommandFailed)
