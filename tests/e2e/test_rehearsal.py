"""A rehearsal as a user makes it: the real inv, the real clients, a sandbox that goes wrong."""

import json
import sys
from pathlib import Path

import pytest
from labs import PROJECT, TestLab

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


def test_the_lab_comes_out_the_same_under_faults(lab: TestLab) -> None:
    ended = lab.inv("rehearse", "--seed=1")
    assert ended.code == 0, ended.text
    assert "first without faults, to compare with" in ended.out
    kept = json.loads((lab.home / "rehearsals/seed-1.json").read_text())
    assert kept["converged"] and kept["exit_code"] == 0 and not kept["differences"]
    assert kept["injected"] and f"injected  {len(kept['injected'])} faults (seed 1, rate 0.01)" in ended.out
    assert all(one["fault"] in ended.out and one["request"] in ended.out for one in kept["injected"])
    assert "state     as without faults:" in ended.out and "3 releases" in ended.out
    assert not list(lab.home.glob("rehearsals/*/")), "what is not needed any more lies about"
    assert not (lab.home / "sandbox").exists(), "the user's own sandbox has nothing to do with it"


def test_a_rehearsal_of_what_is_no_fault_is_refused_at_once(lab: TestLab) -> None:
    for option, words in (
        ("--faults=reset,resett", "there is no fault 'resett': "),
        ("--rate=2", "a rate is a number from 0 to 1, not 2"),
        ("--seed=x", "an option takes a number"),
    ):
        ended = lab.inv("rehearse", option)
        assert ended.code == 2 and words in ended.err and "Traceback" not in ended.err, ended.text


def test_killed_runs_come_out_the_same_in_the_end(lab: TestLab, tools: Path, tmp_path: Path) -> None:
    """A run whose runner is killed, one of which a child is, and one that is left alone."""
    (undisturbed,) = lab.home.glob("rehearsals/undisturbed-*.json")
    kept = {"state": json.loads(undisturbed.read_text())["state"], "commands": 90}
    (tmp_path / "undisturbed.json").write_text(json.dumps(kept))
    program = [sys.executable, str(PROJECT / "tests/trouble/kills.py"), "--folder", str(tmp_path)]
    ended = lab.run(*program, "--seeds=11", "--kills=2", "--tools", str(tools), timeout_s=500)
    (outcome,) = [json.loads(line) for line in (tmp_path / "results.jsonl").read_text().splitlines()]
    assert ended.code == 0 and outcome["converged"], outcome
    assert [kill["victim"] for kill in outcome["kills"]] == ["runner", "child"]
    assert all(kill["killed"] for kill in outcome["kills"]), "nothing was killed"
