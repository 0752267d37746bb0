"""What can go wrong between a server and a child of it: nothing runs twice or unasked, and nothing else is hurt."""

import errno
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from warm_processes import alive, end, family, gone, servers_of, start, until

from benchmarks.clients import Clients
from engine.warm import Forked, Server, Warm
from tools import warm

pytestmark = pytest.mark.e2e


def test_what_a_slow_server_did_not_begin_in_time_never_runs_and_nothing_else_is_hurt(
    clients: Clients, silence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = replace(clients, said=[])
    running, server, child = family(fresh, silence)
    monkeypatch.setattr("engine.warm.READY_WITHIN_S", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as written_to:
        written_to.settimeout(3)
        os.kill(server, signal.SIGSTOP)
        url = f"http://127.0.0.1:{written_to.getsockname()[1]}/"
        assert start(fresh, "az", "rest", "--method", "put", "--url", url, "--skip-authorization-header") is None
        os.kill(server, signal.SIGCONT)
        with pytest.raises(TimeoutError):
            written_to.accept()
    assert fresh.said == [
        "az is not kept warm, so each call of it takes longer: its server had not begun a command after 1 s"
    ]
    assert start(fresh, "az", "version") is None
    assert alive(server) and servers_of(server) == [child]
    assert end(running, timeout_s=0.1)[0] == 1  # as az ends on Ctrl-C, and its server tells
    fresh.warm.close()
    assert gone([server])


def test_a_child_that_is_given_up_while_it_waits_for_the_word_never_runs(clients: Clients) -> None:
    """The moment that no timeout can be sure to hit: the server has forked, and nobody wants it any more."""
    server = warm.az(Path(shutil.which("az", path=clients.env["PATH"]) or ""), clients.env["PATH"], clients.folder)
    assert isinstance(server, Server)
    ours, theirs = socket.socketpair()
    env = clients.env | dict(server.env)
    process = subprocess.Popen([*server.argv, str(theirs.fileno())], pass_fds=(theirs.fileno(),), env=env, cwd="/")
    theirs.close()
    try:
        assert ours.recv(1) == b"+"
        with socket.create_server(("127.0.0.1", 0)) as written_to:
            url = f"http://127.0.0.1:{written_to.getsockname()[1]}/"
            words = ("rest", "--method", "put", "--url", url, "--skip-authorization-header")
            request = json.dumps({"words": words, "env": env, "cwd": "/"}).encode() + b"\n"
            for wanted in (False, True):
                child = Forked(False, lambda: None)
                child.hand_over(ours)
                child.ask(request)
                if wanted:
                    assert child.begun(threading.Event())
                until(lambda: servers_of(process.pid))
                written_to.settimeout(20 if wanted else 2)
                with nullcontext() if wanted else pytest.raises(TimeoutError):
                    written_to.accept()[0].close()
                child.let_go()
                until(lambda: not servers_of(process.pid))
    finally:
        ours.close()
        process.wait(10)


#: What some library may do to a process while it is loaded, or the system to it, and what is said then.
BROKEN = {
    "import threading, time\nthreading.Thread(target=time.sleep, args=(99,), daemon=True).start()\n":
        "it has started threads while it was loaded, and cannot be forked",
    "import errno, os\ndef fork():\n    raise OSError(errno.EAGAIN, 'too many processes')\nos.fork = fork\n":
        f"it cannot be forked: {os.strerror(errno.EAGAIN)}",
    "import os\nos.setsid = lambda: os._exit(7)\n":
        "a child of it ended before it began (exit code 7)",
}  # fmt: skip


def loading(clients: Clients, folder: Path, module: str) -> Clients:
    """az kept warm by a server that believes that `az version` takes this module."""
    (folder / "broken.py").write_text(module)
    found = warm.az(Path(shutil.which("az", path=clients.env["PATH"]) or ""), clients.env["PATH"], folder)
    assert isinstance(found, Server)
    Path(found.argv[-1]).write_text(json.dumps({"version": ["broken"]}))
    argv = tuple(word for word in found.argv if word != "-I")  # so that PYTHONPATH counts
    server = replace(found, argv=argv, env=(*found.env, ("PYTHONPATH", str(folder))))
    fresh = replace(clients, said=[])
    fresh.warm = Warm({"az": lambda file, path, folder: server}, folder)
    return fresh


@pytest.mark.parametrize("module", BROKEN)
def test_a_server_that_cannot_fork_is_given_up_and_what_it_runs_goes_on(
    clients: Clients, silence: str, tmp_path: Path, module: str
) -> None:
    fresh = loading(clients, tmp_path, module)
    running, _, child = family(fresh, silence)
    assert [start(fresh, "az", "version") for _ in range(2)] == [None, None]
    assert fresh.said == [f"az is not kept warm, so each call of it takes longer: {BROKEN[module]}"]
    assert alive(child)
    assert end(running, timeout_s=0.1)[0] == 1  # as az ends on Ctrl-C
    fresh.warm.close()


def test_a_child_that_fails_before_it_is_az_says_why(clients: Clients, tmp_path: Path) -> None:
    module = "import os\ndef chdir(path):\n    raise OSError(5, 'broken')\nos.chdir = chdir\n"
    fresh = loading(clients, tmp_path, module)
    code, out, err, _ = end(start(fresh, "az", "version"))
    assert (code, out) == (1, "")
    assert err.endswith("OSError: [Errno 5] broken\n")
    assert (fresh.kept_warm(("az", "account", "show"))[0], fresh.said) == (1, [])
    fresh.warm.close()


def test_what_az_has_started_is_killed_with_it(clients: Clients, tmp_path: Path) -> None:
    """`az acr login` asks docker, here one that does not listen to anybody."""
    docker, number = tmp_path / "docker", tmp_path / "number"
    docker.write_text(f"#!/bin/sh\ntrap '' INT TERM HUP\necho $$ >{number}\nwhile :; do sleep 1; done\n")
    docker.chmod(0o755)
    child = start(clients, "az", "acr", "login", "--name", "nothing", DOCKER_COMMAND=str(docker))
    until(lambda: number.exists() and number.read_text().endswith("\n"))
    started = int(number.read_text())
    assert alive(started)
    assert end(child, timeout_s=0.1)[3]
    assert gone([started])
