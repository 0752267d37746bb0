"""Tasks that do nothing, from start-up to the end: ours beside other task runners, wall time and memory."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.race import Runner, race, ratios, spread
from benchmarks.runners import OURS, runners
from benchmarks.shapes import SHAPES
from benchmarks.table import Table

SIZES = (1_000, 10_000)
COLUMNS = ("runner", "wall s", "times ours", "CPU s", "peak MB")


def tables(rounds: int) -> Iterator[Table]:
    for size in SIZES:
        for shape, edges in SHAPES.items():
            with TemporaryDirectory() as folder:
                racing = list(runners(Path(folder), edges(size)))
                race(racing, rounds)
            first = next(one for one in racing if one.name == OURS)
            yield Table(f"{size:,} tasks that do nothing, {shape}", COLUMNS, [_row(one, first) for one in racing])


def _row(runner: Runner, ours: Runner) -> list[str]:
    if runner.out:
        return [runner.name, runner.out, "", "", ""]
    times = statistics.median(ratios(runner.wall_s, ours.wall_s))
    return [
        runner.name,
        spread(runner.wall_s),
        f"{times:.2f}",
        f"{statistics.median(runner.cpu_s):.2f}",
        f"{max(runner.peak_mb):.0f}",
    ]
