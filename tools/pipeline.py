"""Azure Pipelines: what a rendered file was asked for, where such files are, and what would change in one."""

from __future__ import annotations

import difflib
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from engine.errors import LabError, UsageError

#: Where Azure DevOps looks for a pipeline first, and where the project keeps others.
PLACES = ("azure-pipelines.yml", "pipelines/*.yml")

PER = ("part", "step", "run")
_MARK = "# Rendered by: "


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

    def __str__(self) -> str:
        step = [] if self.step == "lab" else ["--step", self.step]
        if self.environments:
            return shlex.join(["inv", "pipeline", "--environments", self.file, *step])
        return shlex.join(["inv", "-f", self.file, "pipeline", "--per", self.per, *step])

    @classmethod
    def read(cls, text: str) -> Order | None:
        """What a rendered file was asked for; None where it is not one."""
        line = re.search(rf"^{_MARK}(.+)$", text, re.MULTILINE)
        if line is None:
            return None
        words = shlex.split(line[1])
        given = {word.lstrip("-"): value for word, value in pairwise(words) if word[0] == "-"}
        file = given.pop("environments", None)
        return cls(file or given["f"], file is not None, given.get("per", "part"), given.get("step", "lab"))


def rendered(project: Path) -> list[Path]:
    """The project's rendered files."""
    found = [path for place in PLACES for path in sorted(project.glob(place))]
    return [path for path in found if Order.read(path.read_text()) is not None]


def difference(name: str, stands: str, now: str) -> Iterator[str]:
    """What would change in the file, as a unified diff."""
    before, after = (text.splitlines(keepends=True) for text in (stands, now))
    lines = difflib.unified_diff(before, after, name, f"{name}, rendered now")
    return (line.rstrip("\n") for line in lines)
