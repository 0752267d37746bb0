"""Many labs at once on one sandbox: how long each takes, and what the sandbox keeps in memory."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from benchmarks.clients import PROJECT, Lab, lab
from benchmarks.table import Table

CROWDS = (1, 5, 20)


def tables(rounds: int) -> Iterator[Table]:
    """Once each: the largest takes minutes."""
    table = Table(
        "Labs at once on one sandbox",
        ("labs", "up, s", "a lab", "growth", "again, s", "a lab", "growth", "requests", "sandbox, MB", "pods, MB"),
        notes=[
            "Each is an `inv -f <name>.yaml lab` of its own; one that fails ends the benchmark. Pods of"
            " built images are processes, three a lab. Growth: the seconds a lab, against those of one lab alone."
        ],
    )
    alone: list[float] = []
    for count in CROWDS:
        with TemporaryDirectory() as folder, lab(Path(folder)) as made:
            files = _environments(made, count)
            made.inv("tools")
            made.inv("sandbox.start")
            took = [_at_once(made, files), _at_once(made, files)]
            alone = alone or took  # of the first, which is one lab
            sandbox, pods = memory_mb(made)
            seconds = [
                text
                for all_s, one_s in zip(took, alone, strict=True)
                for text in (f"{all_s:.1f}", f"{all_s / count:.1f}", f"{all_s / count / one_s:.2f}")
            ]
            table.rows.append([str(count), *seconds, f"{made.requests():,}", f"{sandbox:.0f}", f"{pods:.0f}"])
    yield table


def _environments(made: Lab, count: int) -> list[Path]:
    """The files of so many environments, which share a zone and nothing else."""
    common = yaml.safe_load((PROJECT / "config/sandbox.yaml").read_text())
    files = [made.home / f"lab{n:02}.yaml" for n in range(count)]
    for file in files:
        own = {"name": file.stem, "workload": {"host": file.stem}}
        group = {"name": f"aks-admins-{file.stem}", "create": True}
        file.write_text(yaml.safe_dump(common | own | {"cluster": {"admin_group": group}}))
    return files


def _at_once(made: Lab, files: Iterable[Path]) -> float:
    """Seconds until all of them are done."""
    began = time.perf_counter()
    with ThreadPoolExecutor(max_workers=100) as pool:
        list(pool.map(lambda file: made.inv("-f", str(file), "lab"), files))
    return time.perf_counter() - began


def memory_mb(made: Lab) -> tuple[float, float]:
    """Resident memory of the sandbox, and of all the processes below it."""
    sandbox = json.loads(made.inv("sandbox.status")[0])["pid"]
    listed = subprocess.run(["ps", "-e", "-o", "pid=,ppid=,rss="], capture_output=True, text=True, check=True).stdout
    family = [tuple(map(int, line.split())) for line in listed.splitlines()]
    kilobytes = {pid: rss for pid, _, rss in family}
    pods, parents = 0, [sandbox]
    while parents:
        children = [pid for pid, parent, _ in family if parent in parents]
        pods += sum(kilobytes[pid] for pid in children)
        parents = children
    return kilobytes[sandbox] / 1024, pods / 1024
