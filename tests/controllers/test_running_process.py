"""Processes end with who started them: even when that is killed, and with all that they have started themselves."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.containers.process import Process

PROJECT = Path(__file__).parents[2]
#: Starts a process of its own, tells the ids of both, and waits, deaf to SIGTERM.
FAMILY = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(99)"])
print(os.getpid(), child.pid, flush=True)
time.sleep(99)
"""
#: Stands in for the sandbox: starts such a family and passes on what it says.
PARENT = f"""
import asyncio, pathlib, sys
from sandbox.containers.process import Process
async def main():
    say = lambda text: print(text, flush=True)
    await Process([sys.executable, "-c", {FAMILY!r}], {{}}, pathlib.Path("/"), say).ended
asyncio.run(main())
"""


def alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be buried does not."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
    return bool(state) and not state.startswith("Z")


def soon(holds: Callable[[], bool], timeout_s: float = 10.0) -> bool:
    deadline = time.monotonic() + timeout_s
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.05)
    return holds()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_is_left_when_the_sandbox_is_killed(number: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], cwd=PROJECT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        family = [int(word) for word in parent.stdout.readline().split()]
        assert len(family) == 2
        assert all(alive(pid) for pid in family)
        parent.send_signal(number)
        parent.wait(10)
    assert soon(lambda: not any(alive(pid) for pid in family))


def test_what_a_process_leaves_behind_goes_with_it(tmp_path: Path) -> None:
    script = "import subprocess, sys\nprint(subprocess.Popen(['sleep', '99']).pid, flush=True)\nsys.exit(5)"

    async def scenario() -> None:
        said: list[str] = []
        process = Process([sys.executable, "-c", script], {"PATH": "/usr/bin:/bin"}, tmp_path, said.append)
        await asyncio.wait_for(process.ended, 20)
        assert process.exit_code == 5
        assert soon(lambda: not alive(int(said[0])))

    asyncio.run(scenario())


def test_output_comes_in_whole_lines_whatever_its_length(tmp_path: Path) -> None:
    script = "import sys\nprint('ä' * 300_000, flush=True)\nprint('error', file=sys.stderr)\nprint('end', end='')"

    async def scenario() -> None:
        said: list[str] = []
        process = Process([sys.executable, "-c", script], {"PYTHONUTF8": "1"}, tmp_path, said.append)
        await asyncio.wait_for(process.ended, 20)
        lines = "\n".join(said).split("\n")
        assert sorted(lines, key=len) == ["end", "error", "ä" * 300_000]

    asyncio.run(scenario())


def test_a_signal_that_ends_a_process_is_its_exit_code(tmp_path: Path) -> None:
    async def scenario() -> None:
        command = [sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"]
        process = Process(command, {}, tmp_path, lambda text: None)
        await asyncio.wait_for(process.ended, 20)
        assert process.exit_code == 128 + signal.SIGSEGV

    asyncio.run(scenario())
