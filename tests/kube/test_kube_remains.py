"""What a killed helm, or a lost answer, leaves behind: the lab's steps see it, and put it right by themselves."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Cluster

from sandbox.trouble.plan import Hit, Plan

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
GOOD, MISSING = "registry.k8s.io/pause:3.10", "localhost:1/missing:1"
TASKS = """
import os
from types import SimpleNamespace
from engine.step import step
from tools import helm, kubectl

def thing(lab):
    namespace = os.environ["NAMESPACE"]
    thing = f"{{apiVersion: v1, kind: ConfigMap, metadata: {{name: thing, namespace: {namespace}}}, data: {{a: b}}}}"
    return kubectl.applied("the thing", thing, namespace)

def rel(lab):
    chart = SimpleNamespace(ref="chart", repo=None, version="0.1.0")
    return helm.release(lab, "rel", chart, os.environ["NAMESPACE"], f"image: {os.environ['IMAGE']}", timeout_s=60)

thing, rel = step(thing), step(rel)
"""
TEMPLATE = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}, namespace: {{ .Release.Namespace }}}
spec:
  selector: {matchLabels: {app: {{ .Release.Name }}}}
  template:
    metadata: {labels: {app: {{ .Release.Name }}}}
    spec: {containers: [{name: main, image: {{ .Values.image | quote }}}]}
"""


class Lab:
    """A project with one step, the release, in a namespace of its own."""

    def __init__(self, cluster: Cluster, folder: Path, namespace: str) -> None:
        self.cluster, self.folder, self.namespace = cluster, folder, namespace
        (folder / "tasks.py").write_text(TASKS)
        (folder / "invoke.yaml").write_text("tasks: {executor_class: engine.executor.GraphExecutor}\nlab: {jobs: 2}\n")
        (folder / "chart/templates").mkdir(parents=True)
        (folder / "chart/Chart.yaml").write_text("apiVersion: v2\nname: small\nversion: 0.1.0\n")
        (folder / "chart/templates/all.yaml").write_text(TEMPLATE)

    def start(self, image: str, step: str = "rel") -> subprocess.Popen[str]:
        environ = self.cluster.environ | {"NAMESPACE": self.namespace, "IMAGE": image, "PYTHONPATH": str(ROOT)}
        return subprocess.Popen(
            [sys.executable, "-m", "invoke", step],
            cwd=self.folder, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True,
        )  # fmt: skip

    def run(self, image: str = GOOD, step: str = "rel") -> str:
        with self.start(image, step) as running:
            output = running.communicate(timeout=80)[0]
        assert running.returncode == 0, output
        return output

    def status(self) -> str:
        listed = self.cluster.helm("list", "--namespace", self.namespace, "--output", "json").json()
        return " ".join(one["status"] for one in listed)

    def revisions(self) -> list[str]:
        history = self.cluster.helm("history", "rel", "--namespace", self.namespace, "--output", "json").json()
        return [one["status"] for one in history]

    def wait(self, status: str) -> None:
        deadline = time.monotonic() + 30
        while self.status() != status:
            assert time.monotonic() < deadline, self.status()
            time.sleep(0.05)

    def commands(self) -> list[str]:
        """The verbs of the newest run's commands that write, in their order: of kubectl and of helm."""
        newest = max(self.folder.glob(".lab/environments/*/runs/*/journal.jsonl"))
        events = [json.loads(line) for line in newest.read_text().splitlines()]
        started = [event["command"].split()[1] for event in events if event["event"] == "command.started"]
        return [verb for verb in started if verb in ("apply", "upgrade", "rollback", "uninstall")]


@pytest.fixture
def lab(cluster: Cluster, tmp_path: Path, namespace: str) -> Lab:
    return Lab(cluster, tmp_path, namespace)


def helms_of(pid: int) -> list[int]:
    """The helms that this process has started."""
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,comm="], capture_output=True, text=True, check=True).stdout
    found = [line.split(maxsplit=2) for line in listed.splitlines()]
    return [int(one) for one, parent, name in found if int(parent) == pid and name == "helm"]


def test_an_install_whose_helm_was_killed_is_begun_anew(lab: Lab) -> None:
    with lab.start(MISSING) as running:
        lab.wait("pending-install")
        (helm,) = helms_of(running.pid)
        os.kill(helm, signal.SIGKILL)
        output = running.communicate(timeout=80)[0]
    assert (running.returncode, lab.status()) == (1, "pending-install"), output
    lab.run()
    assert (lab.status(), lab.commands()) == ("deployed", ["uninstall", "upgrade"])
    assert "held" in lab.run()


def test_an_upgrade_whose_runner_was_killed_is_rolled_back_and_done_anew(lab: Lab) -> None:
    lab.run()
    with lab.start(MISSING) as running:
        lab.wait("pending-upgrade")
        running.kill()
        running.communicate(timeout=30)
    lab.run(f"{GOOD}-1")
    assert (lab.status(), lab.commands()) == ("deployed", ["rollback", "upgrade"])
    assert lab.revisions() == ["superseded", "pending-upgrade", "superseded", "deployed"]


Lose = Callable[..., None]


@pytest.fixture
def lost(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lose]:
    """``lost(fault, kind, times)``: the next requests of this kind meet a fault."""
    trouble = cluster.sandbox.world.trouble
    left: dict[str, list[str]] = {}

    def lose(fault: str, kind: str, times: int = 1) -> None:
        left[kind] = [fault] * times

    def next_(kind: str, possible: Any) -> Hit | None:
        return Hit(left[kind].pop(), 0.5) if left.get(kind) else None

    cluster.sandbox.on_loop(lambda: trouble.set(Plan(0, frozenset(), 0.0)))
    monkeypatch.setattr(trouble, "next", next_)
    yield lose
    cluster.sandbox.on_loop(trouble.clear)


def test_a_write_whose_answer_is_lost_is_not_repeated(lab: Lab, lost: Lose) -> None:
    lost("answer-lost", f"kube PATCH /api/v1/namespaces/{lab.namespace}/configmaps/thing")
    output = lab.run(step="thing")
    assert lab.commands() == ["apply"]
    assert "the thing; took effect, although its answer was lost" in output


def test_what_a_lost_answer_left_is_mended_by_the_same_run(lab: Lab, lost: Lose) -> None:
    lab.run()
    lost("answer-lost", f"kube POST /api/v1/namespaces/{lab.namespace}/secrets")
    output = lab.run(f"{GOOD}-1")
    assert (lab.status(), lab.commands()) == ("deployed", ["upgrade", "rollback", "upgrade"])
    assert "waiting" in output and "a connection that holds" in output


def test_a_removal_that_was_cut_short_is_ended_first(lab: Lab, lost: Lose) -> None:
    lab.run()
    lost("reset", f"kube DELETE /api/v1/namespaces/{lab.namespace}/secrets/sh.helm.release.v1.rel.v1")
    lab.cluster.helm("uninstall", "rel", "--namespace", lab.namespace)
    assert lab.status() == "uninstalling"
    lab.run()
    assert (lab.status(), lab.commands()) == ("deployed", ["uninstall", "upgrade"])


def test_somebody_elses_helm_is_not_disturbed(lab: Lab) -> None:
    """It waits for an image that does not come, six seconds long; only then the lab's own begins."""
    words = ("upgrade", "--install", "rel", str(lab.folder / "chart"), "--namespace", lab.namespace)
    theirs = ["helm", *words, "--set", f"image={MISSING}", "--wait", "--timeout", "6s"]
    with subprocess.Popen(theirs, env=lab.cluster.environ, stderr=subprocess.DEVNULL) as running:
        lab.wait("pending-install")
        output = lab.run()
        assert running.poll() == 1
    assert "for somebody else's helm to be done with release rel, usually under 5 min" in output
    assert (lab.status(), lab.commands()) == ("deployed", ["upgrade"])
    assert lab.revisions() == ["superseded", "deployed"]
