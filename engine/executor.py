"""The executor that invoke.yaml names: steps as a graph, plain tasks one after the other as they were asked for."""

from __future__ import annotations

import atexit
import gc
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from invoke import Call, Executor, Exit, Task
from invoke.collection import Collection

from engine import interruption
from engine.errors import LabError, UsageError
from engine.graph import Graph
from engine.masking import clean
from engine.run import Run
from engine.session import Session
from engine.settings import nearest
from engine.step import Step

# The graph goes with the process: to search it for cycles before would take 0.07 s for ten thousand steps.
atexit.register(gc.freeze)


class GraphExecutor(Executor):
    """Brings about the steps on the command line and all that they need, each once, side by side where it may be.

    Exit codes: 0 all held or changed; 1 a step failed; 2 usage or settings; 128 + the signal that stopped the run.
    """

    def execute(self, *tasks: Any) -> dict[Task, Any]:
        """See `invoke.Executor.execute`; of a step the value is its `Verdict`.

        :raises Exit: with the exit code, unless all is well
        """
        interruption.leave()
        gc.freeze()  # what is loaded stays: nobody need go through it again and again
        try:
            return self._execute(self.normalize(tasks))
        except LabError as error:
            raise Exit(clean(str(error)), code=error.exit_code) from error
        except KeyboardInterrupt:  # in a plain task; Invoke alone would end with 1
            raise Exit(code=130) from None

    def _execute(self, calls: list[Call]) -> dict[Task, Any]:
        session = Session(self._config(calls), self.core.remainder)
        names = {id(task): name for name, task in _listed(self.collection)}

        def name_of(task: Task) -> str:
            return names.get(id(task), task.name)

        session.graph = lambda steps: Graph.of(_asked(self.collection, steps), name_of)
        work: list[Graph | list[Call]] = []  # all of it, before any of it runs: a cycle may be in the last
        for steps, group in groupby(_flat(calls), key=lambda call: isinstance(call.task, Step)):
            if steps:
                asked = [(call.task, _given(call)) for call in group]
                work.append(Graph.of(asked, name_of))
            else:
                work.append(list(group))
        run = Run(session)
        results: dict[Task, Any] = {}
        for part in work:
            if isinstance(part, Graph):
                verdicts = run.walk(part)
                results |= {node.step: verdicts[node.name] for node in part.nodes}
            else:
                self._plain(part, session, results, [call.task for call in calls])
        return results

    def _config(self, calls: list[Call]) -> Any:
        """Invoke's configuration, merged once for all: it loads collection and variables anew for each task."""
        config = self.config
        try:
            config.load_collection(self.collection.configuration(calls[0].called_as if calls else None))
            config.load_shell_env()
        except Exception as error:
            raise UsageError(f"an environment variable INVOKE_... cannot be used: {error}") from error
        return config

    def _plain(self, calls: list[Call], session: Session, results: dict[Task, Any], direct: list[Task]) -> None:
        done: list[tuple[Task, dict[str, Any]]] = []
        for call in calls:
            if (call.task, call.kwargs) in done:
                continue
            done.append((call.task, call.kwargs))
            result = call.task(session.lab(call.task.name), *call.args, **call.kwargs)
            if call.task.autoprint and call.task in direct:
                print(result)
            results[call.task] = result


def _flat(calls: Iterable[Call]) -> Iterator[Call]:
    """What was asked for in its order; a plain task brings its own pre- and post-tasks, a step keeps its graph."""
    for call in calls:
        if isinstance(call.task, Step):
            yield call
        else:
            yield from _flat(map(_called, call.task.pre))
            yield call
            yield from _flat(map(_called, call.task.post))


def _given(call: Call) -> dict[str, Any]:
    """The arguments that say something: Invoke fills in the defaults of all others."""
    defaults = {name: one.default for name, one in call.task.argspec(call.task.body).parameters.items()}
    return {name: value for name, value in call.kwargs.items() if value != defaults.get(name)}


def _called(one: Any) -> Call:
    return one if isinstance(one, Call) else Call(one)


def _listed(collection: Collection, prefix: str = "") -> Iterator[tuple[str, Task]]:
    """Every task with the name by which it is called on the command line."""
    for name, task in collection.tasks.items():
        yield prefix + name, task
    for name, inner in collection.collections.items():
        yield from _listed(inner, f"{prefix}{name}.")


def _asked(collection: Collection, names: Sequence[str]) -> list[tuple[Task, dict[str, Any]]]:
    """The steps of these names, or all that there are.

    :raises UsageError: there is no step of one of these names
    """
    steps = {name: task for name, task in _listed(collection) if isinstance(task, Step)}
    for name in names:
        if name not in steps:
            raise UsageError(f"there is no step '{name}'{nearest(name, steps)}")
    return [(steps[name], {}) for name in names or steps]
