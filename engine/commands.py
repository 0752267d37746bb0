"""Tasks that tell about the steps of any graph: a project adds them to its collection, `Collection(*steps, *COMMANDS)`.

What stands behind one on the command line are the steps that it tells about; it never brings one about. Each imports
what it needs when it is called, because `inv --list` imports this file.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from invoke import Context, Exit, task

from engine.errors import UsageError
from engine.lab import session_of
from engine.words import Telling

if TYPE_CHECKING:
    from engine.paper import Row
    from engine.past import Last
    from engine.session import Session

WITH_NEEDS = "the steps that it is about, with all that they need; without any, all steps"


def _telling(**options: str) -> Callable[..., Any]:
    # No short flags: behind a task they would hide Invoke's own, such as the -f of `inv plan -f config/mine.yaml`.
    return task(klass=Telling, auto_shortflags=False, help=options)


@_telling(
    step="the steps to plan, with all that they need; without any, what lab.default_step in invoke.yaml names",
    commands="with the commands that would be run, as inv --dry shows them",
)
def plan(context: Context, step: Sequence[str] = (), commands: bool = False) -> None:
    """Show what would change and why, and change nothing.

    The exit code is 3 where there is something to do, 0 where there is nothing, 1 where that cannot be told, 2 for
    usage and settings. `inv --dry STEP` shows the same with each command, and ends with 0 in both of the first cases.
    """
    from engine.plan import CHANGES, Door
    from engine.run import Run

    session = session_of(context).planning(Door(commands, code=CHANGES))
    Run(session).walk(session.graph(step or session.default_steps))


@_telling(step="the step that it is about")
def why(context: Context, step: Sequence[str] = ()) -> None:
    """Tell what a step needs, how it went in former runs, and why it would run now: asks about that step alone.

    The exit code is 1 where it cannot be told whether the step holds, and 0 whatever is found otherwise.
    """
    from engine import past
    from engine.paper import show
    from engine.plan import Door
    from engine.run import Run
    from engine.why import PAST, why

    if len(step) != 1:
        raise UsageError("inv why tells about one step: inv why STEP")
    session = session_of(context)
    graph = session.graph(step)
    node = graph.nodes[-1]
    everything = session.graph(())
    needed_by = [other.name for other in everything.nodes if node.name in (before.name for before in other.pre)]
    before, former = _last(session, [one.name for one in node.pre]), past.verdicts(session.home, node.name)
    show(why(node, needed_by, before, list(islice(former, PAST))))
    alone = graph.only(lambda one: one is node or one.step.local)
    Run(session.planning(Door(held=True)), about={node.name}).walk(alone)


@_telling(step=WITH_NEEDS)
def status(context: Context, step: Sequence[str] = ()) -> None:
    """List every step with its last verdict, how old that is and from which run; asks nobody."""
    from engine.paper import show
    from engine.status import status

    session = session_of(context)
    graph = session.graph(step)
    if not _has_runs(session):
        return
    show(status(graph, _last(session, graph.needs)), cut=True)


@_telling(
    step=WITH_NEEDS,
    format="text (default), mermaid, dot or svg",
    verdicts="with the last verdict of each step, from former runs",
    output="the file to write, instead of showing it",
)
def graph(
    context: Context, step: Sequence[str] = (), format: str = "text", verdicts: bool = False, output: str = ""
) -> None:
    """Draw the graph of the steps: what needs what."""
    from engine import picture
    from engine.paper import show

    if format not in picture.FORMATS:
        raise Exit(f"there is no format '{format}': {', '.join(picture.FORMATS)}", code=2)
    session = session_of(context)
    needs = session.graph(step).needs
    found = _last(session, needs) if verdicts else {}
    words = {name: last.word for name, last in found.items() if not last.before}
    if format == "text" and not output:
        show(_tree(needs, words))
        return
    drawn = picture.FORMATS[format](needs, words)
    if not output:
        show([line] for line in drawn.splitlines())
        return
    try:
        Path(output).expanduser().write_text(drawn, encoding="utf-8")
    except OSError as error:
        raise Exit(f"{output}: cannot be written: {error.strerror}", code=2) from error


@_telling(step="only the runs of these steps", last="how many runs; 10, unless it is given")
def history(context: Context, step: Sequence[str] = (), last: str = "10") -> None:
    """List the runs of this environment, the newest first: when, how long, how each ended, and where its logs are."""
    from engine import past
    from engine.history import history
    from engine.paper import show

    if not last.isdecimal() or not int(last):
        raise UsageError(f"--last is how many runs to show, 1 or more, not '{last}'")
    session = session_of(context)
    names = [name for name in session.graph(step).needs if name in step]
    if not _has_runs(session):
        return
    runs = (one for one in past.formers(session.home) if not names or past.tells(one, names))
    show(history(islice(runs, int(last)), names), cut=True)
    show([[("dim", f"in {session.home / 'runs'}")]])


@_telling(
    run="the run, by its name or how that begins; without it, the last one",
    output="the file to write, instead of report.html beside the run's journal",
)
def report(context: Context, run: Sequence[str] = (), output: str = "") -> None:
    """Write the page of a run, one file to look at in a browser: what happened, what failed, where the time went."""
    from engine.report import chosen, write
    from engine.summary import shown

    if len(run) > 1:
        raise UsageError("inv report makes the page of one run: inv report RUN")
    record, folder = chosen(session_of(context).home, *run)
    try:
        path = write(record, folder, Path(output).expanduser() if output else None)
    except OSError as error:
        raise UsageError(f"the page of {folder.name} cannot be written: {error}") from error
    print(shown(path))


COMMANDS = (plan, why, status, graph, history, report)


def _last(session: Session, steps: Iterable[str]) -> dict[str, Last]:
    from engine import past

    return past.last(session.home, steps, [node.name for node in session.graph(()).nodes if node.step.destroys])


def _has_runs(session: Session) -> bool:
    from engine import past
    from engine.paper import show

    if next(past.formers(session.home), None) is not None:
        return True
    again = shlex.join([*session.again, "plan"])
    show([[f"Nothing has been run in environment '{session.environment}' yet; {again} shows what would be done."]])
    return False


def _tree(needs: Any, words: Any) -> Iterator[Row]:
    from engine.picture import tree

    for branch, step, rest in tree(needs, words):
        yield [("dim", branch), step, (words.get(step, "dim"), rest)]
