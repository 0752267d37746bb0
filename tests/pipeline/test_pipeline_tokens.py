"""A service connection's assertion expires in the middle of a run: its tokens last, and without them it says so."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from client_shell import sandbox
from cloud import Cloud, Repository

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

#: How long an assertion lives: enough for a login and `inv preflight`, on a busy machine at the second try.
SECONDS = (15, 45)
#: Lets a cluster take 46 seconds, so that each run here is longer than that.
PACE = 0.16


class Agent:
    """One agent of a pipeline: its folders, its login."""

    def __init__(self, cloud: Cloud, folder: Path) -> None:
        self._cloud, self._agents = cloud, cloud.agents(folder / "project", folder / "agents")
        self.login = folder / "azure"
        self._environ = self._agents.environ | {
            "AKS_LAB_HOME": str(folder / "lab"),
            "AZURE_CONFIG_DIR": str(self.login),
            "HOME": str(folder),
            "TF_BUILD": "True",
        }
        self._project = Repository.at(folder / "project")
        self._project.config("mine", cloud.environment("dev"))

    def sign_in(self, seconds: int) -> float:
        """As the service connection, afresh; returns when its assertion expires, in the time of `time.monotonic`."""
        shutil.rmtree(self.login, ignore_errors=True)
        self.assertion = sandbox("assertion", "--home", self._cloud.home, "--seconds", str(seconds)).strip()
        expires = time.monotonic() + seconds
        for command in replace(self._agents.connection, assertion=self.assertion).sign_in():
            self.run(*command)
        return expires

    def run(self, *words: str, code: int | None = 0) -> str:
        """What it says; it has to end with this exit code, None is any."""
        said, _ = (process := self.start(*words)).communicate()
        assert code in (process.returncode, None), said
        return said

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            words, cwd=self._project.root, env=self._environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def inv(self, *steps: str, code: int | None = 0) -> str:
        return self.run(*INV, *steps, code=code)

    def events(self) -> set[tuple[str, str]]:
        """What has happened to which step in the newest run; all that is written of it."""
        journals = sorted((Path(self._environ["AKS_LAB_HOME"]) / "environments/mine/runs").glob("*/journal.jsonl"))
        lines = journals[-1].read_text().splitlines(keepends=True) if journals else []
        events = [json.loads(line) for line in lines if line.endswith("\n")]
        return {(event["event"], event["step"]) for event in events if "step" in event}


INV = ("inv", "-f", "config/mine.yaml")


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Agent]:
    cloud = Cloud.start(tmp_path / "sandbox", PACE)
    yield Agent(cloud, tmp_path)
    cloud.stop()


def test_a_lab_outlives_its_assertion_for_it_fetched_tokens_first(agent: Agent) -> None:
    for seconds in SECONDS:
        expires = agent.sign_in(seconds)
        said = agent.inv("lab", code=None)
        if ("step.started", "cluster") in agent.events():
            break
    assert re.search(r"^\d+ changed, \d+ held in ", said, re.MULTILINE), said
    assert time.monotonic() > expires, "it expired in the middle"
    other = agent.run("az", "account", "get-access-token", "--scope", "https://management.azure.com/.default", code=1)
    assert "AADSTS700024" in other, "no other token is to be had any more"

    lines = said.splitlines()
    told = lines.index(f"##vso[task.setsecret]{agent.assertion}")
    assert said.count(agent.assertion) == 1, "the agent is told what to hide, and nobody else anything"
    commands = [number for number, line in enumerate(lines) if re.search(r"\$ (az|kubectl|helm) ", line)]
    assert told < min(commands), "before anything that could print it"


def test_a_login_that_runs_out_in_the_middle_is_told_and_the_next_run_goes_on(agent: Agent) -> None:
    """What az keeps is taken away while the cluster is made, as if it had run out too."""
    for seconds in SECONDS:
        expires = agent.sign_in(seconds)
        process = agent.start(*INV, "infra-account")
        while ("step.started", "cluster") not in agent.events() and process.poll() is None:
            time.sleep(0.1)
        if process.poll() is None:
            break
        process.communicate()
    time.sleep(max(0.0, expires + 1 - time.monotonic()))
    assert ("step.ended", "cluster") not in agent.events()
    for kept in ("msal_token_cache.json", *(path.name for path in agent.login.glob("kubelogin.*"))):
        (agent.login / kept).unlink()
    said, _ = process.communicate()
    assert process.returncode == 1, said
    assert re.search(r"held +preflight ", said), said
    told = re.findall(r"^##vso\[task\.logissue type=error\](\S+): .*AADSTS700024.*$", said, re.MULTILINE)
    assert told and "preflight" not in told, said
    assert "the login's own assertion has expired: that of a pipeline lives ten minutes" in said
    assert "run the pipeline's step again, it goes on from here" in said
    assert "AADSTS700024" in agent.inv("infra-account", code=1), "without a login no run gets far"

    agent.sign_in(seconds=600)
    again = agent.inv("infra-account")
    assert re.search(r"held +cluster ", again) and re.search(r"changed +infra-account ", again), again
