"""What a task costs above a bare hand-off between two threads: the run alone, without start-up."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory

from invoke.config import Config

from benchmarks.race import spread
from benchmarks.runners import JOBS
from benchmarks.shapes import SHAPES, Edges, ends
from benchmarks.table import Table
from engine.graph import Graph
from engine.run import Run
from engine.session import Session
from engine.step import Step, step

SIZE = 5_000


def tables(rounds: int) -> Iterator[Table]:
    """Journal, screen, locks and all; the screen prints into nothing."""
    table = Table(
        f"A run of {SIZE:,} steps that do nothing, microseconds a step",
        ("shape", "a step", "a hand-off", "above it", "CPU a step", "CPU a hand-off"),
        notes=["A hand-off: one thread puts something into a queue, another that waits there takes it."],
    )
    for name, shape in SHAPES.items():
        edges = shape(SIZE)
        found = [(*_run_us(edges), *_hand_off_us()) for _ in range(rounds + 1)][1:]
        step_us, step_cpu_us, hand_off_us, hand_off_cpu_us = zip(*found, strict=True)
        above_us = [one - other for one, other in zip(step_us, hand_off_us, strict=True)]
        columns = (step_us, hand_off_us, above_us, step_cpu_us, hand_off_cpu_us)
        table.rows.append([name, *(spread(column, 0) for column in columns)])
    yield table


def _run_us(edges: Edges) -> tuple[float, float]:
    with TemporaryDirectory() as folder, Path(os.devnull).open("w") as nothing, contextlib.redirect_stdout(nothing):
        config = Config(project_location=Path(folder), overrides={"lab": {"jobs": JOBS}})
        run, graph = Run(Session(config)), Graph.of([(_steps(edges), {})], lambda task: task.name)
        watch = _Watch()
        run.walk(graph)
        return watch.us(len(edges))


def _steps(edges: Edges) -> Step:
    def nothing(lab: object) -> None:
        """Nothing is to be done."""

    steps: list[Step] = []
    for n, needs in enumerate(edges):
        steps.append(step(nothing, *(steps[one] for one in needs), name=f"t{n}"))
    return step(nothing, *(steps[one] for one in ends(edges)), name="all")


def _hand_off_us() -> tuple[float, float]:
    """Half of there and back."""
    there: SimpleQueue[int] = SimpleQueue()
    back: SimpleQueue[int] = SimpleQueue()

    def answer() -> None:
        for _ in range(SIZE):
            back.put(there.get())

    thread = threading.Thread(target=answer)
    thread.start()
    watch = _Watch()
    for n in range(SIZE):
        there.put(n)
        back.get()
    found = watch.us(2 * SIZE)
    thread.join()
    return found


class _Watch:
    """Wall time, and the CPU time of all threads: what is left of a comparison on a machine that others use too."""

    def __init__(self) -> None:
        self.began = time.perf_counter(), time.process_time()

    def us(self, count: int) -> tuple[float, float]:
        """Microseconds since it was made, for each of so many."""
        wall, cpu = time.perf_counter() - self.began[0], time.process_time() - self.began[1]
        return wall / count * 1e6, cpu / count * 1e6
