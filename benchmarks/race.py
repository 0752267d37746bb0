"""Commands that take turns, A B C A B C, so that a machine that gets slower meanwhile is so for all of them."""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

STOPWATCH = Path(__file__).with_name("stopwatch.py")

LONGEST_S = 60.0
"""A command that takes longer is ended, and out of the race."""


@dataclass
class Runner:
    """A command, and how its runs went.

    wall_s, cpu_s  of each run; cpu_s has user and system time of the command and the children that it waited for
    peak_mb        the largest process of each run
    out            why it is out of the race; empty while it is not
    """

    name: str
    argv: Sequence[str]
    folder: Path
    env: Mapping[str, str] = field(default_factory=dict)
    wall_s: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)
    peak_mb: list[float] = field(default_factory=list)
    out: str = ""

    def forget(self) -> None:
        """Its runs until now do not count: they filled caches."""
        self.wall_s, self.cpu_s, self.peak_mb = [], [], []

    def run(self) -> None:
        """One run. A command that fails or takes too long is `out`."""
        told, write = os.pipe()
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(STOPWATCH), str(write), *self.argv],
            cwd=self.folder,
            env={**os.environ, **self.env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(write,),
            start_new_session=True,
        )
        os.close(write)
        end = threading.Timer(LONGEST_S, os.killpg, (process.pid, signal.SIGKILL))
        end.start()
        code = process.wait()
        end.cancel()
        with os.fdopen(told) as written:
            figures = [float(one) for one in written.read().split()]
        wall_s, cpu_s, peak_mb, ended = figures or (0.0, 0.0, 0.0, code)
        if ended:
            self.out = f"over {LONGEST_S:.0f} s" if code == -signal.SIGKILL else f"exit code {ended:.0f}"
            return
        self.wall_s.append(wall_s)
        self.cpu_s.append(cpu_s)
        self.peak_mb.append(peak_mb)


def race(runners: Sequence[Runner], rounds: int) -> None:
    """Runs each once without counting it, then all in turn."""
    for counted in (False, *[True] * rounds):
        for runner in runners:
            if not runner.out:
                runner.run()
            if not counted:
                runner.forget()


def spread(values: Sequence[float], digits: int = 2) -> str:
    """The median, and the least and the most behind it."""
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def ratios(values: Sequence[float], others: Sequence[float]) -> list[float]:
    """Round by round: a machine that was slow in one was so for both."""
    return [value / other for value, other in zip(values, others, strict=True)]
