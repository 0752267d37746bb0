"""A rendered pipeline run: each job on a machine of its own, signed in as the service connection, at one sandbox."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from agents import Agents, Connection, Played
from client_shell import PROJECT, sandbox

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

#: A kubelogin that `inv tools` takes for the real one, which only the web has: its own is the sandbox's.
KUBELOGIN = """\
#!/bin/sh
[ "$1" = --version ] && echo "git hash: v0.2.19" && exit
exec {python} {kubelogin} "$@"
"""


@dataclass
class Cloud:
    """A sandbox that is reached as one reaches Azure: a registered cloud, and an entrance."""

    home: Path
    url: str
    ingress: str

    @property
    def connection(self) -> Connection:
        """The operator, whom the sandbox's own issuer vouches for."""
        (found,) = json.loads((self.home / "azure/service_principal_entries.json").read_text())
        (subscription,) = json.loads((self.home / "azure/azureProfile.json").read_text())["subscriptions"]
        return Connection(self.url, found["client_id"], found["tenant"], subscription["id"], found["client_assertion"])

    def environment(self) -> str:
        """The sandbox's environment as one on Azure."""
        given = yaml.safe_load((PROJECT / "config/sandbox.yaml").read_text())
        del given["sandbox"]
        given["entrance"] = {"address": self.ingress, "roots": str(self.home / "tls/letsencrypt-staging.pem")}
        return yaml.safe_dump(given)


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    home = tmp_path_factory.mktemp("cloud") / "sandbox"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    described = json.loads(sandbox("start", "--home", home, "--ingress-port", str(port)))
    assert described["ingress"] == {"port": port}
    yield Cloud(home, described["url"], f"127.0.0.1:{port}")
    sandbox("stop", "--home", home)


@pytest.fixture(scope="module")
def repository(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with an environment of its own, cut into few parts, and the pipeline that is rendered from them."""
    copy = tmp_path_factory.mktemp("repository") / "project"
    ignored = shutil.ignore_patterns(
        ".git", ".lab", ".venv", "tests", "__pycache__", ".*_cache", ".hypothesis", "build"
    )
    shutil.copytree(PROJECT, copy, ignore=ignored)
    (copy / "config/mine.yaml").write_text(cloud.environment())
    settings = yaml.safe_load((copy / "config/pipeline.yaml").read_text())
    (copy / "config/pipeline.yaml").write_text(yaml.safe_dump(settings | {"parts": ["preflight", "images", "cluster"]}))
    inv = [sys.executable, "-m", "invoke", "-f", "config/mine.yaml", "pipeline", "--output", "pipelines/mine.yml"]
    subprocess.run(inv, cwd=copy, check=True, capture_output=True)
    return copy


@pytest.fixture(scope="module")
def agents(cloud: Cloud, repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Agents:
    folder = tmp_path_factory.mktemp("agents")
    trust = str(cloud.home / "tls/ca-bundle.pem")
    environ = {
        **{name: value for name, value in os.environ.items() if name != "AKS_LAB_HOME"},
        "AZURE_CORE_INSTANCE_DISCOVERY": "false",
        "AZURE_CORE_COLLECT_TELEMETRY": "0",
        "REQUESTS_CA_BUNDLE": trust,
        "SSL_CERT_FILE": trust,
    }
    found = Agents(repository, folder, environ, cloud.connection)
    kubelogin = folder / "image/kubelogin"
    kubelogin.write_text(KUBELOGIN.format(python=sys.executable, kubelogin=PROJECT / "sandbox/bin/kubelogin"))
    kubelogin.chmod(0o755)
    return found


def verdicts(played: Played) -> dict[str, str]:
    """The verdict of each step in the job's run."""
    (run,) = next(iter(played.artifacts.values())).iterdir()
    lines = [json.loads(line) for line in (run / "journal.jsonl").read_text().splitlines()]
    return {line["step"]: line["verdict"] for line in lines if line["event"] == "step.ended"}


def killed_once(agents: Agents, job: str, after: str) -> None:
    """Has the job's `inv` killed as soon as this step has ended, in the first attempt."""

    def watch(name: str, folder: Path, process: subprocess.Popen[str]) -> None:
        if (name, agents.attempts[name]) == (job, 1) and "bash" in process.args and "/inv" in process.args[-1]:
            threading.Thread(target=kill, args=(folder, process)).start()

    def kill(folder: Path, process: subprocess.Popen[str]) -> None:
        ended = re.compile(rf'"event": "step.ended", "step": "{after}"')
        while process.poll() is None:
            journals = folder.glob("temporary/lab/environments/mine/runs/*/journal.jsonl")
            if any(ended.search(journal.read_text()) for journal in journals):
                os.killpg(process.pid, signal.SIGKILL)
            time.sleep(0.05)

    agents.watch = watch


def test_a_killed_job_is_run_again_on_another_machine_and_goes_on(agents: Agents) -> None:
    killed_once(agents, "images", after="registry")
    first = agents.run("pipelines/mine.yml", agents=2)
    assert {name: one.result for name, one in first.items()} == {
        "preflight": "succeeded", "cluster": "succeeded", "images": "failed", "lab": "skipped",
    }, told(first)  # fmt: skip
    assert first["images"].artifacts.keys() == {"images-1"}
    assert verdicts(first["images"])["registry"] == "changed"

    second = agents.run("pipelines/mine.yml", agents=2, done=first)
    assert {one.result for one in second.values()} == {"succeeded"}, told(second)
    assert agents.attempts == {"preflight": 1, "cluster": 1, "images": 2, "lab": 1}
    images = verdicts(second["images"])
    assert (images["registry"], images["images"]) == ("held", "held")
    assert "changed" in {images[name] for name in ("frontend-image", "backend-image", "defaultbackend-image")}
    lab = verdicts(second["lab"])
    assert lab["cluster"] == lab["images"] == lab["registry"] == "held"
    assert lab["credentials"] == lab["workload"] == "changed"
    assert lab["verify-page"] == "held"
    assert all(len(one.results) == 1 for one in second.values()), "each job publishes its run as JUnit XML"
    assert "the application's address: https://wi-f.contoso.localhost" in second["lab"].said


def told(ended: dict[str, Played]) -> str:
    return "\n\n".join(f"{name}: {one.result}\n{one.said}" for name, one in ended.items())
