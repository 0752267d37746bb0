"""az: how a command of it is put together, and how its answers are read."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from engine.errors import Absent
from engine.goal import Command, Completed, Question
from tools.outcomes import AZURE

#: az's exit code for a resource that does not exist (azure-cli's azure/cli/core/util.py, ResourceNotFoundError).
NOT_FOUND = 3


def az(
    *words: str, subscription: UUID | None = None, stdin: str | None = None, timeout_s: float | None = None
) -> Command:
    """An az command that answers JSON on stdout and keeps its remarks to itself.

    ``--subscription`` is said each time: `az account set` is not safe beside other az processes (it rewrites
    clouds.config, and a reader that meets the empty file falls back to another cloud)."""
    where = ("--subscription", str(subscription)) if subscription else ()
    argv = ("az", *words, *where, "--only-show-errors", "--output", "json")
    return Command(argv=argv, stdin=stdin, timeout_s=timeout_s, retry=AZURE)


def answer(completed: Completed) -> Any:
    """az's JSON; a resource that az did not find is absent. Raises Absent."""
    if completed.exit_code == NOT_FOUND:
        raise Absent(reason(completed.stderr))
    return completed.json()


def question(command: Command, topic: str, read: Callable[[Completed], Any] = answer) -> Question:
    """A read of Azure: ``topic`` is below ``az/``."""
    return Question(command=command, read=read, topic=f"az/{topic}", accepts=frozenset({0, NOT_FOUND}))


def absent_where(*texts: str) -> Callable[[Completed], Any]:
    """A reader for commands that say "not found" with exit code 1: absent where stderr has one of the texts.

    What else exits with 1 is an error, never "absent"."""

    def read(completed: Completed) -> Any:
        if completed.exit_code and any(text in completed.stderr for text in texts):
            raise Absent(reason(completed.stderr))
        return answer(completed.checked())

    return read


def reason(text: str) -> str:
    """The line of an error text that says most: the first that calls itself an error, else the last."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return next((line for line in lines if line.lower().startswith("error")), lines[-1] if lines else "no reason given")
