"""Which errors are worth another attempt, for how long, and what is told about it."""

import random

import pytest

from engine import clock
from engine.attempts import attempts
from engine.errors import CommandFailed
from engine.goal import Command, Completed
from engine.retry import Retry, Row, asked_s

COMMAND = Command(("az", "x"))


class Script:
    """Plays one end of a command after the other; time passes only in pauses, which have no jitter here."""

    def __init__(self, monkeypatch, *ends: tuple[int, str]) -> None:
        self.ends, self.paused, self.announced = list(ends), [], []
        self.moment = 0.0
        monkeypatch.setattr(clock, "monotonic", lambda: self.moment)
        monkeypatch.setattr(random, "uniform", lambda low, high: 1.0)

    def attempt(self, number: int) -> Completed:
        code, text = self.ends.pop(0) if len(self.ends) > 1 else self.ends[0]
        return Completed(COMMAND, code, "", text, 1.0, number)

    def pause(self, seconds: float) -> None:
        self.paused.append(seconds)
        self.moment += seconds

    def run(self, *rows: Row, accepts=frozenset({0})) -> Completed:
        return attempts(Retry(rows), self.attempt, accepts, self.announced.append, self.pause)

    def failure(self, *rows: Row) -> CommandFailed:
        with pytest.raises(CommandFailed) as failure:
            self.run(*rows)
        return failure.value


LAG = Row("PrincipalNotFound", within_s=60, waiting_for="the principal to be known", usually="1 min")


def test_a_transient_error_is_tried_again(monkeypatch):
    script = Script(monkeypatch, (1, "PrincipalNotFound"), (1, "principalnotfound"), (0, ""))
    completed = script.run(LAG)
    assert completed.attempts == 3
    assert script.paused == [2, 4]
    assert script.announced == ["the principal to be known, usually 1 min"] * 2


def test_an_error_that_no_row_names_is_final(monkeypatch):
    script = Script(monkeypatch, (1, "AuthorizationFailed"))
    assert script.failure(LAG).completed.attempts == 1
    assert script.paused == []


def test_another_error_on_the_way_is_final(monkeypatch):
    failure = Script(monkeypatch, (1, "PrincipalNotFound"), (1, "AuthorizationFailed")).failure(LAG)
    assert "AuthorizationFailed" in str(failure)
    assert failure.completed.attempts == 2


def test_the_budget_is_wall_time_and_the_last_attempt_is_made_at_its_end(monkeypatch):
    script = Script(monkeypatch, (1, "PrincipalNotFound"))
    row = Row("PrincipalNotFound", within_s=60, most_s=16, meaning="there is none", advice="look")
    failure = script.failure(row)
    assert script.paused == [2, 4, 8, 16, 16, 14]
    assert failure.meaning == "still so after 7 attempts: there is none"
    assert failure.advice == "look"


def test_time_that_the_attempts_take_counts(monkeypatch):
    script = Script(monkeypatch, (1, "PrincipalNotFound"))
    first = script.attempt

    def slow(number: int) -> Completed:
        script.moment += 50
        return first(number)

    script.attempt = slow
    assert script.failure(LAG).completed.attempts == 3
    assert script.moment == 50 + 2 + 50 + 4 + 50


def test_each_error_has_a_budget_of_its_own(monkeypatch):
    busy = Row("Conflict", within_s=20, first_s=10)
    ends = [(1, "PrincipalNotFound")] * 5 + [(1, "Conflict")] * 2 + [(0, "")]
    script = Script(monkeypatch, *ends)
    assert script.run(LAG, busy).attempts == 8
    assert script.paused == [2, 4, 8, 16, 30, 10, 10], "and a first pause of its own"


def test_a_pause_is_a_quarter_longer_or_shorter():
    pauses = {LAG.pause_s(1) for _ in range(200)}
    assert 3 <= min(pauses) < 3.2
    assert 4.8 < max(pauses) <= 5


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("TooManyRequests, Retry-After: 17", 17),
        ("exceeded the backend storage limit. Please try again after '6' seconds.", 6),
        ("Please try again after '372' seconds after additional tokens are available.", 372),
        ('{"retryAfterSeconds":1}', 1),
        ("try again in 5 minutes", 300),
        ("too many certificates already issued: retry after 2026-12-01 10:00:00 UTC", None),
        ("Please try again later.", None),
    ],
)
def test_what_a_server_asks_for(text, seconds):
    assert asked_s(text) == seconds


def test_retry_after_is_honoured(monkeypatch):
    script = Script(monkeypatch, (1, "TooManyRequests, Retry-After: 17"), (0, ""))
    script.run(Row("TooManyRequests"))
    assert script.paused == [17]


def test_who_asks_for_more_time_than_there_is_gets_no_other_attempt(monkeypatch):
    script = Script(monkeypatch, (1, "TooManyRequests, Retry-After: 3600"))
    failure = script.failure(Row("TooManyRequests", within_s=600, meaning="throttled"))
    assert script.paused == []
    assert failure.meaning == "still so after 1 attempt, and asked to wait 1 h 00 min: throttled"


def test_done_is_success_and_permanent_has_a_meaning(monkeypatch):
    assert Script(monkeypatch, (1, "RoleAssignmentExists")).run(Row("RoleAssignmentExists", "done")).exit_code == 1
    quota = Row("quota", "permanent", meaning="no cores left", advice="az vm list-usage")
    failure = Script(monkeypatch, (1, "Quota exceeded")).failure(quota, Row("Quota"))
    assert (failure.meaning, failure.advice) == ("no cores left", "az vm list-usage")


def test_what_the_error_names_is_in_its_meaning_and_advice(monkeypatch):
    text = "Here is the traceback:\n  File x\nexceptions.Error: (NoRegion) eastus is full\nand more"
    full = Row(r"NoRegion\) (?P<region>\w+)", "permanent", meaning="<region> is full", advice="choose <other>")
    failure = Script(monkeypatch, (1, text)).failure(full)
    assert (failure.meaning, failure.advice) == ("eastus is full", "choose <other>")
    assert str(failure) == "az: exceptions.Error: (NoRegion) eastus is full (exit code 1)"


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


@pytest.mark.parametrize(
    ("said", "paused"),
    [("Retry-After: 0", [2, 4]), ("Retry-After: 7", [7, 7]), ("try again in 2 minutes", [120, 120])],
)
def test_a_pause_that_is_asked_for_is_made_and_none_is_never_none(monkeypatch, said, paused):
    script = Script(monkeypatch, (1, f"busy {said}"), (1, f"busy {said}"), (0, ""))
    script.run(Row("busy", within_s=600))
    assert script.paused == paused


def test_who_asks_for_hours_is_not_waited_for(monkeypatch):
    failure = Script(monkeypatch, (1, "busy, again in 2 hours")).failure(Row("busy", within_s=600))
    assert failure.meaning == "still so after 1 attempt, and asked to wait 2 h 00 min"


HIDDEN = Row("could not write it down", at_zero=True, within_s=60, meaning="it is not written down")


def test_an_error_that_an_exit_code_of_0_hides_is_tried_again(monkeypatch):
    script = Script(monkeypatch, (0, "could not write it down"), (0, "done; busy"))
    assert script.run(Row("busy"), HIDDEN).attempts == 2, "of a success only rows count that say so"


def test_an_error_that_an_exit_code_of_0_hides_is_one_in_the_end(monkeypatch):
    failure = Script(monkeypatch, (0, "could not write it down")).failure(HIDDEN)
    assert failure.meaning.endswith("attempts: it is not written down")
    assert str(failure) == "az: could not write it down (exit code 0)"
