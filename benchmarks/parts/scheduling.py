"""Random graphs whose steps only wait: a run beside the least that it can take, by the number of jobs."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Iterator

from benchmarks.table import Table
from engine.critical import critical_path
from engine.graph import Graph, Node
from engine.schedule import Schedule
from engine.step import Step, step
from engine.verdict import Verdict

STEPS = 120
"""In a graph; most last some hundredths of a second, every eighth ten times as long."""


def tables(rounds: int) -> Iterator[Table]:
    table = Table(
        f"Random graphs of {STEPS} steps: seconds of a run, times the bound",
        ("jobs", "durations known", "durations unknown", "one after the other"),
        notes=["The bound: the critical path, or all the work divided by the jobs, whichever is longer."],
    )
    for jobs in (2, 4, 8, 16):
        found = []
        for seed in range(rounds):
            seconds, edges = _shape(seed)
            path = critical_path(dict(enumerate(edges)), dict(enumerate(seconds)))
            bound = max(sum(seconds[one] for one in path), sum(seconds) / jobs)
            walks = (_walk(edges, seconds, jobs, known) for known in (True, False))
            found.append([walked / bound for walked in (*walks, sum(seconds))])
        table.rows.append([str(jobs), *(f"{statistics.median(column):.2f}" for column in zip(*found, strict=True))])
    yield table


def _shape(seed: int) -> tuple[list[float], list[list[int]]]:
    chance = random.Random(seed)
    seconds = [chance.uniform(0.01, 0.05) * (10 if chance.randrange(8) == 0 else 1) for _ in range(STEPS)]
    edges: list[list[int]] = [[]]
    for n in range(1, STEPS):
        edges.append(sorted({chance.randrange(max(0, n - 30), n) for _ in range(chance.randint(0, 2))}))
    return seconds, edges


def _walk(edges: list[list[int]], seconds: list[float], jobs: int, known: bool) -> float:
    steps: list[Step] = []
    for n, needs in enumerate(edges):
        typical_s = seconds[n] if known else None
        steps.append(step(lambda lab: None, *(steps[one] for one in needs), name=str(n), typical_s=typical_s))
    graph = Graph.of([(one, {}) for one in steps], lambda task: task.name)

    def work(node: Node) -> Verdict:
        time.sleep(seconds[int(node.name)])
        return Verdict(node.name, "held")

    schedule = Schedule(graph, jobs, work, lambda verdict: None)
    began = time.monotonic()
    schedule.start()
    schedule.over.get()
    return time.monotonic() - began
