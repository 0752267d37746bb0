"""Our own runner at 1, 10 and 100 times the size: time and memory should grow no faster than the graph."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.race import Runner, race
from benchmarks.runners import OURS, PROJECT, ours
from benchmarks.shapes import SHAPES
from benchmarks.table import Table

SIZES = (1_000, 10_000, 100_000)


def tables(rounds: int) -> Iterator[Table]:
    table = Table(
        "A run of tasks that do nothing, by size",
        ("shape", *(f"{size:,}: wall s" for size in SIZES), "us a task, 10x", "us a task, 100x", "peak MB at 100x"),
        notes=["Microseconds a task: what each task beyond those of the smallest graph adds, start-up taken out."],
    )
    for shape, edges in SHAPES.items():
        racing = []
        with TemporaryDirectory() as folder:
            for size in SIZES:
                home = Path(folder) / str(size)
                home.mkdir()
                env = {"PYTHONPATH": str(PROJECT)}
                racing.append(Runner(f"{OURS} {size}", ours(home, edges(size)), home, env))
            race(racing, rounds)
        walls = [statistics.median(one.wall_s) for one in racing]
        each = [(walls[at] - walls[0]) / (SIZES[at] - SIZES[0]) * 1e6 for at in (1, 2)]
        row = [shape, *(f"{wall:.2f}" for wall in walls), *(f"{one:.0f}" for one in each)]
        table.rows.append([*row, f"{max(racing[-1].peak_mb):.0f}"])
    yield table
