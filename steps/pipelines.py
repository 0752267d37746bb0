"""The lab on other machines: a pipeline for Azure DevOps, rendered from the graph and compared with it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import UsageError
from engine.lab import Lab, session_of
from tools import jobs
from tools import pipeline as files

if TYPE_CHECKING:
    from engine.graph import Graph

SETTINGS = "config/pipeline.yaml"

#: How the second line of a lab's file begins that `inv environments` has written; the first names its schema.
GENERATED = "# One of the environments in "

#: What `inv --help pipeline` says of each option.
OPTIONS = {
    "per": "what a job brings about: a part (default; config/pipeline.yaml has them), a step, or the whole run",
    "step": "the step that is brought about (default: lab)",
    "environments": "a list of environments: one job for each of them",
    "output": "write to this file, instead of printing",
    "check": "show how the rendered files (or only that of --output) differ from the graph; then the exit code is 3",
}


def pipeline(
    lab: Lab, per: str = "", step: str = "", environments: str = "", output: str = "", check: bool = False
) -> None:
    """Print a pipeline for Azure DevOps: jobs rendered from the graph, or one for each environment of a list."""
    if check:
        if per or step or environments:
            raise UsageError("--check renders each file as its own first lines say; only --output goes with it")
        _check(lab, [Path(output)] if output else _found(lab))
        return
    file = environments or str(session_of(lab).environment_file)
    text = _rendered(lab, files.Order(_in_project(lab, file), bool(environments), per or "part", step or "lab"))
    if not output:
        sys.stdout.write(text)
        return
    path = Path(output)
    if path.exists() and not _rendered_file(path):
        raise UsageError(f"{path} was not rendered by `inv pipeline`: name another file")
    _written(path, text)
    found = {one.resolve() for one in files.found(lab.project)}
    print(f"{path} is written" + ("" if path.resolve() in found else "; --check looks at it only with --output"))


def environments(lab: Lab, file: str) -> None:
    """Write a file for each environment of a list: config/class.yaml makes config/class/<name>.yaml, and so on."""
    from steps import environment_list

    listed = _in_project(lab, file)
    _, found = environment_list.read(lab.project, Path(file))
    folder = Path(file).with_suffix("")
    schema = os.path.relpath(lab.project / "config/environment.schema.json", folder.resolve())
    texts = {}
    for one in found:
        given = one.model_dump(mode="json", exclude_unset=True)
        texts[folder / f"{one.name}.yaml"] = lab.render(
            "pipeline/environment.yaml.j2", file=listed, schema=schema, environment=given
        )
    if foreign := [str(path) for path in texts if path.exists() and not _generated(path)]:
        raise UsageError(f"{', '.join(foreign)}: not written by `inv environments`: move it, or name the lab otherwise")
    for one, (path, text) in zip(found, texts.items(), strict=True):
        _written(path, text)
        print(f"{path}  {one.host}")
    for path in sorted(folder.glob("*.yaml")):
        if path not in texts and _generated(path):
            print(f"{path} is in {file} no longer: inv -f {path} destroy, then remove it")


def _check(lab: Lab, paths: list[Path]) -> None:
    """Tells what would change in each file.

    :raises Outdated: a file would be rendered otherwise now
    """
    if not paths:
        raise UsageError(f"nothing rendered is in {' or '.join(files.PLACES)}: name one with --output")
    outdated = []
    for path in paths:
        order = _ours(path)
        changes = list(files.difference(str(path), _text(path), _rendered(lab, order)))
        _say("\n".join(changes) or f"{path} is as the graph has it")
        if changes:
            outdated.append(f"{order} --output {path}")
    if outdated:
        raise files.Outdated("no longer what would be rendered now; mend it with\n  " + "\n  ".join(outdated))


def _rendered(lab: Lab, order: files.Order) -> str:
    """The file's text.

    :raises UsageError: no such step, parts that are none, an environment that is not on Azure, a mistake in a file
    """
    from engine import settings
    from steps import environment_list
    from steps.environment import Environment
    from tools.agents import Agents

    agents = settings.load(_from_here(lab, SETTINGS), Agents)
    graph = session_of(lab).graph([order.step])
    whole = jobs.parts(graph, [order.step])
    if order.environments:
        listed, found = environment_list.read(lab.project, _from_here(lab, order.file))
        text = lab.render("pipeline/class.yml.j2", order=order, agents=agents, job=whole[0], listed=listed, labs=found)
    else:
        found = [settings.load(_from_here(lab, order.file), Environment)]
        cut = whole
        if order.per != "run":
            cut = jobs.each(graph) if order.per == "step" else _parts(lab, graph, agents.parts)
        text = lab.render("pipeline/lab.yml.j2", order=order, agents=agents, jobs=cut)
    if any(environment.sandbox for environment in found):
        raise UsageError(f"{order.file} runs on the sandbox, and each agent would have its own: name another with -f")
    return text


def _parts(lab: Lab, graph: Graph, names: tuple[str, ...]) -> list[jobs.Job]:
    """Parts that are not needed have no job, where it is not all for `lab`; what is no step at all is told."""
    unneeded = {node.name for node in session_of(lab).graph([]).nodes} - {node.name for node in graph.nodes}
    goal = graph.nodes[-1].name
    try:
        return jobs.parts(graph, [*(name for name in names if name not in unneeded and name != goal), goal])
    except UsageError as error:
        raise UsageError(f"{SETTINGS}: parts: {error}") from error


def _from_here(lab: Lab, file: str | Path) -> Path:
    """A file of the project, as one names it from where one is."""
    path, here = lab.project / file, Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _in_project(lab: Lab, file: str) -> str:
    """The file's path in the project, which is where an agent finds it.

    :raises UsageError: it is not there, or is called as nothing in a pipeline may be
    """
    path = Path(file).resolve()
    if not path.is_relative_to(lab.project):
        raise UsageError(f"{file} is not in the project, so no agent has it")
    return files.named(path.relative_to(lab.project).as_posix())


def _found(lab: Lab) -> list[Path]:
    """The project's rendered files; of others that stand among them it is told that they are none."""
    rendered = []
    for path in (_from_here(lab, path) for path in files.found(lab.project)):
        if _rendered_file(path):
            rendered.append(path)
        else:
            _say(f"{path} was not rendered by `inv pipeline`, and is left out")
    return rendered


def _say(text: str) -> None:
    """Prints what has words of a file in it, which an agent must not take for commands."""
    from engine.masking import clean

    print(clean(text))


def _ours(path: Path) -> files.Order:
    """What a file was rendered from.

    :raises UsageError: it is none of ours, or is not there
    """
    if not _rendered_file(path):
        raise UsageError(f"{path} was not rendered by `inv pipeline`: name another file")
    try:
        return files.Order.read(_text(path))
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from error


def _rendered_file(path: Path) -> bool:
    return path.is_file() and files.MARK.search(_text(path)) is not None


def _generated(path: Path) -> bool:
    return path.is_file() and any(line.startswith(GENERATED) for line in _text(path).splitlines()[:2])


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _written(path: Path, text: str) -> None:
    """
    :raises UsageError: it cannot be written
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error
