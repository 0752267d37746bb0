"""Which errors are worth another attempt, for how long, and what is told about it."""

import pytest

from engine import clock
from engine.attempts import attempts
from engine.errors import CommandFailed
from engine.goal import Command, Completed
from engine.retry import Retry, Row

COMMAND = Command(("az", "x"))


class Script:
    """Plays one end of a command after the other; time passes only in pauses."""

    def __init__(self, monkeypatch, *ends: tuple[int, str]) -> None:
        self.ends, self.paused, self.announced = list(ends), [], []
        self.moment = 0.0
        monkeypatch.setattr(clock, "monotonic", lambda: self.moment)

    def attempt(self, number: int) -> Completed:
        code, text = self.ends.pop(0) if len(self.ends) > 1 else self.ends[0]
        return Completed(COMMAND, code, "", text, 1.0, number)

    def pause(self, seconds: float) -> None:
        self.paused.append(seconds)
        self.moment += seconds

    def run(self, *rows: Row, accepts=frozenset({0})) -> Completed:
        return attempts(Retry(rows), self.attempt, accepts, self.announced.append, self.pause)


LAG = Row("PrincipalNotFound", within_s=60, wait_s=10, meaning="the principal to be known everywhere")


def test_a_transient_error_is_tried_again(monkeypatch):
    script = Script(monkeypatch, (1, "PrincipalNotFound"), (1, "principalnotfound"), (0, ""))
    completed = script.run(LAG)
    assert completed.attempts == 3
    assert script.paused == [10, 10]
    assert script.announced == ["the principal to be known everywhere"] * 2


def test_an_error_that_no_row_names_is_final(monkeypatch):
    script = Script(monkeypatch, (1, "AuthorizationFailed"))
    with pytest.raises(CommandFailed) as failure:
        script.run(LAG)
    assert failure.value.completed.attempts == 1
    assert script.paused == []


def test_another_error_on_the_way_is_final(monkeypatch):
    script = Script(monkeypatch, (1, "PrincipalNotFound"), (1, "AuthorizationFailed"))
    with pytest.raises(CommandFailed, match="AuthorizationFailed") as failure:
        script.run(LAG)
    assert failure.value.completed.attempts == 2


def test_the_budget_is_wall_time(monkeypatch):
    script = Script(monkeypatch, (1, "PrincipalNotFound"))
    with pytest.raises(CommandFailed) as failure:
        script.run(LAG)
    assert sum(script.paused) == 60
    assert failure.value.completed.attempts == 7
    assert failure.value.meaning == "still so after 7 attempts in 1 min: the principal to be known everywhere"


def test_each_error_has_a_budget_of_its_own(monkeypatch):
    busy = Row("Conflict", within_s=20, wait_s=10)
    ends = [(1, "PrincipalNotFound")] * 5 + [(1, "Conflict")] * 2 + [(0, "")]
    assert Script(monkeypatch, *ends).run(LAG, busy).attempts == 8


def test_retry_after_is_honoured(monkeypatch):
    script = Script(monkeypatch, (1, "TooManyRequests, Retry-After: 17"), (0, ""))
    script.run(Row("TooManyRequests", wait_s=1))
    assert script.paused == [17]


def test_done_is_success_and_permanent_has_a_meaning(monkeypatch):
    assert Script(monkeypatch, (1, "RoleAssignmentExists")).run(Row("RoleAssignmentExists", "done")).exit_code == 1
    quota = Row("quota", "permanent", meaning="no cores left", advice="az vm list-usage")
    with pytest.raises(CommandFailed) as failure:
        Script(monkeypatch, (1, "Quota exceeded")).run(quota, Row("Quota"))
    assert (failure.value.meaning, failure.value.advice) == ("no cores left", "az vm list-usage")


def test_an_accepted_exit_code_is_not_judged_by_what_it_printed(monkeypatch):
    script = Script(monkeypatch, (3, "not found"))
    assert script.run(Row("not found", "permanent"), accepts=frozenset({0, 3})).exit_code == 3


def test_what_an_attempt_raises_comes_out_as_it_is(monkeypatch):
    script = Script(monkeypatch, (1, "PrincipalNotFound"))
    first = script.attempt

    def attempt(number):
        if number == 2:
            raise LookupError("landed")
        return first(number)

    with pytest.raises(LookupError, match="landed"):
        attempts(Retry((LAG,)), attempt, frozenset({0}), script.announced.append, script.pause)
