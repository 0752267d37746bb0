"""Azure Pipelines: what a rendered file was asked for, where such files are, and what would change in one."""

from __future__ import annotations

import argparse
import difflib
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from engine.errors import LabError, UsageError

#: Where Azure DevOps looks for a pipeline first, and where projects keep others.
PLACES = ("azure-pipelines*.y*ml", "pipelines/**/*.y*ml", ".azuredevops/**/*.y*ml")

#: A settings file that a pipeline names: its path in the project, of letters that shell and YAML take for themselves.
FILE = r"^[\w.][\w.-]*(/[\w.-]+)*\.ya?ml$"

PER = ("part", "step", "run")
#: Each rendered file has such a line.
MARK = re.compile(r"^# Rendered by: (.+)$", re.MULTILINE)


class Outdated(LabError):
    """Rendered files differ from what would be rendered now."""

    exit_code = 3


@dataclass(frozen=True)
class Order:
    """What a file was rendered from; as text the command line, which stands in the file.

    file          an environment, or with `environments` a list of them; its path in the project
    environments  the jobs are the environments of a list
    per           otherwise what a job brings about: a part (config/pipeline.yaml has them), a step, or all of it
    step          the step that it is all for
    """

    file: str
    environments: bool = False
    per: str = "part"
    step: str = "lab"

    def __post_init__(self) -> None:
        if self.per not in PER:
            raise UsageError(f"--per is one of {', '.join(PER)}, not '{self.per}'")
        named(self.file)

    @property
    def settings(self) -> str:
        """What a job's `inv -f` is given; $(lab) is one of the list's."""
        return f"{self.file.rpartition('.')[0]}/$(lab).yaml" if self.environments else self.file

    @property
    def runs(self) -> str:
        """Where a job's run leaves its results, below the lab's own folder."""
        return f"environments/{PurePosixPath(self.settings).stem}/runs"

    def __str__(self) -> str:
        step = [] if self.step == "lab" else ["--step", self.step]
        if self.environments:
            return shlex.join(["inv", "pipeline", "--environments", self.file, *step])
        return shlex.join(["inv", "-f", self.file, "pipeline", "--per", self.per, *step])

    @classmethod
    def read(cls, text: str) -> Order:
        """What a rendered file was asked for.

        :raises UsageError: its line is not one that `inv pipeline` writes
        """
        line = MARK.search(text)
        assert line is not None
        parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
        for option in ("-f", "--environments", "--per", "--step"):
            parser.add_argument(option)
        try:
            given, rest = parser.parse_known_args(shlex.split(line[1]))
        except (ValueError, argparse.ArgumentError) as error:
            raise UsageError(f"'{line[0]}': {error}") from error
        if rest != ["inv", "pipeline"] or bool(given.f) == bool(given.environments):
            raise UsageError(f"'{line[0]}' is no command that renders: put it right, or render the file anew")
        return cls(given.f or given.environments, bool(given.environments), given.per or "part", given.step or "lab")


def named(file: str) -> str:
    """The settings file's path in the project.

    :raises UsageError: shell or YAML would take it for something else, or it has no name to call a folder by
    """
    if not re.fullmatch(FILE, file):
        raise UsageError(f"'{file}' cannot stand in a pipeline: name it with letters, digits, . _ - and .yaml or .yml")
    return file


def found(project: Path) -> list[Path]:
    """All files in the places where the project may have pipelines, rendered or not."""
    return [path for place in PLACES for path in sorted(project.glob(place))]


def difference(name: str, stands: str, now: str) -> Iterator[str]:
    """What would change in the file, as a unified diff."""
    before, after = (text.splitlines(keepends=True) for text in (stands, now))
    lines = difflib.unified_diff(before, after, name, f"{name}, rendered now")
    return (line.rstrip("\n") for line in lines)
