"""A program in the foreground: its exit code, and what becomes of signals to the runner alone."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
WAITER = """
import sys
from engine.foreground import ended
from engine.goal import Command
print("ended with", ended(Command(argv=("sh", "-c", sys.argv[1]))))
"""


def started(script: str) -> subprocess.Popen[str]:
    argv = [sys.executable, "-c", WAITER, script]
    return subprocess.Popen(argv, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize(("script", "code"), [("exit 0", 0), ("exit 3", 3), ("kill -9 $$", 137)])
def test_its_exit_code_is_told(script: str, code: int) -> None:
    assert started(script).communicate()[0] == f"ended with {code}\n"


@pytest.mark.timeout(60)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_the_runner_ends_the_program_first(number: signal.Signals) -> None:
    waiter = started(f"trap 'echo tidied; exit 0' {number.name[3:]}; echo up; while :; do sleep 0.05; done")
    assert waiter.stdout and waiter.stdout.readline() == "up\n"
    waiter.send_signal(number)
    out, _ = waiter.communicate(timeout=20)
    assert out.startswith("tidied\n") and "ended with" not in out
    assert waiter.returncode != 0
