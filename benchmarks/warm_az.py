"""az kept warm against az as it is: the same answers, and how much less time they take.

    python benchmarks/warm_az.py [--rounds 5] [--calls 1000]

Brings a lab up in a sandbox of its own, takes every kind of az command that this took from the journal, and runs each
again, plainly and warm, in turn. Then 8 at once, against the answers that plain az gave. az's own modules are compiled
before, as `inv tools` does it. Needs Linux (/proc) for the processor time; one run takes five minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shlex
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from engine.process import Process, Spawned  # noqa: E402
from engine.warm import Warm  # noqa: E402
from tools import warm  # noqa: E402

#: What differs from one call to the next whoever makes it: ids, times, durations, digests, the numbers of builds.
PASSING = re.compile(
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{40,}\b|\d{4}[-/]\d\d[-/]\d\d[T ][\d:.]+(\+00:00|Z)?"
    r"|PT[\d.]+S|ID: \w+|\b\d+\.\d+ seconds"
)

Answer = tuple[int, str, str]


def masked(answer: Answer) -> Answer:
    """The answer as far as two calls of the same command can be expected to agree."""
    code, out, err = answer
    return code, PASSING.sub("*", out), PASSING.sub("*", err)


@dataclass
class Clients:
    """az in one environment, called plainly or warm."""

    env: dict[str, str]
    folder: Path
    warm: Warm = field(init=False)
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.warm = Warm({"az": warm.az}, self.folder)

    def plain(self, argv: tuple[str, ...]) -> Answer:
        return self._read(Process(Spawned(argv, self.env, PROJECT, False), None))

    def kept_warm(self, argv: tuple[str, ...]) -> Answer:
        child = self.warm.start(argv, self.env, PROJECT, False, threading.Event(), self.said.append)
        assert child is not None, f"{argv[0]} is not kept warm: {self.said}"
        return self._read(Process(child, None))

    @staticmethod
    def _read(process: Process) -> Answer:
        code, out, err, _ = process.read_to_end(lambda mark, text: None, None)
        return code, out, err


def kinds(commands: list[tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """One command of each kind ("aks show"), the first."""
    found: dict[str, tuple[str, ...]] = {}
    for argv in commands:
        if argv[0] == "az":
            words = [word for word in argv[1:4] if not word.startswith("-")]
            count = next((i for i, word in enumerate(argv[1:4]) if word.startswith("-")), 3)
            found.setdefault(" ".join(words[:count]), argv)
    return found


def commands_of(journals: Iterator[Path]) -> list[tuple[str, ...]]:
    """The command lines in some journals."""
    events = [json.loads(line) for journal in journals for line in journal.read_text().splitlines()]
    return [tuple(shlex.split(event["command"])) for event in events if event["event"] == "command.started"]


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
    first = clients.kept_warm(argv)  # loads the modules of its kind: for the next time
    answers = {masked(first), masked(clients.kept_warm(argv))}
    plain, kept = Measured(cpu_s=-plain_cpu_s()), Measured(cpu_s=-warm_cpu_s())
    for _ in range(rounds):
        for measured, call in ((plain, clients.plain), (kept, clients.kept_warm)):
            before = time.perf_counter()
            answers.add(masked(call(argv)))
            measured.wall_s.append(time.perf_counter() - before)
    plain.cpu_s += plain_cpu_s()
    kept.cpu_s += warm_cpu_s()
    return plain, kept, len(answers) == 1


def plain_cpu_s() -> float:
    """Processor time of this process's children that have ended, and of their own."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime


def warm_cpu_s() -> float:
    """Processor time of its children that have not: servers, with what they have run."""
    time.sleep(0.1)  # until they have noticed that the last one has ended
    stats = [stat.rpartition(") ")[2].split() for stat in own("stat")]
    return sum(sum(map(int, fields[11:15])) for fields in stats) / os.sysconf("SC_CLK_TCK")


def own(file: str) -> Iterator[str]:
    """What /proc tells of each child of this process."""
    for parent in Path("/proc").glob("[0-9]*/stat"):
        try:
            if parent.read_text().rpartition(") ")[2].split()[1] == str(os.getpid()):
                yield parent.with_name(file).read_text()
        except OSError:  # it has ended meanwhile
            continue


def side_by_side(clients: Clients, commands: list[tuple[str, ...]], calls: int) -> tuple[int, float]:
    """Warm calls, 8 at once: how many were answered otherwise than plain az does, and calls a second."""
    expected = {argv: masked(clients.plain(argv)) for argv in commands}

    def differs(number: int) -> bool:
        argv = commands[number % len(commands)]
        return masked(clients.kept_warm(argv)) != expected[argv]

    before = time.perf_counter()
    with ThreadPoolExecutor(8) as threads:
        different = sum(threads.map(differs, range(calls)))
    return different, calls / (time.perf_counter() - before)


def memory_mb() -> list[float]:
    """What each server keeps in memory, which its children share."""
    found = [re.search(r"VmRSS:\s+(\d+)", status) for status in own("status")]
    return [int(resident[1]) / 1024 for resident in found if resident]


@contextmanager
def lab(home: Path) -> Iterator[Callable[..., str]]:
    """A lab that has come up in a sandbox of its own; gives a function that runs `inv` for it."""

    def inv(*words: str) -> str:
        env = {**os.environ, "AKS_LAB_HOME": str(home), "NO_COLOR": "1"}
        argv = [sys.executable, "-m", "invoke", *words]
        ended = subprocess.run(argv, cwd=PROJECT, env=env, capture_output=True, text=True)
        if ended.returncode:
            sys.exit(f"inv {' '.join(words)}:\n{ended.stdout}{ended.stderr}")
        return ended.stdout

    own = Path(os.environ.get("AKS_LAB_HOME") or PROJECT / ".lab")
    home.mkdir(parents=True, exist_ok=True)
    if (own / "tools").exists():
        (home / "tools").symlink_to((own / "tools").resolve())
    inv("lab")
    try:
        yield inv
    finally:
        inv("sandbox.stop")


def environment(exports: str) -> dict[str, str]:
    """The variables after these `export` lines."""
    script = f"{exports}\nexec {shlex.quote(sys.executable)} -c 'import json, os; print(json.dumps(dict(os.environ)))'"
    return dict(json.loads(subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5, help="calls of each kind, plain and warm")
    parser.add_argument("--calls", type=int, default=1000, help="calls for `8 at once`")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, lab(Path(folder)) as inv:
        found = kinds(commands_of(Path(folder).glob("environments/*/runs/*/journal.jsonl")))
        trust = {"REQUESTS_CA_BUNDLE": f"{folder}/sandbox/tls/ca.pem"}  # as in a run
        clients = Clients(environment(inv("sandbox.env")) | trust, Path(folder) / "learned")
        wrong = 0
        wall, cpu = [], []
        print(f"{'az …':<40} {'plain':>7} {'warm':>7} {'wall':>6} {'cpu':>6}")
        for name, argv in found.items():
            plain, kept, same = compare(clients, argv, given.rounds)
            wall.append(plain.median_s / kept.median_s)
            cpu.append(plain.cpu_s / kept.cpu_s)
            wrong += not same
            print(
                f"{name:<40} {plain.median_s:6.2f}s {kept.median_s:6.3f}s {wall[-1]:5.1f}x {cpu[-1]:5.1f}x"
                + ("" if same else "   THE ANSWERS DIFFER"),
                flush=True,
            )
        print(f"{'median':<40} {'':>15} {statistics.median(wall):5.1f}x {statistics.median(cpu):5.1f}x")
        reads = [argv for argv in found.values() if {"list", "show", "what-if", "list-metadata"} & set(argv)]
        different, rate = side_by_side(clients, reads, given.calls)
        print(f"8 at once: {given.calls} calls of {len(reads)} kinds, {different} mismatches, {rate:.1f} calls/s")
        print("memory:", f"{max(memory_mb()):.0f} MB")
        return int(bool(wrong or different))


if __name__ == "__main__":
    sys.exit(main())
