"""What a lab has more of when it grows, at 1, 10 and 100 times the size: time should grow no faster than that."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from secrets import token_urlsafe
from tempfile import TemporaryDirectory
from typing import Any

from invoke.config import Config

from benchmarks.clients import Clients, lab, warm_cpu_s
from benchmarks.race import Runner, race
from benchmarks.runners import OURS, PROJECT, ours
from benchmarks.shapes import SHAPES, wide
from benchmarks.table import Table
from engine import clock, report
from engine.events import CommandEnded, CommandStarted, RunStarted, StepEnded, StepStarted
from engine.goal import Question
from engine.masking import clean, mask
from engine.record import Recorder
from engine.session import Session
from sandbox.requests import RequestLog

SIZES = (1_000, 10_000, 100_000)
AT_ONCE = 8

_ASKING = """\
from invoke import Collection
from engine.goal import Command, Goal, Holds, Question
from engine.step import step

def asking(n):
    def body(lab):
        '''It holds.'''
        fact = Question(Command(("true", str(n))), lambda end: end.stdout, topic=f"things/{n}")
        return Goal(f"thing {n}", (fact,), lambda answer: Holds())
    return step(body, name=f"t{n}")

ns = Collection(step(lambda lab: None, *map(asking, range(SIZE)), name="all"))
"""


def tables(rounds: int) -> Iterator[Table]:
    yield _shapes(rounds, SIZES)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        made = stack.enter_context(lab(folder / "lab"))
        made.inv("sandbox.start")
        clients = stack.enter_context(made.clients())
        yield _parts(rounds, folder, 10, clients)


def _shapes(rounds: int, sizes: tuple[int, ...]) -> Table:
    table = Table(
        "A run of tasks that do nothing, by size",
        ("shape", *(f"{size:,}: wall s" for size in sizes), "us a task, 10x", "us a task, 100x", "peak MB at 100x"),
        notes=["Microseconds a task: what each task beyond those of the smallest graph adds, start-up taken out."],
    )
    for shape, edges in SHAPES.items():
        racing = []
        with TemporaryDirectory() as folder:
            for size in sizes:
                home = Path(folder) / str(size)
                home.mkdir()
                env = {"PYTHONPATH": str(PROJECT)}
                racing.append(Runner(f"{OURS} {size}", ours(home, edges(size)), home, env))
            race(racing, rounds)
        walls = [statistics.median(one.wall_s) for one in racing]
        each = [(walls[at] - walls[0]) / (sizes[at] - sizes[0]) * 1e6 for at in (1, 2)]
        row = [shape, *(f"{wall:.2f}" for wall in walls), *(f"{one:.0f}" for one in each)]
        table.rows.append([*row, f"{max(racing[-1].peak_mb):.0f}"])
    return table


def _parts(rounds: int, folder: Path, least: int, clients: Clients | None) -> Table:
    """:param least: the smallest size of what starts a process for each; of the rest there is more"""
    table = by_size("Other things, by size: seconds of the processor")
    measured: list[tuple[str, int, Callable[[int], float]]] = [
        ("a re-run's steps that ask one question each", least, lambda size: _run(folder, size, _asking, ["all"])),
        ("steps in inv --list", 10 * least, lambda size: _run(folder, size, _listed, ["--list"])),
        ("writes, and as many questions that share an answer", 10 * least, lambda size: _asked(folder, size)),
        ("commands of one step, read from a journal", 10 * least, _recorded),
        ("secrets, looked for in 100 lines", least, _hidden),
        ("steps on the page of a run", least, lambda size: _page(folder, size)),
        ("requests in the log of a sandbox that starts", 100 * least, lambda size: _counted(folder, size)),
    ]
    if clients is not None:
        measured.insert(0, (f"calls of az kept warm, {AT_ONCE} at once", least, lambda size: _calls(clients, size)))
    for what, one, measure in measured:
        sizes = (one, 10 * one, 100 * one)
        taken = [[measure(size) for size in sizes] for _ in range(rounds)]
        table.rows.append(grown(what, sizes, [statistics.median(column) for column in zip(*taken, strict=True)]))
    return table


def by_size(title: str) -> Table:
    """A table for rows of `grown`."""
    return Table(
        title,
        ("what", "1x", "seconds", "10x, seconds", "100x, seconds", "us each to 10x", "us each to 100x", "growth"),
        notes=["Each: what one more adds. Growth: one more among the many, against one more among the few."],
    )


def grown(what: str, sizes: Sequence[int], seconds: Sequence[float]) -> list[str]:
    """:param seconds: at each of the three sizes"""
    each = [(seconds[at] - seconds[at - 1]) / (sizes[at] - sizes[at - 1]) * 1e6 for at in (1, 2)]
    growth = f"{each[1] / each[0]:.2f}" if each[0] > 0 else "start-up alone"
    return [what, f"{sizes[0]:,}", *(f"{one:.3f}" for one in seconds), f"{each[0]:,.1f}", f"{each[1]:,.1f}", growth]


def _timed(work: Callable[[], Any]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before


def _calls(clients: Clients, size: int) -> float:
    clients.kept_warm(("az", "account", "show"))

    def call(number: int) -> None:
        code, _, err = clients.kept_warm(("az", "account", "show"))
        assert code == 0, err

    before = warm_cpu_s()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(call, range(size)))
    return warm_cpu_s() - before


def _run(folder: Path, size: int, write: Callable[[Path, int], None], words: list[str]) -> float:
    """`inv` in a project of so many steps."""
    home = folder / f"{write.__name__}{size}"
    if not home.exists():
        home.mkdir()
        write(home, size)
    argv = [sys.executable, "-m", "invoke", *words]
    env = {"PYTHONPATH": str(PROJECT)}
    runner = Runner("", argv, home, env)
    runner.run()
    if runner.out:
        sys.exit(f"{' '.join(argv)} in {home}: {runner.out}")
    return runner.cpu_s[0]


def _listed(home: Path, size: int) -> None:
    ours(home, wide(size))


def _asking(home: Path, size: int) -> None:
    ours(home, wide(0))  # for its settings
    (home / "tasks.py").write_text(f"SIZE = {size}\n{_ASKING}")


def _asked(folder: Path, size: int) -> float:
    session = Session(Config(project_location=folder))
    log = session.lab("a-step")._log
    whole = Question(ask=lambda: 0, key="all things", topic="things")
    one = [
        Question(ask=lambda: 0, key=f"thing {n}", topic=f"things/{n}", whole=whole, part=lambda all_: all_)
        for n in range(size)
    ]

    def work() -> None:
        for n in range(size):
            session.facts.forget([f"others/{n}/a/b"])
            session.facts.answer(one[n], log)

    return _timed(work)


def _recorded(size: int) -> float:
    recorder = Recorder()
    recorder(RunStarted("r", "inv", "e", "t", "inv", False, 8, 1, "h", {"a": ()}), clock.stamp(clock.now()), 0.0)
    events: list[Any] = [CommandStarted("a", n, "true", 1) for n in range(AT_ONCE)]
    for n in range(size):
        events += [CommandEnded("a", n, 0, 0.1), CommandStarted("a", n + AT_ONCE, "true", 1)]

    def work() -> None:
        for event in events:
            recorder(event, "", 0.0)

    return _timed(work)


def _hidden(size: int) -> float:
    """A hundred lines in which so many secrets are looked for; those of the smaller sizes are among them."""
    mask(token_urlsafe())
    for _ in range(size):
        mask(token_urlsafe())
    line = f"{token_urlsafe()} is none of them" * 5
    clean(line)
    return _timed(lambda: [clean(line) for _ in range(100)])


def _page(folder: Path, size: int) -> float:
    """With a graph like a lab's: narrow layers, and two needs a step."""
    edges = [[n // 5 * 5 - 5 + (n + 2 * k) % 5 for k in range(2)] if n >= 5 else [] for n in range(size)]
    needs = {f"step-{n}": [f"step-{one}" for one in before] for n, before in enumerate(edges)}
    recorder, at = Recorder(), clock.stamp(clock.now())
    recorder(RunStarted("r", "inv", "e", "t", "inv", False, 8, 1, "h", needs), at, 0.0)
    for n, name in enumerate(needs):
        recorder(StepStarted(name), at, float(n))
        recorder(StepEnded(name, "held", 0.9), at, n + 0.9)
    return _timed(lambda: report.write(recorder.record, folder))


def _counted(folder: Path, size: int) -> float:
    path = folder / f"requests{size}.jsonl"
    if not path.exists():
        log = RequestLog(path)
        for n in range(size):
            log.add({"time": 1.0, "method": "PUT", "path": f"/things/{n}", "wrote": [["things", str(n)]] * (n % 2)})
        log.close()
    found: list[RequestLog] = []
    took = _timed(lambda: found.append(RequestLog(path)))
    assert (found[0].count, found[0].writing) == (size, size // 2)
    return took
