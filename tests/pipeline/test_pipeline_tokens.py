"""A service connection's assertion expires before the lab is done: its tokens last, and without them it says so."""

from __future__ import annotations

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

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

#: How long an assertion lives: enough for a login and `inv preflight`, on a busy machine at the second or third try.
SECONDS = (15, 45, 135)


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
        assertion = sandbox("assertion", "--home", self._cloud.home, "--seconds", str(seconds)).strip()
        expires = time.monotonic() + seconds
        for command in replace(self._agents.connection, assertion=assertion).sign_in():
            self.run(*command)
        return expires

    def run(self, *words: str, code: int | None = 0) -> str:
        """What it says; it has to end with this exit code, None is any."""
        ended = subprocess.run(
            words, cwd=self._project.root, env=self._environ, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        assert code in (ended.returncode, None), ended.stdout + ended.stderr
        return ended.stdout + ended.stderr

    def inv(self, *steps: str, code: int | None = 0) -> str:
        return self.run("inv", "-f", "config/mine.yaml", *steps, code=code)


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Agent]:
    cloud = Cloud.start(tmp_path / "sandbox")
    yield Agent(cloud, tmp_path)
    cloud.stop()


def test_tokens_outlive_the_assertion_and_an_expired_login_is_told(agent: Agent) -> None:
    for seconds in SECONDS:
        expires = agent.sign_in(seconds)
        said = agent.inv("preflight", code=None)
        if "AADSTS700024" not in said:
            break
    assert re.search(r"held +preflight ", said), said
    time.sleep(max(0.0, expires + 1 - time.monotonic()))
    other = agent.run("az", "account", "get-access-token", "--scope", "https://management.azure.com/.default", code=1)
    assert "AADSTS700024" in other, "no other token is to be had any more"
    said = agent.inv("infra-account", "defaultbackend-image")
    assert re.search(r"changed +defaultbackend-image ", said), said
    assert re.search(r"changed +cluster ", said) and re.search(r"changed +infra-account ", said), said

    (agent.login / "msal_token_cache.json").unlink()
    failed = agent.inv("infra-account", code=1)
    assert "AADSTS700024" in failed
    assert "##vso[task.logissue type=error]preflight: " in failed
    assert "the login's own assertion has expired: that of a pipeline lives ten minutes" in failed
    assert "run the pipeline's step again, it goes on from here" in failed

    agent.sign_in(seconds=600)
    assert re.search(r"held +infra-account ", agent.inv("infra-account"))
