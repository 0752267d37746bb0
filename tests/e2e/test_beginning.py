"""`inv init`: an environment written from what the real az finds, with and without a terminal."""

from __future__ import annotations

import os
import pty
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from client_shell import PROJECT, Shell, kubelogin_in

from engine.settings import load
from steps.environment import Environment

pytestmark = pytest.mark.e2e
INIT = (sys.executable, "-m", "invoke", "init")


@pytest.fixture(scope="module")
def operator(shell: Shell, tools: Path, tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """Who is signed in to a sandbox, in a copy of the project that has environments of its own."""
    copy = tmp_path_factory.mktemp("project")
    for name in ("engine", "steps", "tools", "templates", "config", "apps"):
        shutil.copytree(PROJECT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("tasks.py", "invoke.yaml"):
        shutil.copy(PROJECT / name, copy)
    (copy / ".lab").mkdir()
    (copy / ".lab/tools").symlink_to(tools)
    kubelogin_in(copy)
    path = os.pathsep.join([str(copy), shell.environ["PATH"]])
    return Shell({**shell.environ, "AKS_LAB_HOME": str(copy / ".lab"), "PATH": path}, copy)


def test_flags_are_looked_up_and_all_mistakes_told(operator: Shell) -> None:
    said = operator.run(
        *INIT, "wilab", "--subscription=sandbox", "--location=norwayest", "--zone=contoso.localhos",
        "--admin-group=aks-admins", "--email=ada", code=2,
    )  # fmt: skip
    assert said.splitlines() == [
        "--location: there is no region 'norwayest' - did you mean 'norwayeast'?",
        "--zone: there is no DNS zone 'contoso.localhos' - did you mean 'contoso.localhost'?",
        "--admin-group: there is no group 'aks-admins'; --create-admin-group has the lab make it",
        "--email: 'ada' is not an e-mail address",
    ]
    assert not (operator.folder / "config/wilab.yaml").exists()


def test_without_a_terminal_all_missing_flags_are_named(operator: Shell) -> None:
    said = operator.run(*INIT, "--location=norwayeast", code=2)
    assert said == "there is no terminal to ask at: say NAME, --subscription, --zone, --admin-group too\n"


def test_flags_alone_make_an_environment_that_can_be_planned(operator: Shell) -> None:
    said = operator.run(
        *INIT, "flags", "--subscription=sandbox", "--location=norwayeast", "--zone=contoso.localhost",
        "--admin-group=aks-admins", "--create-admin-group", "--email=ada@contoso.com",
    )  # fmt: skip
    assert said.splitlines()[0].startswith("config/flags.yaml is written.")
    found = load(operator.folder / "config/flags.yaml", Environment)
    assert (found.name, found.location, found.dns.resource_group) == ("flags", "norwayeast", "rg-core-dns")
    assert (found.cluster.admin_group.name, found.cluster.admin_group.create) == ("aks-admins", True)
    assert found.certmanager.email == "ada@contoso.com"
    plan = operator.run(sys.executable, "-m", "invoke", "-f", "config/flags.yaml", "plan", code=3)
    assert f"flags in norwayeast, on Azure subscription {found.subscription} - a plan" in plan
    assert re.search(r"^registry\n  \+ ", plan, re.MULTILINE) and re.search(
        r"^  \+ group aks-admins", plan, re.MULTILINE
    )
    assert "failed" not in plan, plan


def test_a_terminal_is_asked_and_the_file_is_never_overwritten(operator: Shell) -> None:
    """The answers: a name, the signed-in subscription, the second region, the only zone, a new group, no e-mail."""
    said = _on_a_terminal(operator, "wilab", "", "2", "", "aks-admins", "y", "")
    shown = "\n".join(said)
    assert re.search(r"1 5ab5c1b0-0000-4000-8000-00000000c0de +Sandbox", shown), "what there is is offered"
    assert re.search(r"2 canadacentral +Canada Central", shown) and "1 rg-core-dns/contoso.localhost" in shown
    path = operator.folder / "config/wilab.yaml"
    found = load(path, Environment)
    assert (found.dns.zone, found.dns.resource_group) == ("contoso.localhost", "rg-core-dns")
    assert found.location == "canadacentral" and str(found.subscription) == "5ab5c1b0-0000-4000-8000-00000000c0de"
    assert (found.cluster.admin_group.name, found.cluster.admin_group.create) == ("aks-admins", True)
    assert found.certmanager.email is None and found.sandbox is None
    assert said[-2:] == ["  inv -f config/wilab.yaml plan", "  inv -f config/wilab.yaml lab"]

    before = path.read_bytes()
    flags = ("--subscription=sandbox", "--location=norwayeast", "--zone=contoso.localhost", "--admin-group=x")
    refused = operator.run(*INIT, "wilab", *flags, code=2)
    assert refused == "NAME: config/wilab.yaml is there already, and is left as it is\n"
    assert path.read_bytes() == before


def _on_a_terminal(operator: Shell, *answers: str) -> list[str]:
    """The lines that are shown, with what was typed ahead; it has to succeed."""
    ours, theirs = pty.openpty()
    os.write(ours, "".join(f"{answer}\n" for answer in answers).encode())
    program = subprocess.Popen(
        INIT, cwd=operator.folder, env=operator.environ | {"TERM": "dumb"}, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    shown = b""
    while chunk := _read(ours):
        shown += chunk
    os.close(ours)
    assert program.wait() == 0, shown.decode()
    return shown.decode().splitlines()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux says so when the other end is closed
        return b""
