"""A stage: a home in which the lab is run for nothing but to be looked at, with a sandbox that nobody else uses."""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine import record
from engine.goal import Command, Completed, Question
from tools import sandbox

if TYPE_CHECKING:
    from engine.lab import Lab


@dataclass(frozen=True)
class Stage:
    """``home`` is this stage's own lab home, below the user's."""

    lab: "Lab"
    home: Path

    @property
    def play(self) -> Command:
        """``inv lab`` in this home: the same program, with the same settings where they are a sandbox's."""
        return self.lab.elsewhere(self.home, "lab", same_settings=self.lab.settings.sandbox is not None)

    @property
    def run(self) -> record.RunRecord:
        """The newest run that was played here."""
        return record.read(
            max(self.home.glob("environments/*/runs/*/journal.jsonl"), key=lambda path: path.parent.name)
        )

    def sandbox(self, *words: str) -> Any:
        """What ``python -m sandbox …`` of this stage answers."""

        def read(completed: Completed) -> Any:
            return completed.json() if completed.stdout.startswith("{") else completed.stdout

        command = sandbox.command_at(self.home / "sandbox", *words)
        return self.lab.get(Question(command=command, read=read, topic="stage"))


@contextmanager
def opened(lab: "Lab", name: str) -> Iterator[Stage]:
    """A stage with its sandbox running; afterwards the sandbox is stopped, and the folder stays for who wants it."""
    stage = Stage(lab, folder(lab) / f"{name}-{secrets.token_hex(2)}")
    stage.home.mkdir(parents=True)
    tools = lab.root / "tools"
    tools.mkdir(exist_ok=True)
    (stage.home / "tools").symlink_to(tools)
    try:
        stage.sandbox("start")
        yield stage
    finally:
        stage.sandbox("stop")


def folder(lab: "Lab") -> Path:
    """Where stages and what they showed are kept."""
    return lab.root / "rehearsals"


def cleared(stage: Stage) -> None:
    """Take the stage away; its sandbox does not run any more."""
    shutil.rmtree(stage.home)
