"""What is tied to a process ends with it, and nothing else does."""

import subprocess
import sys
import time

import pytest
from engine_projects import ROOT, alive

#: Five sleepers: two are tied, one of them and two others are untied again; the shell may be killed in between.
SCRIPT = """
import os, subprocess, sys
from engine import lifeline
quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
sleepers = [subprocess.Popen(["sleep", "60"], **quiet).pid for _ in range(5)]
print(*sleepers, flush=True)
lifeline.tie(sleepers[0])
lifeline.tie(sleepers[1])
if sys.argv[1] == "killed":
    os.kill(lifeline._shell.pid, 9)
    lifeline._shell.wait()
    lifeline.untie(sleepers[1])  # is lost
lifeline.untie(sleepers[2])
lifeline.tie(sleepers[3])
lifeline.untie(sleepers[1])
lifeline.untie(sleepers[4])
os.kill(os.getpid(), 9)
"""


@pytest.mark.parametrize("shell", ["kept", "killed"])
def test_what_is_tied_ends_with_a_killed_process_and_nothing_else_does(shell):
    process = subprocess.run([sys.executable, "-c", SCRIPT, shell], cwd=ROOT, capture_output=True, text=True)
    assert process.returncode == -9, process.stderr
    sleepers = [int(pid) for pid in process.stdout.split()]
    tied, others = {sleepers[0], sleepers[3]}, {sleepers[1], sleepers[2], sleepers[4]}
    deadline = time.monotonic() + 5
    while any(map(alive, tied)):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    time.sleep(0.2)
    assert all(map(alive, others))
    subprocess.run(["kill", *map(str, others)], check=True)
