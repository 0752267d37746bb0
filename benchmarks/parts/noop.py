"""Tasks that do nothing, from start-up to the end: ours beside other task runners, wall time and memory."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.race import LONGEST_S, Runner, race, ratios
from benchmarks.runners import OURS, runners
from benchmarks.shapes import SHAPES
from benchmarks.table import Table

SIZES = (1_000, 10_000, 100_000)

ONCE = 100_000
"""From this size on each runs once, and once before that does not count."""

MOST_MB = 8_000
"""Who would take more memory does not try, for the sake of the machine."""


def tables(rounds: int) -> Iterator[Table]:
    beaten: dict[tuple[str, str], str] = {}
    for size in SIZES:
        races = {}
        for shape, edges in SHAPES.items():
            with TemporaryDirectory() as folder:
                found = list(runners(Path(folder), edges(size)))
                for one in found:
                    one.out = one.out or beaten.get((shape, one.name), "")
                race(found, 1 if size >= ONCE else rounds)
            races[shape] = {one.name: one for one in found}
            beaten |= {(shape, one.name): why for one in found if (why := _beaten(one))}
        yield Table(
            f"{size:,} tasks that do nothing: seconds, and how many times ours that is",
            ("runner", *SHAPES, "peak MB"),
            [_row([ran[one.name] for ran in races.values()], [ran[OURS] for ran in races.values()]) for one in found],
            [
                "± is half of the way from the quickest run to the slowest. make and ninja start no process for these."
                " Who has failed or taken too long at one size, or would at ten times of it, does not run at the next.",
            ],
        )


def _beaten(one: Runner) -> str:
    """Why it does not try a graph ten times as large; empty where it does."""
    if not one.out and 10 * min(one.wall_s) > LONGEST_S:
        return f"would take over {LONGEST_S:.0f} s"
    if not one.out and 10 * max(one.peak_mb) > MOST_MB:
        return f"would take over {MOST_MB / 1000:.0f} GB"
    return one.out


def _row(shapes: list[Runner], ours: list[Runner]) -> list[str]:
    peaks = [peak for one in shapes for peak in one.peak_mb]
    return [
        shapes[0].name,
        *(_cell(one, other) for one, other in zip(shapes, ours, strict=True)),
        f"{max(peaks):.0f}" if peaks else "",
    ]


def _cell(one: Runner, other: Runner) -> str:
    if one.out:
        return one.out
    half = f" ±{(max(one.wall_s) - min(one.wall_s)) / 2:.2f}" if len(one.wall_s) > 1 else ""
    times = "" if other.out else f", {statistics.median(ratios(one.wall_s, other.wall_s)):.2f}x"
    return f"{statistics.median(one.wall_s):.2f}{half}{times}"
