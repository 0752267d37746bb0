"""az kept warm against az as it is: the same answers, and how much less time they take."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.clients import Clients, kinds, lab, masked, memory_mb, plain_cpu_s, warm_cpu_s
from benchmarks.table import Table

#: Calls for the second table, this many at once.
CALLS = 1000
AT_ONCE = 8
#: What says that a command only asks.
ASKING = {"list", "show", "what-if", "list-metadata", "get-versions", "get"}


def tables(rounds: int) -> Iterator[Table]:
    with tempfile.TemporaryDirectory() as folder, lab(Path(folder)) as made:
        made.inv("lab")
        found = kinds(command.argv for command in made.commands())
        with made.clients() as clients:
            yield _one_by_one(clients, found, rounds)
            yield _at_once(clients, [argv for argv in found.values() if ASKING & {*argv}])


@dataclass
class Measured:
    """What calls of one kind took: wall time of each, processor time of all."""

    wall_s: list[float] = field(default_factory=list)
    cpu_s: float = 0.0

    @property
    def median_s(self) -> float:
        return statistics.median(self.wall_s)


def compare(clients: Clients, argv: tuple[str, ...], rounds: int) -> tuple[Measured, Measured, bool]:
    """Plain and warm in turn, and whether all answers were the same."""
    # Not counted: plain az compiles what has no bytecode yet, and the first of its kind is loaded for the next.
    answers = {masked(call(argv)) for call in (clients.plain, clients.kept_warm, clients.kept_warm)}
    plain, kept = Measured(cpu_s=-plain_cpu_s()), Measured(cpu_s=-warm_cpu_s())
    for _ in range(rounds):
        for measured, call in ((plain, clients.plain), (kept, clients.kept_warm)):
            before = time.perf_counter()
            answers.add(masked(call(argv)))
            measured.wall_s.append(time.perf_counter() - before)
    plain.cpu_s += plain_cpu_s()
    kept.cpu_s += warm_cpu_s()
    return plain, kept, len(answers) == 1


def _one_by_one(clients: Clients, found: dict[str, tuple[str, ...]], rounds: int) -> Table:
    table = Table(
        "az kept warm",
        ("command", "plain", "warm", "wall time", "processor time", "answers"),
        notes=[
            f"Medians of {rounds} calls each, in turn; plain az has its bytecode compiled before. Every kind of command"
            " that a lab took to come up, the same again.",
        ],
    )
    wall, cpu = [], []
    for name, argv in found.items():
        plain, kept, same = compare(clients, argv, rounds)
        wall.append(plain.median_s / kept.median_s)
        cpu.append(plain.cpu_s / kept.cpu_s)
        seconds = (f"{plain.median_s:.2f} s", f"{kept.median_s:.3f} s")
        table.rows.append([f"az {name}", *seconds, f"{wall[-1]:.1f}x", f"{cpu[-1]:.1f}x", "same" if same else "DIFFER"])
    table.rows.append(["median", "", "", f"{statistics.median(wall):.1f}x", f"{statistics.median(cpu):.1f}x", ""])
    table.notes.append(f"The server keeps {max(memory_mb()):.0f} MB, which its children share.")
    return table


def _at_once(clients: Clients, commands: list[tuple[str, ...]]) -> Table:
    expected = {argv: masked(clients.plain(argv)) for argv in commands}

    def differs(number: int) -> bool:
        argv = commands[number % len(commands)]
        return masked(clients.kept_warm(argv)) != expected[argv]

    before = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        different = sum(threads.map(differs, range(CALLS)))
    took = time.perf_counter() - before
    row = [f"{CALLS} calls of {len(commands)} kinds", str(AT_ONCE), f"{CALLS / took:.1f}", str(different)]
    return Table(
        "az kept warm, many at once", ("calls", "at once", "calls a second", "other answers than plain az"), [row]
    )
