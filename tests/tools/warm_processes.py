"""Commands of az kept warm, and the processes that come of them."""

import os
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

from client_shell import PROJECT

from benchmarks.clients import Clients
from engine.process import Process
from engine.warm import Forked


def asking(url: str) -> tuple[str, ...]:
    """An az command that waits for an answer from there."""
    return ("az", "rest", "--method", "get", "--url", url, "--skip-authorization-header")


def start(clients: Clients, *argv: str, cwd: Path = PROJECT, stdin: bool = False, **env: str) -> Forked | None:
    return clients.warm.start(argv, clients.env | env, cwd, stdin, threading.Event(), clients.said.append)


def end(child: Forked | None, stdin: str | None = None, timeout_s: float | None = None) -> tuple[int, str, str, bool]:
    assert child is not None
    return Process(child, stdin).read_to_end(lambda mark, line: None, timeout_s)


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


def family(kept: Clients, silence: str) -> tuple[Forked, int, int]:
    """A command that runs until it is ended, its server, and its own process."""
    running = start(kept, *asking(silence))
    assert running is not None
    (server,) = [one for one in servers_of(os.getpid()) if servers_of(one)]
    (child,) = servers_of(server)
    return running, server, child
