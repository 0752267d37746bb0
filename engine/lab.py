"""What a step's body is handed: the settings, questions to the world, templates. It runs nothing itself."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from invoke import Context

from engine.errors import Absent, NotYet
from engine.threads import side_by_side

if TYPE_CHECKING:
    from invoke.config import Config

    from engine.goal import Command, Question
    from engine.session import Session
    from engine.steplog import StepLog


class Lab(Context):
    """An Invoke context with the lab's own doors; one for each step of a run.

    It also serves plain Invoke tasks (`lab.run(...)` is Invoke's).
    """

    def __init__(self, session: Session, log: StepLog, remainder: str = "") -> None:
        # All labs of a run share one Config, which nobody changes meanwhile: a clone costs more than a step.
        super().__init__(config=session.config, remainder=remainder)
        self._set(_session=session, _log=log)

    @property
    def settings(self) -> Any:
        """The validated settings of the environment, an instance of the model that invoke.yaml names.

        :raises SettingsError: the environment file cannot be used
        """
        return self._session.settings

    @property
    def environment(self) -> str:
        """The name of the environment: its file's stem."""
        return self._session.environment

    @property
    def project(self) -> Path:
        """The folder of tasks.py."""
        return self._session.project

    @property
    def root(self) -> Path:
        """What all environments of this project share: the tools, the sandbox."""
        return self._session.root

    @property
    def home(self) -> Path:
        """This environment's own folder: kubeconfig, logs, runs."""
        return self._session.home

    @property
    def env(self) -> dict[str, str]:
        """Variables of every child process, beside those of this one; a step may set some, for all steps."""
        return self._session.env

    @property
    def dry(self) -> bool:
        """The run is a plan: it reads and changes nothing."""
        return self._session.dry

    def ask(self, question: Question) -> Any:
        """The answer, or the `Absent` instance; asked once a run, however many steps want it.

        :raises CommandFailed: the question could not be answered
        """
        return self._session.facts.answer(question, self._log)

    def get(self, question: Question) -> Any:
        """The answer, which has to exist.

        :raises NotYet: it does not
        """
        answer = self.ask(question)
        if isinstance(answer, Absent):
            raise NotYet(answer.why)
        return answer

    def ask_all(self, *questions: Question) -> list[Any]:
        """The answers in the questions' order, as `ask` has them; asked side by side."""
        return side_by_side([partial(self.ask, question) for question in questions]) if questions else []

    def expect(self, program: str) -> None:
        """The program is called soon. Where it is kept warm, it is loaded while the step goes on."""
        self._session.shell.expect(program)

    def render(self, template: str, **extra: Any) -> str:
        """A file of templates/, with `lab`, `settings` and `extra` in scope; unknown names are errors."""
        return self._session.templates.render(template, lab=self, settings=self.settings, **extra)

    def say(self, text: str) -> None:
        """A line for the user, on the screen and in the step's log."""
        self._log.say(text)

    def show(self, lines: Iterable[tuple[str, str]]) -> None:
        """A report, on the screen and in the log: lines of a style and a text. A verdict's word is a style too."""
        self._log.show(lines)

    def elsewhere(self, home: Path, *words: str, same_settings: bool = True) -> Command:
        """This program as a process of its own, which keeps all that it keeps in another home.

        :param same_settings: with this environment's file; without, it is the project's default one
        """
        from engine.goal import Command

        given = self._session.again[1:] if same_settings else []
        variables = {self._session.home_variable: str(home)}
        return Command(argv=(sys.executable, "-m", "invoke", *given, *words), env=variables)

    def again(self, step: str) -> str:
        """The command line that brings a step about in this environment."""
        return shlex.join([*self._session.again, step])


_sessions: dict[int, tuple[Config, Session]] = {}


def session_of(context: Context) -> Session:
    """The lab's session; for a plain context the one of its configuration, as Invoke makes a context for each task."""
    from engine.session import Session  # which is much more than a list of the steps needs

    if isinstance(context, Lab):
        return context._session
    config = context.config
    if id(config) not in _sessions:
        _sessions[id(config)] = (config, Session(config))
    return _sessions[id(config)][1]
