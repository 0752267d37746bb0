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
from engine.critical import critical_path
from engine.record import RunRecord

PACE = 0.1
"""Of the sandbox: a cluster takes half a minute."""


def tables(rounds: int) -> Iterator[Table]:
    table = Table(
        f"From nothing, on a sandbox at {PACE} of Azure's pace",
        ("", "seconds", "critical path of that run", "ratio", "of one job", "ratio", "steps one by one"),
        notes=[
            "The critical path is the longest through the graph by what the steps of the same run took, from its"
            " journal, without their waits for each other: neither more jobs nor fewer locks make a run shorter. Of one"
            " job: by what the steps took when each ran alone, so that it counts too what steps take from each other.",
            "The guide's order is that of benchmarks/guide.sh. `inv lab` again: there was nothing to do.",
        ],
    )
    runs = {jobs: [_run_of_the_lab(jobs) for _ in range(min(rounds, 3) if jobs == 8 else 1)] for jobs in (1, 2, 4, 8)}
    (alone,) = runs[1]
    seconds = {name: step.span.seconds for name, step in alone.steps.items() if step.span}
    alone_s = sum(seconds.get(name, 0.0) for name in critical_path(alone.needs, seconds))
    for jobs, records in reversed(runs.items()):
        bounds = [Bounds.of(one) for one in records]
        took = [sum(link.waited_s + link.seconds for link in one.chain) for one in bounds]
        ratio = statistics.median(total / one.longest_s for total, one in zip(took, bounds, strict=True))
        took_s, longest_s, one_by_one_s = (
            statistics.median(column)
            for column in (took, [one.longest_s for one in bounds], [one.one_by_one_s for one in bounds])
        )
        ratios = (f"{longest_s:.1f}", f"{ratio:.3f}", f"{alone_s:.1f}", f"{took_s / alone_s:.3f}")
        table.rows.append([f"inv lab, jobs: {jobs}", f"{took_s:.1f}", *ratios, f"{one_by_one_s:.1f}"])
    empty = [""] * (len(table.columns) - 2)
    with _paced() as (made, settings):
        made.inv("-f", settings, "sandbox.start")
        table.rows.append(["the guide's order", f"{made.guide()[1]:.1f}", *empty])
        made.inv("-f", settings, "lab")
        again = [made.inv("-f", settings, "lab")[1] for _ in range(rounds)]
        table.rows.append(["inv lab again", f"{statistics.median(again):.1f}", *empty])
    yield table


def _run_of_the_lab(jobs: int) -> RunRecord:
    with _paced() as (made, settings):
        made.inv("-f", settings, "tools")
        made.inv("-f", settings, "lab", INVOKE_LAB_JOBS=str(jobs))
        runs = [record.read(path) for path in made.home.glob("environments/*/runs/*/journal.jsonl")]
        return next(run for run in runs if "lab" in run.steps)


@contextmanager
def _paced() -> Iterator[tuple[Lab, str]]:
    """A lab of its own, and settings with which its sandbox takes its time."""
    with TemporaryDirectory() as folder, lab(Path(folder)) as made:
        text = (PROJECT / "config" / "sandbox.yaml").read_text()
        paced = text.replace("pace: 0 ", f"pace: {PACE} ")
        assert paced != text, "there is no `pace: 0` in config/sandbox.yaml any more"
        (made.home / "sandbox.yaml").write_text(paced)
        yield made, str(made.home / "sandbox.yaml")
