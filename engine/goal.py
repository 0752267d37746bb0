"""What a step's body is made of: commands, questions about the world, goals. Data only."""

from __future__ import annotations

import json
import re
import shlex
import signal
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from engine.attempts import failure
from engine.change import Change
from engine.errors import Absent, StepFailed
from engine.retry import NEVER, Retry

__all__ = [
    "Absent",
    "Act",
    "Change",
    "Command",
    "Completed",
    "Differs",
    "Goal",
    "Holds",
    "Missing",
    "Question",
    "Settle",
    "State",
]

_ERROR = re.compile(r"\W*(error|fatal)\b.*[^:]$", re.IGNORECASE)
"""A line that calls itself an error, and is no mere heading of one."""

_FRAMES = re.compile(r"^Traceback \(most recent call last\):\n(?:[ \t].*\n|\n)*", re.MULTILINE)
_LINKS = re.compile(
    r"^\n?(?:During handling of the above exception, another exception occurred"
    r"|The above exception was the direct cause of the following exception):\n\n?",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Command:
    """A program to run: no shell, no terminal, nothing on its standard input unless `stdin` has text.

    env        added to the run's own environment variables
    timeout_s  ended with its children after so many seconds; `inv -T` may make it shorter
    retry      which of its errors are worth another attempt
    secret     what it prints is a secret: standard output goes to no log, standard error only when it fails
    log_note   a few words in the log beside the command line
    """

    argv: tuple[str, ...]
    stdin: str | None = None
    env: Mapping[str, str] = field(default_factory=dict, hash=False)
    timeout_s: float | None = None
    retry: Retry = NEVER
    secret: bool = False
    log_note: str = ""

    def __post_init__(self) -> None:
        if isinstance(self.argv, str) or not self.argv:
            raise TypeError(f"argv is a non-empty sequence of strings, not {self.argv!r}")
        object.__setattr__(self, "argv", tuple(str(word) for word in self.argv))

    @property
    def program(self) -> str:
        return PurePath(self.argv[0]).name

    @property
    def key(self) -> Hashable:
        """What makes two commands the same question: words, input and variables, not retries or limits."""
        return (self.argv, self.stdin, tuple(sorted(self.env.items())))

    def __str__(self) -> str:
        return shlex.join(self.argv)


@dataclass(frozen=True)
class Completed:
    """A command that has ended: its last attempt, and how many there were."""

    command: Command
    exit_code: int
    stdout: str
    stderr: str
    seconds: float
    attempts: int = 1

    @property
    def program(self) -> str:
        return self.command.program

    def checked(self) -> Completed:
        """Itself, for readers that understand some errors and no others.

        :raises CommandFailed: it ended with another exit code than 0; with the meaning that its retry rows give to that
        """
        if self.exit_code:
            raise failure(self, self.command.retry.classify(self.wrote))
        return self

    @property
    def wrote(self) -> str:
        """All of it, what it says of errors first."""
        return f"{self.stderr}\n{self.stdout}"

    @property
    def ending(self) -> str:
        """How it ended, in words; a negative exit code is the number of the signal that ended it."""
        if self.exit_code >= 0:
            return f"exit code {self.exit_code}"
        name = signal.Signals(-self.exit_code).name
        return f"ended by {name}" + (", by hand or for want of memory" if name == "SIGKILL" else "")

    @property
    def words(self) -> str:
        """The line that says best what went wrong: the first error on standard error, or else its last line."""
        lines = [line.strip() for line in _without_frames(self.stderr).splitlines() if line.strip()]
        return next((line for line in lines if _ERROR.match(line)), lines[-1] if lines else "")

    @property
    def said(self) -> str:
        """What it wrote, as far as that may be shown and helps: standard error without the frames of a Python
        traceback (the exceptions stay), or where that is empty standard output. The log has all of it."""
        return _without_frames(self.stderr).strip() or ("" if self.command.secret else self.stdout.strip())

    def json(self) -> Any:
        """Standard output as JSON.

        :raises StepFailed: it is not JSON; the message has the command and the beginning of what it printed
        """
        try:
            return json.loads(self.stdout)
        except ValueError as error:
            seen = "(not shown: secret)" if self.command.secret else repr(self.stdout[:200])
            raise StepFailed(f"{self.command} did not print JSON ({error}): {seen}") from error


def _without_frames(text: str) -> str:
    return _LINKS.sub("", _FRAMES.sub("", text)) if "Traceback" in text else text


@dataclass(frozen=True)
class Question:
    """One read of the world, asked at most once a run until a write touches its topic.

    command  what to run; `read` turns its end into the value, or raises `Absent(why)`
    topic    a path such as "kube/cert-manager"; a write forgets its topic, those below and those above
    accepts  exit codes that `read` understands; any other one means that the question could not be answered
    ask, key a question answered in this process instead, and the name that makes it the same question
    whole    a broader question that many share: while nothing of its topic has been written in this run it is asked
             instead, and `part` takes the value out of its answer, or raises `Absent(why)`
    lenient  that it could not be answered is an answer too: the `CommandFailed` instance
    """

    command: Command | None = None
    read: Callable[[Completed], Any] | None = None
    topic: str = ""
    accepts: frozenset[int] = frozenset({0})
    ask: Callable[[], Any] | None = None
    key: str = ""
    whole: Question | None = None
    part: Callable[[Any], Any] | None = None
    lenient: bool = False

    def __post_init__(self) -> None:
        if (self.command is None) == (self.ask is None):
            raise TypeError("a question has either a command or a callable `ask`")
        if self.command is not None and self.read is None:
            raise TypeError(f"the question {self.command} has no `read`")
        if self.ask is not None and not self.key:
            raise TypeError("a question asked in process needs a `key`")
        if not self.topic:
            raise TypeError(f"the question {self} has no topic")
        if (self.whole is None) != (self.part is None):
            raise TypeError(f"the question {self} has a `whole`, or a `part`, without the other")

    @property
    def identity(self) -> Hashable:
        """Two questions with the same identity share one answer of the world, whatever they read from it."""
        return self.key if self.command is None else (self.command.key, self.accepts)

    def __str__(self) -> str:
        return self.key or str(self.command)


@dataclass(frozen=True)
class Holds:
    """The goal is true; `note` is worth telling ("3 nodes, 1.34.1")."""

    note: str = ""


@dataclass(frozen=True)
class Missing:
    """What the goal is about does not exist."""

    what: str


@dataclass(frozen=True)
class Differs:
    """It exists, but not as wanted: one line a difference, or a diff; of several things a `Change` for each.

    `first` is what has to be done before the goal's own acts, because of the state that was found: the remains of a
    killed command are cleared away.
    """

    how: tuple[str | Change, ...]
    first: tuple[Command | Act, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "how", (self.how,) if isinstance(self.how, str | Change) else tuple(self.how))


State = Holds | Missing | Differs


@dataclass(frozen=True)
class Act:
    """Something done in this process; `do` may return a line for the log and fails by raising StepFailed."""

    description: str
    do: Callable[[], str | None]

    def __str__(self) -> str:
        return self.description


@dataclass(frozen=True)
class Settle:
    """What was done takes effect later: ask again every `every_s` seconds until it holds, at most `within_s`.

    waiting_for and usually are for the screen: "the role assignment to take effect", "1 to 5 min".
    signs are texts in what still differs: a "permanent" row ends the wait at once, the meaning of any other is told
    when the wait was in vain.
    """

    within_s: float
    waiting_for: str
    every_s: float = 5.0
    usually: str = ""
    signs: Retry = NEVER

    @property
    def awaited(self) -> str:
        """For the screen: "the role assignment to take effect, usually 1 to 5 min"."""
        return f"{self.waiting_for}, usually {self.usually}" if self.usually else self.waiting_for


@dataclass(frozen=True)
class Goal:
    """What shall be true.

    name     a noun phrase: "role AcrPull for id-kubelet on acrlab"
    asks     the questions whose answers tell whether it holds
    judge    gets one argument an ask (the value, or the `Absent` instance), returns Holds, Missing or Differs
    acts     what to do when it does not hold, in this order; none makes it a check, or with `settle` a wait
    locks    names that no two goals hold at once, for instance "helm:ingress"
    touches  topics that the acts change, beside those of `asks`
    settle   how long its effect may take to show
    quiet    what has to hold before an act is repeated: nothing that it has set going goes on elsewhere
    prepares the acts only make this machine ready (fetch a tool, start a sandbox): a dry run does them too
    """

    name: str
    asks: tuple[Question, ...]
    judge: Callable[..., State]
    acts: tuple[Command | Act, ...] = ()
    locks: tuple[str, ...] = ()
    touches: tuple[str, ...] = ()
    settle: Settle | None = None
    quiet: Goal | None = None
    prepares: bool = False

    def __post_init__(self) -> None:
        for name, one in (("asks", Question), ("acts", Command | Act), ("locks", str), ("touches", str)):
            given = getattr(self, name)
            object.__setattr__(self, name, (given,) if isinstance(given, one) else tuple(given))

    @property
    def topics(self) -> tuple[str, ...]:
        """Every topic that its acts may have changed."""
        return tuple(dict.fromkeys([*(ask.topic for ask in self.asks), *self.touches]))
