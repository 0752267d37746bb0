"""What a rehearsal tells, and when it counts as one that went well."""

from dataclasses import replace

import pytest

from tools.rehearsal import Plan, Rehearsal, report

GOOD = Rehearsal(
    plan=Plan(7, ["reset", "slow"], 0.01), exit_code=0, seconds=41.6, undisturbed_s=20.0, tried_again=2, waited_s=12.0,
    failed={},
    injected=[
        {"fault": "reset", "request": "arm GET /resources", "what": "connection reset, nothing done"},
        {"fault": "reset", "request": "arm GET /resources", "what": "connection reset, nothing done"},
        {"fault": "slow", "request": "graph GET /v1.0/groups", "what": "answered after 2.0 s"},
    ],
    differences=[],
)  # fmt: skip
STATE = {"resources": {"a": 1, "b": 2}, "releases": {"c": 3}, "under way": {}}


def said(rehearsal: Rehearsal) -> str:
    return "\n".join(text for _, text in report(rehearsal, STATE))


def test_what_was_injected_where_and_what_it_cost() -> None:
    assert GOOD.converged
    assert said(GOOD).strip().splitlines() == [
        "injected  3 faults (seed 7, rate 0.01)",
        "  reset  2",
        "    arm GET /resources: connection reset, nothing done (2 times)",
        "  slow  1",
        "    graph GET /v1.0/groups: answered after 2.0 s",
        "cost      42 s instead of 20 s; 2 more attempts, waited for 12 s",
        "state     as without faults: 2 resources, 1 releases",
    ]


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (replace(GOOD, exit_code=1), "not looked at: the run ended with 1"),
        (replace(GOOD, differences=["pods: web: ready: 1 -> 0"]), "not as without faults: 1 difference\n  pods: web:"),
        (replace(GOOD, differences=["x"] * 50), "and 10 more"),
    ],
)
def test_another_outcome_is_no_success(bad: Rehearsal, words: str) -> None:
    assert not bad.converged
    assert words in said(bad)
