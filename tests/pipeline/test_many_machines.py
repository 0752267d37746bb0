"""A rendered pipeline run: each job on a machine of its own, signed in as the service connection, at one sandbox."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml
from agents import Agents, Played, Watch
from client_shell import PROJECT
from cloud import Cloud, Repository

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    found = Cloud.start(tmp_path_factory.mktemp("cloud") / "sandbox")
    yield found
    found.stop()


@pytest.fixture(scope="module")
def repository(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """With a pipeline of few parts for an environment of its own, and one for a class of one, with another lock."""
    found = Repository.at(tmp_path_factory.mktemp("repository") / "project")
    found.config("mine", cloud.environment("dev"))
    given = yaml.safe_load((PROJECT / "config/pipeline.yaml").read_text())
    found.config("pipeline", given | {"parts": ["preflight", "images", "cluster"]})
    found.config("class", {"like": "config/mine.yaml", "labs": [{"name": "ada"}]})
    found.inv("-f", "config/mine.yaml", "pipeline", "--output", "pipelines/mine.yml")
    found.config("pipeline", given | {"lock": "class"})
    found.inv("pipeline", "--environments", "config/class.yaml", "--output", "pipelines/class.yml")
    found.inv("pipeline", "--environments", "config/class.yaml", "--step", "destroy", "--output", "pipelines/away.yml")
    return found


@pytest.fixture(scope="module")
def agents(cloud: Cloud, repository: Repository, tmp_path_factory: pytest.TempPathFactory) -> Agents:
    return cloud.agents(repository.root, tmp_path_factory.mktemp("agents"))


def test_a_killed_job_is_run_again_on_another_machine_and_goes_on(agents: Agents) -> None:
    """Beside it another lab comes up on the same sandbox, as one of a class does."""
    agents.watch = killed_once("images", after="registry")
    first = agents.run("pipelines/mine.yml", agents=2)
    assert {name: one.result for name, one in first.items()} == {
        "preflight": "succeeded", "cluster": "succeeded", "images": "failed", "lab": "skipped",
    }, told(first)  # fmt: skip
    assert first["images"].artifacts.keys() == {"images-1"}
    assert first["images"].verdicts["registry"] == "changed"

    with ThreadPoolExecutor() as beside:
        others = beside.submit(agents.run, "pipelines/class.yml", agents=1)
        second = agents.run("pipelines/mine.yml", agents=1, done=first)
    assert {one.result for one in (second | others.result()).values()} == {"succeeded"}, told(second | others.result())
    assert agents.attempts == {"preflight": 1, "cluster": 1, "images": 2, "lab": 1, "environments": 1, "lab.ada": 1}
    images, lab = second["images"].verdicts, second["lab"].verdicts
    assert (images["registry"], images["images"]) == ("held", "held")
    assert "changed" in {images[name] for name in ("frontend-image", "backend-image", "defaultbackend-image")}
    assert lab["cluster"] == lab["images"] == lab["registry"] == "held"
    assert lab["credentials"] == lab["workload"] == "changed"
    assert lab["verify-page"] == "held"
    assert all(len(one.results) == 1 for one in second.values()), "each job publishes its run as JUnit XML"
    assert "the application's address: https://wi-f.contoso.localhost" in second["lab"].said
    assert "<https://wi-f.contoso.localhost>" in summary(second["lab"]).splitlines()
    assert "wi-f.contoso.localhost" not in summary(second["images"]), "nothing answers there yet"
    assert "the application's address: https://ada.contoso.localhost" in others.result()["lab.ada"].said


def test_a_lab_that_goes_leaves_the_other_whole(agents: Agents) -> None:
    gone = agents.run("pipelines/away.yml", agents=1)
    assert gone["destroy.ada"].result == "succeeded", told(gone)
    left = agents.run("pipelines/mine.yml", agents=1, done={name: DONE for name in ("preflight", "images", "cluster")})
    assert left["lab"].result == "succeeded", told(left)
    assert {step for step, verdict in left["lab"].verdicts.items() if verdict != "held"} == ON_ITS_MACHINE


#: What an agent has done for itself, whatever Azure holds.
ON_ITS_MACHINE = {"tools", "credentials"}
#: A job of an earlier run.
DONE = Played("succeeded")


def killed_once(job: str, after: str) -> Watch:
    """Kills the job's `inv` as soon as this step has ended, in the first attempt."""

    def watch(played: Played, process: subprocess.Popen[str]) -> None:
        if (played.job, played.attempt) == (job, 1) and process.args[0] == "bash" and "/inv" in process.args[-1]:
            threading.Thread(target=kill, args=(played, process)).start()

    def kill(played: Played, process: subprocess.Popen[str]) -> None:
        while process.poll() is None:
            if after in played.verdicts:
                os.killpg(process.pid, signal.SIGKILL)
            time.sleep(0.05)

    return watch


def summary(job: Played) -> str:
    """The page that the job's run has handed to the pipeline."""
    (path,) = re.findall(r"^##vso\[task\.uploadsummary\](.+)$", job.said, re.MULTILINE)
    (artifact,) = job.artifacts.values()
    assert Path(path).is_relative_to(artifact)
    return Path(path).read_text()


def told(ended: dict[str, Played]) -> str:
    return "\n\n".join(f"{name}: {one.result}\n{one.said}" for name, one in ended.items())
