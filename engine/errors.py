"""Every way in which the engine says no, drawn once.

LabError                    the root; its text is meant for the user
├── UsageError              the command line or tasks.py asks for what cannot be         exit code 2
│   ├── CycleError          steps that wait for each other, with their path
│   ├── SettingsError       what is wrong with a settings file, every mistake at once
│   └── EnvironmentBusy     another run works on the same environment
├── StepFailed              ends one step as `failed`; recipes may raise it              exit code 1
│   ├── CommandFailed       a command ended with an exit code that nobody expects
│   ├── TimedOut            a command or a wait took longer than it may
│   ├── NotYet              a fact was needed that is not true yet
│   ├── Unmet               a goal does not hold, and nothing can be done about it here
│   ├── Several             more than one of these, of goals side by side
│   └── RenderError         a template cannot be rendered
├── Stopped                 the run is being stopped (Ctrl-C, SIGTERM)                   exit code 130
└── Absent                  an answer, not a failure: the thing asked for does not exist
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from engine.goal import Completed


class LabError(Exception):
    """What the engine raises on purpose. `str()` of it is a sentence for the user."""

    exit_code = 1


class UsageError(LabError):
    """The command line, invoke.yaml or tasks.py asks for something impossible; nothing was run."""

    exit_code = 2


class CycleError(UsageError):
    """Steps wait for each other; `path` starts and ends with the same name."""

    def __init__(self, path: Sequence[str]) -> None:
        super().__init__(f"these steps wait for each other: {' -> '.join(path)}")
        self.path = tuple(path)


@dataclass(frozen=True)
class Problem:
    """One mistake in a settings file, and where it is."""

    path: str
    line: int
    key: str
    what: str

    def __str__(self) -> str:
        """One line, whatever the file holds: a key may be long, and have what moves a terminal's cursor in it."""
        where = f"{self.path}:{self.line}" if self.line else self.path
        key = self.key if len(self.key) <= 80 else f"{self.key[:77]}..."
        text = f"{where}: {key}: {self.what}" if key else f"{where}: {self.what}"
        return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)


class SettingsError(UsageError):
    """A settings file cannot be used; `problems` has all of its mistakes, the text those that fit a screen."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        shown = [str(problem) for problem in problems[:20]]
        shown += [f"and {len(problems) - 20} more mistakes"] if len(problems) > 20 else []
        super().__init__("\n".join(shown))
        self.problems = tuple(problems)


class EnvironmentBusy(UsageError):
    """Another run holds the lock of this environment."""


class StepFailed(LabError):
    """Ends a step as `failed`.

    `meaning` explains what the failure means, `advice` is what to do next (often a command).
    """

    def __init__(self, message: str, *, meaning: str = "", advice: str = "") -> None:
        super().__init__(message)
        self.meaning, self.advice = meaning, advice


class CommandFailed(StepFailed):
    """A command ended with an exit code that its caller does not accept; `words` is the line that says it best."""

    def __init__(self, completed: Completed, *, words: str = "", meaning: str = "", advice: str = "") -> None:
        words = words or completed.words
        said = f"{completed.program}: {words}" if words else f"{completed.program} ended"
        super().__init__(f"{said} ({completed.ending})", meaning=meaning, advice=advice)
        self.completed = completed


class TimedOut(StepFailed):
    """A command or a wait took longer than it may; `completed` is what a command had said until then."""

    def __init__(
        self, message: str, *, completed: Completed | None = None, meaning: str = "", advice: str = ""
    ) -> None:
        super().__init__(message, meaning=meaning, advice=advice)
        self.completed = completed


class NotYet(StepFailed):
    """A fact is needed that is not true (yet): a plan says "not known yet", a run fails with it."""

    def __init__(self, why: str, *, meaning: str = "", advice: str = "") -> None:
        super().__init__(why, meaning=meaning, advice=advice)
        self.why = why


class Unmet(StepFailed):
    """A goal without acts does not hold: a check that failed. `how` tells what is missing or differs."""

    def __init__(self, goal: str, how: Sequence[str], *, meaning: str = "", advice: str = "") -> None:
        super().__init__("\n".join(how) or goal, meaning=meaning, advice=advice)
        self.goal, self.how = goal, tuple(how)


class Several(StepFailed):
    """Goals failed side by side: `errors` has each of them, in the order in which they came."""

    def __init__(self, errors: Sequence[StepFailed]) -> None:
        super().__init__("\n".join(map(str, errors)), meaning=errors[0].meaning, advice=errors[0].advice)
        self.errors = tuple(errors)


class RenderError(StepFailed):
    """A template cannot be rendered: its file, line and the variable at fault."""

    def __init__(self, template: str | Path, line: int | None, what: str) -> None:
        where = f"{template}:{line}" if line else str(template)
        super().__init__(f"{where}: {what}")
        self.template, self.line, self.what = str(template), line, what


class Stopped(LabError):
    """The run is being stopped; whatever a step was doing has been ended."""

    exit_code = 130


class Absent(LabError):
    """The answer "it does not exist". A question's `read` raises it; a goal's `judge` gets the instance."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why
