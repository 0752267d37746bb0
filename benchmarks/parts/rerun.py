"""The lab from nothing, again with nothing to do, and the guide's way: one command after the other."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from benchmarks.clients import PROJECT, Lab, lab
from benchmarks.table import Table

PROGRAMS = ("az", "kubectl", "helm")
COLUMNS = ("", "seconds", "times", "commands", *PROGRAMS, "requests at the sandbox")

Measured = tuple[float, Counter[str], int]
"""Seconds, how often each program was started, and the requests that came of it."""


def tables(rounds: int) -> Iterator[Table]:
    with tempfile.TemporaryDirectory() as folder, lab(Path(folder)) as made:
        made.inv("tools")
        cold = _measured(made, requests=0)
        again = [_measured(made) for _ in range(rounds)]
        before = made.requests()
        programs, guide_s = made.guide()
        guide = guide_s, programs, made.requests() - before
        again += [_measured(made) for _ in range(rounds)]
        made.inv("sandbox.stop")
        with_lab_s = [_ready_s(made.home / "sandbox") for _ in range(rounds)]
        empty_s = [_ready_s(Path(folder, f"empty{n}")) for n in range(rounds)]
    again_s = statistics.median(seconds for seconds, _, _ in again)
    yield Table(
        "A whole lab on the sandbox",
        COLUMNS,
        [
            _row("the guide, one command after the other", guide, again_s),
            _row("inv lab, from nothing, with the sandbox's start", cold, again_s),
            _row("inv lab, nothing to do", (again_s, *again[-1][1:]), again_s),
            _start("the sandbox, start to ready, empty", empty_s),
            _start("the sandbox, start to ready, with that lab", with_lab_s),
        ],
        notes=[
            "The guide: benchmarks/guide.sh on the same sandbox, with plain az whose bytecode is compiled.",
            "Commands: what each starts itself. The lab's kubectl and helm each start kubelogin before they ask, and"
            " `kubectl diff` starts diff; the guide's cluster knows no Entra, and it looks for no difference.",
            f"Nothing to do: the median of {2 * rounds} runs, half of them before the guide and half after it; of the"
            f" sandbox, of {rounds} starts. From nothing: once.",
        ],
    )


def _measured(made: Lab, requests: int | None = None) -> Measured:
    """One `inv lab`; `requests` is how many there were before it, if the sandbox need not be asked."""
    before = made.requests() if requests is None else requests
    _, seconds = made.inv("lab")
    programs = Counter(one.program for one in made.commands())
    return seconds, programs, made.requests() - before


def _ready_s(home: Path) -> float:
    seconds = sandbox_s("start", home)
    sandbox_s("stop", home)
    return seconds


def sandbox_s(word: str, home: Path) -> float:
    """Seconds of `python -m sandbox start` or `stop`; the first ends when the sandbox answers."""
    before = time.perf_counter()
    argv = [sys.executable, "-m", "sandbox", word, "--home", str(home)]
    subprocess.run(argv, cwd=PROJECT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - before


def _row(what: str, measured: Measured, again_s: float) -> list[str]:
    seconds, programs, requests = measured
    counts = [str(programs.total()), *(str(programs[program]) for program in PROGRAMS)]
    return [what, f"{seconds:.1f}", f"{seconds / again_s:.1f}", *counts, str(requests)]


def _start(what: str, seconds: list[float]) -> list[str]:
    return [what, f"{statistics.median(seconds):.2f}", *[""] * (len(COLUMNS) - 2)]
