"""az kept warm: the interpreter found, the answers as from plain az, and nothing left behind whoever dies."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from client_shell import PROJECT, Shell

from benchmarks.clients import Clients, masked
from engine.process import KILLED, Process
from engine.warm import Server, Warm
from tools import warm

DEBIAN = """#!/usr/bin/env bash
bin_dir=`cd "$(dirname "$BASH_SOURCE[0]")"; pwd`

AZ_INSTALLER=DEB "$bin_dir/../../opt/az/bin/python3" -Im azure.cli "$@"
"""


@pytest.mark.parametrize(
    ("script", "found"),
    [
        pytest.param(
            '#!/usr/bin/env bash\nAZ_INSTALLER=DEB /opt/az/bin/python3 -Im azure.cli "$@"\n',
            (("/opt/az/bin/python3", "-I"), {"AZ_INSTALLER": "DEB"}),
            id="Debian's package",
        ),
        pytest.param(
            "#!/usr/bin/env bash\n"
            'AZ_INSTALLER=HOMEBREW /opt/homebrew/Cellar/azure-cli/2.91.0/libexec/bin/python -Im azure.cli "$@"\n',
            (
                ("/opt/homebrew/Cellar/azure-cli/2.91.0/libexec/bin/python", "-I"),
                {"AZ_INSTALLER": "HOMEBREW"},
            ),
            id="Homebrew",
        ),
        pytest.param(
            "#!/home/me/my-venv/bin/python3.11\n\nimport os\nimport sys\n"
            "os.execl(sys.executable, sys.executable, '-m', 'azure.cli', *sys.argv[1:])\n",
            (("/home/me/my-venv/bin/python3.11",), {"AZ_INSTALLER": "PIP"}),
            id="pip",
        ),
        pytest.param(
            '#!/bin/sh\n# az 2.91.0\nexport AZ_INSTALLER=PIP\nexec /a/copy/bin/python -I -m azure.cli "$@"\n',
            (("/a/copy/bin/python", "-I"), {"AZ_INSTALLER": "PIP"}),
            id="a copy of ours",
        ),
        pytest.param(
            '#!/bin/sh\nPYTHONPATH="$here/lib" /usr/bin/python3 -sm azure.cli "$@"\n', None, id="not to be told"
        ),
        pytest.param("#!/bin/sh\necho az\n", None, id="something else"),
    ],
)
def test_the_interpreter_is_found_in_the_script(tmp_path: Path, script: str, found: object) -> None:
    az = tmp_path / "az"
    az.write_text(script)
    assert warm.interpreter(az) == found
    (tmp_path / "ours").write_text(f'#!/bin/sh\n# az 2.91.0\nexec {az} "$@"\n')
    assert warm.interpreter(tmp_path / "ours") == found


def test_a_program_that_is_no_script_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "az").write_bytes(b"\x7fELF\xff\xfe")
    assert warm.interpreter(tmp_path / "az") is None
    assert warm.interpreter(tmp_path / "none") is None


@pytest.fixture(scope="module")
def clients(shell: Shell, tmp_path_factory: pytest.TempPathFactory) -> Clients:
    shell.az("account show")  # az writes its index files, and complains of one that another az has half written
    return Clients(shell.environ, tmp_path_factory.mktemp("learned"))


@pytest.fixture
def silence() -> Iterator[str]:
    """The address of something that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"


def asking(url: str) -> tuple[str, ...]:
    """An az command that waits for an answer from there."""
    return ("az", "rest", "--method", "get", "--url", url, "--skip-authorization-header")


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
    "identity --help",
    "version --output yaml",
    "ad sp list --all --query [0].displayName --debug",
]


@pytest.mark.e2e
def test_every_answer_is_as_from_plain_az(clients: Clients) -> None:
    commands = [("az", *command.split()) for command in COMMANDS]
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
    def answer(number: int) -> tuple[str, str]:
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "here.json").write_text(json.dumps({"number": number}))
        env = clients.env | {"AZURE_HTTP_USER_AGENT": f"number/{number}"}
        url = "http://127.0.0.1:9/"  # nobody listens: what would be sent is in the log
        argv = ("az", "rest", "--method", "post", "--url", url, "--body", "@here.json" if number % 2 else "@-")
        child = clients.warm.start(
            (*argv, "--skip-authorization-header", "--debug"), env, folder, True, threading.Event(), print
        )
        assert child is not None
        text = json.dumps({"number": number})
        return text, Process(child, text).read_to_end(lambda mark, line: None, None)[2]

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(answer, range(6)))
    for number, (body, log) in enumerate(answers):
        assert body in log
        assert f"number/{number}" in log


@pytest.mark.e2e
def test_it_can_be_interrupted_and_is_over_in_time(clients: Clients, silence: str) -> None:
    child = clients.warm.start(asking(silence), clients.env, PROJECT, False, threading.Event(), print)
    assert child is not None
    started = time.monotonic()
    code, _, _, timed_out = Process(child, None).read_to_end(lambda mark, line: None, 0.5)
    assert (code, timed_out) == (1, True)  # as az ends on Ctrl-C
    assert time.monotonic() - started < 3
    assert clients.kept_warm(("az", "account", "show"))[0] == 0  # nobody else was hurt


def servers_of(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-A", "-ww", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True)
    rows = [line.split(None, 2) for line in listed.stdout.splitlines()]
    return [int(row[0]) for row in rows if int(row[1]) == pid and "warm_server.py" in row[2]]


def alive(pid: int) -> bool:
    stat = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
    return bool(stat) and not stat.startswith("Z")


def gone(pids: list[int]) -> bool:
    ends_at = time.monotonic() + 5
    while any(map(alive, pids)) and time.monotonic() < ends_at:
        time.sleep(0.02)
    return not any(map(alive, pids))


def until(condition: Callable[[], object]) -> None:
    ends_at = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < ends_at
        time.sleep(0.02)


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
    fresh = replace(clients)
    running = fresh.warm.start(asking(silence), fresh.env, PROJECT, False, threading.Event(), fresh.said.append)
    assert running is not None
    (server,) = [one for one in servers_of(os.getpid()) if servers_of(one)]
    (child,) = servers_of(server)
    os.kill(server, signal.SIGKILL)
    code, _, _, _ = Process(running, None).read_to_end(lambda mark, line: None, None)
    assert code == KILLED
    assert gone([child])
    for _ in range(2):
        assert (
            fresh.warm.start(("az", "version"), fresh.env, PROJECT, False, threading.Event(), fresh.said.append) is None
        )
    assert len(fresh.said) == 1
    assert "az is no longer kept warm" in fresh.said[0]


def test_where_no_server_comes_up_it_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "az").write_text("#!/bin/sh\n")
    (tmp_path / "az").chmod(0o755)
    script = "import sys; sys.exit('there is no azure.cli')"
    kept = Warm({"az": lambda file, folder: Server((sys.executable, "-c", script))}, tmp_path)
    said: list[str] = []

    def start(number: int) -> object:
        return kept.start(("az", "version"), {"PATH": str(tmp_path)}, tmp_path, False, threading.Event(), said.append)

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(start, range(16))) == [None] * 16
    assert said == ["az is not kept warm, so each call of it takes longer: there is no azure.cli (exit code 1)"]
