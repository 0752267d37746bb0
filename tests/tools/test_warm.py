"""az kept warm: the answers as from plain az, nothing runs twice, and nothing is left behind whoever dies."""

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from client_shell import PROJECT
from warm_processes import asking, end, family, gone, servers_of, start, until

from benchmarks.clients import Clients, masked
from engine.process import KILLED
from engine.warm import Server, Warm
from tools import warm


def test_a_program_that_is_no_script_is_left_alone_and_it_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "az").write_bytes(b"\x7fELF\xff\xfe")
    (tmp_path / "az").chmod(0o755)
    assert warm.interpreter(tmp_path / "az", "") is None
    assert warm.interpreter(tmp_path / "none", "") is None
    kept, said = Warm({"az": warm.az}, tmp_path / "learned"), list[str]()
    for _ in range(2):
        env = {"PATH": str(tmp_path)}
        assert kept.start(("az", "version"), env, tmp_path, False, threading.Event(), said.append) is None
    assert said == [
        f"az is not kept warm, so each call of it takes longer: {tmp_path}/az does not say which Python runs it"
        " in any way that is known here"
    ]


#: Every way in which az ends and prints.
COMMANDS = [
    "account show --output json",
    "account show --output table",
    "group list --query [].name --output tsv",
    "group show --name nothing --output json",  # exit code 3
    "group show",  # 2
    "group delete --name nothing",  # 1: it would ask, and there is no terminal
    "no-such-command",
    "group show --name nothing --only-show-errors",
    "role definition list --name Reader --output jsonc",
    "deployment sub create --name warm --location norwayeast --template-file apps/nothing.json",
    "rest --method get --url https://graph.microsoft.com.localhost/",
    "account list --output json",
    "account get-access-token --query expiresOn",
    "network dns zone list --output json",
    "ad group list --filter \"displayName eq 'none'\" --query [].displayName",
    "ad signed-in-user show --query mail",
    "identity --help",
    "version --output yaml",
    "ad sp list --all --query [0].displayName --debug",
]


@pytest.mark.e2e
def test_every_answer_is_as_from_plain_az(clients: Clients) -> None:
    commands = [("az", *shlex.split(command)) for command in COMMANDS]
    with ThreadPoolExecutor(8) as threads:
        kept, again = (list(threads.map(clients.kept_warm, commands)) for _ in range(2))
        plain = list(threads.map(clients.plain, commands))
    for command, *answers in zip(COMMANDS, plain, kept, again, strict=True):
        if "--debug" in command:  # it tells what it loads; a child has that already
            assert [(code, out) for code, out, _ in answers[1:]] == [answers[0][:2]] * 2
            assert all("DEBUG: cli.knack.cli: Command arguments" in err for _, _, err in answers)
        else:
            assert [masked(answer) for answer in answers[1:]] == [masked(answers[0])] * 2, command
    assert {answer[0] for answer in plain} == {0, 1, 2, 3}
    assert clients.said == []


@pytest.mark.e2e
def test_each_command_has_its_own_variables_folder_and_input(clients: Clients, tmp_path: Path) -> None:
    """All in one server: it is bound to none of these variables."""
    fresh = replace(clients, said=[])

    def answer(number: int) -> tuple[str, str]:
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "here.json").write_text(json.dumps({"number": number}))
        url = "http://nowhere.example/"  # over a proxy that is not there: what would be sent is in the log
        argv = ("az", "rest", "--method", "post", "--url", url, "--body", "@here.json" if number % 2 else "@-")
        headers = ("--skip-authorization-header", "--debug")
        child = start(fresh, *argv, *headers, cwd=folder, stdin=True, http_proxy=f"http://127.0.0.1:{number + 1}")
        text = json.dumps({"number": number})
        return text, end(child, text)[2]

    before = servers_of(os.getpid())
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(answer, range(6)))
    for number, (body, log) in enumerate(answers):
        assert body in log
        assert f"port={number + 1})" in log
    assert len(servers_of(os.getpid())) == len(before) + 1
    fresh.warm.close()
    assert servers_of(os.getpid()) == before


@pytest.mark.e2e
def test_another_configuration_of_az_has_a_server_of_its_own(clients: Clients, tmp_path: Path) -> None:
    fresh = replace(clients, said=[])
    before = servers_of(os.getpid())
    for name in ("one", "another"):
        shutil.copytree(clients.env["AZURE_CONFIG_DIR"], tmp_path / name)
        folder = {"AZURE_CONFIG_DIR": str(tmp_path / name)}
        assert end(start(fresh, "az", "config", "set", f"defaults.group={name}", **folder))[0] == 0
    for name in ("one", "another"):
        folder = {"AZURE_CONFIG_DIR": str(tmp_path / name)}
        code, out, _, _ = end(start(fresh, "az", "config", "get", "defaults.group", "--query", "value", **folder))
        assert (code, json.loads(out)) == (0, name)
    assert len(servers_of(os.getpid())) == len(before) + 2
    fresh.warm.close()


@pytest.mark.e2e
def test_it_can_be_interrupted_and_is_over_in_time(clients: Clients, silence: str) -> None:
    child = start(clients, *asking(silence))
    started = time.monotonic()
    code, _, _, timed_out = end(child, timeout_s=0.5)
    assert (code, timed_out) == (1, True)  # as az ends on Ctrl-C
    assert time.monotonic() - started < 3
    assert clients.kept_warm(("az", "account", "show"))[0] == 0  # nobody else was hurt


@pytest.mark.e2e
def test_a_killed_runner_leaves_no_server_and_no_child(clients: Clients, silence: str, tmp_path: Path) -> None:
    script = f"""
import json, sys
from pathlib import Path
from benchmarks.clients import Clients
clients = Clients(json.loads(sys.stdin.read()), Path({str(tmp_path)!r}))
clients.kept_warm({asking(silence)!r})
"""
    runner = subprocess.Popen([sys.executable, "-c", script], cwd=PROJECT, stdin=subprocess.PIPE, text=True)
    assert runner.stdin
    runner.stdin.write(json.dumps(clients.env))
    runner.stdin.close()
    until(lambda: any(servers_of(server) for server in servers_of(runner.pid)))
    (server,) = servers_of(runner.pid)
    (child,) = servers_of(server)
    runner.kill()
    runner.wait()
    assert gone([server, child])


@pytest.mark.e2e
def test_a_killed_server_kills_what_it_ran_and_az_goes_on_without_it(clients: Clients, silence: str) -> None:
    fresh = replace(clients, said=[])
    running, server, child = family(fresh, silence)
    os.kill(server, signal.SIGKILL)
    assert end(running)[0] == KILLED
    assert gone([child])
    assert [start(fresh, "az", "version") for _ in range(2)] == [None, None]
    assert len(fresh.said) == 1
    assert "az is no longer kept warm" in fresh.said[0]


@pytest.mark.e2e
def test_a_server_keeps_what_it_learned_before_the_run_is_over_and_makes_no_folder(
    clients: Clients, tmp_path: Path
) -> None:
    for name in ("kept", "removed"):
        fresh = Clients(clients.env, tmp_path / name)
        assert fresh.kept_warm(("az", "account", "show"))[0] == 0
        if name == "removed":
            shutil.rmtree(tmp_path / name)
        fresh.warm.close()
    assert [path.parent.name for path in tmp_path.rglob("*") if path.is_file()] == ["kept"]


def test_where_no_server_comes_up_it_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "az").write_text("#!/bin/sh\n")
    (tmp_path / "az").chmod(0o755)
    script = "import sys; sys.exit('there is no azure.cli')"
    kept = Warm({"az": lambda file, path, folder: Server((sys.executable, "-c", script))}, tmp_path)
    said: list[str] = []

    def begun(number: int) -> object:
        return kept.start(("az", "version"), {"PATH": str(tmp_path)}, tmp_path, False, threading.Event(), said.append)

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(begun, range(16))) == [None] * 16
    assert said == ["az is not kept warm, so each call of it takes longer: there is no azure.cli (exit code 1)"]
