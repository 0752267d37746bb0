"""The lab from nothing on a sandbox with Azure's latencies, scaled, beside the run's critical path and the guide."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.clients import Lab, lab
from benchmarks.runners import PROJECT
from benchmarks.table import Table
from engine import record
from engine.bounds import Bounds

PACE = 0.1
"""Of the sandbox: a cluster takes half a minute."""


def tables(rounds: int) -> Iterator[Table]:
    table = Table(
        f"From nothing, on a sandbox at {PACE} of Azure's pace",
        ("", "seconds", "critical path of that run", "ratio", "steps one by one"),
        notes=[
            "The critical path is the longest through the graph by what the steps of the same run took, from its"
            " journal, without their waits for each other: neither more jobs nor fewer locks make a run shorter.",
            "The guide's order is that of benchmarks/guide.sh. `inv lab` again: there was nothing to do.",
        ],
    )
    for jobs in (8, 4, 2, 1):
        bounds = [_run_of_the_lab(jobs) for _ in range(min(rounds, 3) if jobs == 8 else 1)]
        took = [sum(link.waited_s + link.seconds for link in one.chain) for one in bounds]
        ratio = statistics.median(total / one.longest_s for total, one in zip(took, bounds, strict=True))
        columns = (took, [one.longest_s for one in bounds])
        seconds, longest = (f"{statistics.median(column):.1f}" for column in columns)
        one_by_one = statistics.median(one.one_by_one_s for one in bounds)
        table.rows.append([f"inv lab, jobs: {jobs}", seconds, longest, f"{ratio:.3f}", f"{one_by_one:.1f}"])
    with _paced() as (made, settings):
        made.inv("-f", settings, "sandbox.start")
        table.rows.append(["the guide's order", f"{made.guide()[1]:.1f}", "", "", ""])
        made.inv("-f", settings, "lab")
        again = [made.inv("-f", settings, "lab")[1] for _ in range(rounds)]
        table.rows.append(["inv lab again", f"{statistics.median(again):.1f}", "", "", ""])
    yield table


def _run_of_the_lab(jobs: int) -> Bounds:
    with _paced() as (made, settings):
        made.inv("-f", settings, "tools")
        made.inv("-f", settings, "lab", INVOKE_LAB_JOBS=str(jobs))
        runs = [record.read(path) for path in made.home.glob("environments/*/runs/*/journal.jsonl")]
        return Bounds.of(next(run for run in runs if "lab" in run.steps))


@contextmanager
def _paced() -> Iterator[tuple[Lab, str]]:
    """A lab of its own, and settings with which its sandbox takes its time."""
    with TemporaryDirectory() as folder, lab(Path(folder)) as made:
        text = (PROJECT / "config" / "sandbox.yaml").read_text()
        paced = text.replace("pace: 0 ", f"pace: {PACE} ")
        assert paced != text, "there is no `pace: 0` in config/sandbox.yaml any more"
        (made.home / "sandbox.yaml").write_text(paced)
        yield made, str(made.home / "sandbox.yaml")
