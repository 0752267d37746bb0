"""The lab from nothing on a sandbox with Azure's latencies, scaled, beside the critical path of the run."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.runners import PROJECT
from benchmarks.table import Table
from engine import record
from engine.bounds import Bounds

PACE = 0.1
"""Of the sandbox: a cluster takes half a minute."""

INV = [sys.executable, "-m", "invoke"]


def tables(rounds: int) -> Iterator[Table]:
    table = Table(
        f"inv lab from nothing, on a sandbox at {PACE} of Azure's pace",
        ("jobs", "seconds", "critical path of that run", "ratio", "steps one by one"),
        notes=[
            "One job is the order in which one would do it by hand. The critical path is the longest through the graph"
            " by the durations of the same run, from its journal: no number of jobs makes a run shorter than that."
        ],
    )
    for jobs in (8, 4, 2, 1):
        bounds = [_run_of_the_lab(jobs) for _ in range(min(rounds, 3) if jobs == 8 else 1)]
        took = [sum(link.waited_s + link.seconds for link in one.chain) for one in bounds]
        ratio = statistics.median(total / one.longest_s for total, one in zip(took, bounds, strict=True))
        columns = (took, [one.longest_s for one in bounds])
        seconds, longest = (f"{statistics.median(column):.1f}" for column in columns)
        one_by_one = statistics.median(one.one_by_one_s for one in bounds)
        table.rows.append([str(jobs), seconds, longest, f"{ratio:.3f}", f"{one_by_one:.1f}"])
    yield table


def _run_of_the_lab(jobs: int) -> Bounds:
    with _home() as home:
        settings = home / "sandbox.yaml"
        text = (PROJECT / "config" / "sandbox.yaml").read_text()
        settings.write_text(text.replace("pace: 0 ", f"pace: {PACE} "))
        env = {**os.environ, "AKS_LAB_HOME": str(home), "INVOKE_LAB_JOBS": str(jobs)}
        for words in (["-f", str(settings), "tools"], ["-f", str(settings), "lab"], ["sandbox.stop"]):
            subprocess.run([*INV, *words], cwd=PROJECT, env=env, stdout=subprocess.DEVNULL, check=True)
        runs = [record.read(path) for path in home.glob("environments/*/runs/*/journal.jsonl")]
        return Bounds.of(next(run for run in runs if "lab" in run.steps))


@contextmanager
def _home() -> Iterator[Path]:
    """A place for a lab, with the tools that this project has already: they are not fetched again for each run."""
    with TemporaryDirectory() as folder:
        known = Path(os.environ.get("AKS_LAB_HOME", PROJECT / ".lab")) / "tools"
        if known.is_dir():
            (Path(folder) / "tools").symlink_to(known.resolve())
        yield Path(folder)
