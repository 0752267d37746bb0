"""`inv --list` of the lab beside plain Invoke on a tasks.py with nothing in it."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.race import Runner, race, ratios, spread
from benchmarks.runners import PROJECT
from benchmarks.table import Table

LIST = [sys.executable, "-m", "invoke", "--list"]


def tables(rounds: int) -> Iterator[Table]:
    with TemporaryDirectory() as folder:
        (Path(folder) / "tasks.py").write_text("from invoke import task\n\n@task\ndef one(c):\n    pass\n")
        lab, empty = Runner("the lab", LIST, PROJECT), Runner("an empty tasks.py", LIST, Path(folder))
        race([lab, empty], 3 * rounds)
    rows = [
        [
            one.name,
            spread(one.wall_s, 3),
            spread(one.cpu_s, 3),
            f"{statistics.median(ratios(one.wall_s, empty.wall_s)):.2f}",
            f"{statistics.median(ratios(one.cpu_s, empty.cpu_s)):.2f}",
        ]
        for one in (lab, empty)
    ]
    yield Table("inv --list", ("of", "wall s", "CPU s", "wall, ratio", "CPU, ratio"), rows)
