"""The played agents: what they do not know they refuse, and of two runs that want one environment they take turns."""

from __future__ import annotations

import copy
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml
from agents import Agents, Connection

PROJECT = Path(__file__).parents[2]
CONNECTION = Connection("aks-lab", "https://none.invalid", "client", "tenant", "subscription", "assertion")
LOOK = 'date +%s%N; sleep 1; date +%s%N; echo "##vso[task.setvariable variable=begun]yes"; exit $(failing)'
TELL = 'echo "begun is $BEGUN"'


def pipeline(lock: str, failing: int = 0) -> dict[str, Any]:
    begun = "and(always(), eq(variables.begun, 'yes'))"
    steps = [{"download": "none"}, {"checkout": "self"}, {"script": LOOK}, {"script": TELL, "condition": begun}]
    job = {"deployment": "only", "environment": lock, "strategy": {"runOnce": {"deploy": {"steps": steps}}}}
    return {"variables": {"failing": str(failing)}, "stages": [{"lockBehavior": "sequential", "jobs": [job]}]}


@pytest.fixture
def agents(tmp_path: Path) -> Agents:
    (tmp_path / "repository").mkdir()
    return Agents(tmp_path / "repository", tmp_path / "agents", {"PATH": "/usr/bin:/bin"}, CONNECTION)


def written(agents: Agents, name: str, content: dict[str, Any]) -> str:
    (agents.repository / name).write_text(yaml.safe_dump(content))
    return name


@pytest.mark.parametrize(("other", "overlap"), [("mine", False), ("yours", True)])
def test_an_environment_is_one_runs_at_a_time(agents: Agents, other: str, overlap: bool) -> None:
    names = [written(agents, "first.yml", pipeline("mine")), written(agents, "second.yml", pipeline(other))]
    with ThreadPoolExecutor() as both:
        ended = [one["only"] for one in both.map(lambda name: agents.run(name, agents=1), names)]
    assert {one.result for one in ended} == {"succeeded"}
    (_, end), (begin, _) = sorted([int(word) for word in one.said.split()[:2]] for one in ended)
    assert (begin < end) is overlap


@pytest.mark.parametrize(("failing", "result"), [(0, "succeeded"), (3, "failed")])
def test_what_a_script_sets_is_there_for_the_steps_behind_it(agents: Agents, failing: int, result: str) -> None:
    ended = agents.run(written(agents, "one.yml", pipeline("mine", failing)), agents=1)["only"]
    assert ended.result == result and "begun is yes" in ended.said


@pytest.mark.parametrize(
    ("place", "key", "value"),
    [
        ("AzureCLI@2", "scriptLocation", "scriptPath"),
        ("AzureCLI@2", "azureSubscription", "somebody-elses"),
        ("AzureCLI@2", "addSpnToEnvironment", "true"),
        ("PublishTestResults@2", "testResultsFormat", "NUnit"),
        ("PublishTestResults@2", "testResultsFiles", None),
        ("AzureCLI@1", "", ""),
    ],
)
def test_a_task_with_other_inputs_is_refused(agents: Agents, place: str, key: str, value: str | None) -> None:
    (stage,) = yaml.safe_load((PROJECT / "azure-pipelines.yml").read_text())["stages"]
    steps = stage["jobs"][0]["strategy"]["runOnce"]["deploy"]["steps"]
    found = copy.deepcopy(next(one for one in steps if one.get("task", "")[:-1] == place[:-1]))
    found["task"] = place
    found.pop("condition", None)
    found["inputs"] |= {key: value} if value and key else {}
    if value is None:
        del found["inputs"][key]
    changed = pipeline("mine")
    changed["stages"][0]["jobs"][0]["strategy"]["runOnce"]["deploy"]["steps"][2:] = [found]
    with pytest.raises(AssertionError):
        agents.run(written(agents, "one.yml", changed), agents=1)


def test_a_deployment_that_would_be_handed_artifacts_is_refused(agents: Agents) -> None:
    changed = pipeline("mine")
    del changed["stages"][0]["jobs"][0]["strategy"]["runOnce"]["deploy"]["steps"][0]
    with pytest.raises(AssertionError, match="would be handed"):
        agents.run(written(agents, "one.yml", changed), agents=1)
