"""One graph of tasks that do nothing, written down for each task runner: ours, and those that are on this machine."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from benchmarks.race import Runner
from benchmarks.shapes import Edges, ends

PROJECT = Path(__file__).parents[1]
JOBS = 8

_READ = """\
import json
from pathlib import Path

EDGES = json.loads((Path(__file__).parent / "edges.json").read_text())
"""

_OURS = (
    _READ
    + """\
from invoke import Collection
from engine.step import step

def nothing(lab):
    '''Nothing is to be done.'''

steps = []
for n, needs in enumerate(EDGES[:-1]):
    steps.append(step(nothing, *(steps[one] for one in needs), name=f"t{n}"))
last = step(nothing, *(steps[one] for one in EDGES[-1]), name="all")
ns = Collection(*steps, last)
"""
)

_INVOKE = (
    _READ
    + """\
from invoke import Collection, Task

class Same(Task):
    def __deepcopy__(self, memo):  # or the copies of the collection alone take minutes
        return self

def nothing(c):
    '''Nothing is to be done.'''

steps = []
for n, needs in enumerate(EDGES[:-1]):
    steps.append(Same(nothing, name=f"t{n}", pre=[steps[one] for one in needs]))
last = Same(nothing, name="all", pre=[steps[one] for one in EDGES[-1]])
ns = Collection(*steps, last)
"""
)

_DOIT = (
    _READ
    + """\
DOIT_CONFIG = {"backend": "json", "verbosity": 0}

def nothing():
    pass

def task_t():
    for n, needs in enumerate(EDGES[:-1]):
        yield {"name": str(n), "actions": [nothing], "task_dep": [f"t:{one}" for one in needs]}

def task_all():
    return {"actions": [nothing], "task_dep": [f"t:{one}" for one in EDGES[-1]]}
"""
)


def runners(folder: Path, edges: Edges, names: Collection[str] = ()) -> Iterator[Runner]:
    """One for each, or for those of these names; `folder` gets a folder for each. One that is not on this machine is
    out of the race."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    for name in names or _WRITERS:
        home = folder / name
        home.mkdir(parents=True)
        program, *words = _WRITERS[name](home, edges)
        found = shutil.which(program, path=path)
        env = {"PYTHONPATH": str(PROJECT)} if name == OURS else {}
        yield Runner(name, [found or program, *words], home, env, out="" if found else "not here")


def ours(folder: Path, edges: Edges) -> list[str]:
    """Our own, on the plain screen, with the journal that every run has."""
    _edges(folder, edges)
    (folder / "tasks.py").write_text(_OURS)
    (folder / "invoke.yaml").write_text(
        f"tasks:\n  executor_class: engine.executor.GraphExecutor\nlab:\n  jobs: {JOBS}\n  keep_runs: 1\n"
    )
    return [sys.executable, "-m", "invoke", "all"]


def _edges(folder: Path, edges: Edges) -> None:
    """The steps' needs, and last those of `all`: data, so that no runner compiles it as source."""
    (folder / "edges.json").write_text(json.dumps([*edges, ends(edges)]))


def _invoke(folder: Path, edges: Edges) -> list[str]:
    _edges(folder, edges)
    (folder / "tasks.py").write_text(_INVOKE)
    return [sys.executable, "-m", "invoke", "all"]


def _doit(folder: Path, edges: Edges) -> list[str]:
    _edges(folder, edges)
    (folder / "dodo.py").write_text(_DOIT)
    return ["doit", "-n", str(JOBS), "-P", "thread", "all"]


def _make(folder: Path, edges: Edges) -> list[str]:
    rules = [f"t{n}: {' '.join(f't{one}' for one in needs)}\n\t@:\n" for n, needs in enumerate(edges)]
    (folder / "Makefile").write_text(f"all: {' '.join(f't{one}' for one in ends(edges))}\n{''.join(rules)}")
    return ["make", "-j", str(JOBS), "all"]


def _ninja(folder: Path, edges: Edges) -> list[str]:
    rules = [f"build t{n}: phony {' '.join(f't{one}' for one in needs)}\n" for n, needs in enumerate(edges)]
    last = f"build all: phony {' '.join(f't{one}' for one in ends(edges))}\n"
    (folder / "build.ninja").write_text("".join([*rules, last]))
    return ["ninja", "-j", str(JOBS), "all"]


def _just(folder: Path, edges: Edges) -> list[str]:
    recipes = [f"[parallel]\nt{n}: {' '.join(f't{one}' for one in needs)}\n" for n, needs in enumerate(edges)]
    last = f"[parallel]\nall: {' '.join(f't{one}' for one in ends(edges))}\n"
    (folder / "justfile").write_text("".join([*recipes, last]))
    return ["just", "--jobs", str(JOBS), "all"]


def _task(folder: Path, edges: Edges) -> list[str]:
    def entry(name: str, needs: list[int]) -> str:
        return f"  {name}:\n    run: once\n    deps: [{', '.join(f't{one}' for one in needs)}]\n"

    tasks = [entry(f"t{n}", needs) for n, needs in enumerate(edges)]
    (folder / "Taskfile.yml").write_text("".join(['version: "3"\ntasks:\n', *tasks, entry("all", ends(edges))]))
    return ["task", "--concurrency", str(JOBS), "all"]


OURS = "aks-lab"
_WRITERS: dict[str, Callable[[Path, Edges], list[str]]] = {
    OURS: ours, "invoke": _invoke, "doit": _doit, "make": _make, "ninja": _ninja, "just": _just, "go-task": _task,
}  # fmt: skip
