"""What all steps of one run share: settings, environment, folders, processes, facts, locks, journal, screen."""

from __future__ import annotations

import importlib
import os
import sys
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from invoke import Context, Exit
from invoke.config import Config

from engine import clock
from engine.collector import wanted
from engine.errors import CommandFailed, LabError, NotYet, Stopped, UsageError
from engine.facts import Facts
from engine.journal import Journal, Listener
from engine.lab import Lab, session_of
from engine.locks import NamedLocks
from engine.masking import clean
from engine.plan import Door
from engine.pursuit import Pursuit
from engine.record import Recorder
from engine.render import Templates
from engine.screen import PlainScreen, Screen
from engine.shell import Shell
from engine.steplog import StepLog
from engine.verdict import Verdict, Word, sum_up

if TYPE_CHECKING:
    from engine.graph import Graph
    from engine.grouped import Agent
    from engine.spans import Spans
    from engine.step import Step
    from engine.warm import Warm


class Session:
    """One run, or one use of Invoke's own executor. `config` is merged already and is not changed any more."""

    def __init__(self, config: Config, remainder: str = "") -> None:
        self.config, self.remainder = config, remainder
        self.options: Mapping[str, Any] = _mapping(config.get("lab"))
        self.project = Path(config._project_prefix or Path.cwd()).resolve()
        self.dry, self.door = bool(config.run.dry), Door()
        self.env: dict[str, str] = {}
        self.shell = Shell(self.env, self.project, config.timeouts.command, self._warm())
        self.facts = Facts(self.shell)
        self.locks = NamedLocks()
        self.templates = Templates(self.project / "templates")
        self.screen: Screen = PlainScreen(sys.stdout)
        self.graph: Callable[[Sequence[str]], Graph] = _no_graph
        self._guard = threading.RLock()
        self._settings: Any = None
        self._journal: Journal | None = None
        self.recorder = Recorder()
        self.spans: Spans | None = None
        self._run_home: Path | None = None
        self.unwritten = ""
        self.halt: Callable[[], None] = lambda: None

    @property
    def environment_file(self) -> Path | None:
        """The file given with `-f`, or the one that invoke.yaml names; None when this project has none."""
        if not self.options.get("settings"):
            return None
        given = getattr(self.config, "_runtime_path", None)
        return Path(given).expanduser() if given else self.project / str(self.options.get("default", ""))

    @property
    def environment(self) -> str:
        """
        :raises UsageError: a file called "...yaml" would make it the folder above its own
        """
        file = self.environment_file
        if file and not file.stem.strip("."):
            raise UsageError(f"an environment is called like its file, and '{file.name}' has no name")
        return file.stem if file else "default"

    @property
    def home_variable(self) -> str:
        """The environment variable that moves the root elsewhere; "" where invoke.yaml names none."""
        return str(self.options.get("home_variable") or "")

    @property
    def root(self) -> Path:
        """Everything that this project keeps on the machine: `.lab`, or what the variable named in invoke.yaml says."""
        root = os.environ.get(self.home_variable)
        return Path(root).expanduser().resolve() if root else self.project / ".lab"

    @property
    def home(self) -> Path:
        """This environment's own folder below the root."""
        return self.root / "environments" / self.environment

    @property
    def again(self) -> list[str]:
        """The command line that goes on in the same environment, without the step's name."""
        program = Path(sys.argv[0]).name
        given = getattr(self.config, "_runtime_path", None)
        return [program if program != "__main__.py" else "inv", *(["-f", os.fspath(given)] if given else [])]

    @property
    def jobs(self) -> int:
        jobs = self.options.get("jobs", 8)
        if not isinstance(jobs, int) or isinstance(jobs, bool) or jobs < 1:
            raise UsageError(f"lab.jobs is how many steps run side by side, 1 or more, not {jobs!r}")
        return jobs

    @property
    def keep_runs(self) -> int:
        keep = self.options.get("keep_runs", 50)
        if not isinstance(keep, int) or isinstance(keep, bool) or keep < 1:
            raise UsageError(f"lab.keep_runs is how many runs are kept, 1 or more, not {keep!r}")
        return keep

    @property
    def agent(self) -> Agent | None:
        """The agent of a pipeline whose variable is set, where invoke.yaml has one for it in `agents`."""
        for variable, agent in _mapping(self.options.get("agents")).items():
            if os.environ.get(variable):
                return cast("Agent", named(str(agent))())
        return None

    @property
    def link(self) -> str:
        """The address of what the environment's steps bring about; "" where invoke.yaml names nobody who knows it."""
        link = self.options.get("link")
        return str(named(str(link))(self.settings)) if link else ""

    @property
    def default_steps(self) -> list[str]:
        """What a plan is about when no step is named: what invoke.yaml says, or all that take nothing away."""
        if self.options.get("default_step"):
            return [str(self.options["default_step"])]
        return [node.name for node in self.graph([]).nodes if not node.step.destroys]

    @property
    def settings(self) -> Any:
        """
        :raises SettingsError: the environment's file cannot be used
        """
        with self._guard:
            if self._settings is None and self.environment_file is not None:
                from engine.settings import load

                path, here = self.environment_file, Path.cwd()
                shown = path.relative_to(here) if path.is_relative_to(here) else path
                self._settings = load(shown, named(str(self.options["settings"])))
            return self._settings

    @property
    def run_home(self) -> Path:
        """This run's own folder: the journal, and a log for each step that ran something.

        Named by when it began, to the millisecond, and a digit at random: names sort as the runs began.
        """
        with self._guard:
            if self._run_home is None:
                now = clock.now()
                name = f"{now:%Y%m%d-%H%M%S}-{now.microsecond // 1000:03}{os.urandom(1).hex()[0]}"
                self._run_home = self.home / "runs" / name
                self._run_home.mkdir(parents=True, mode=0o700)
            return self._run_home

    @property
    def journal(self) -> Journal:
        with self._guard:
            if self._journal is None:
                listeners: list[Listener] = [self.recorder]
                if wanted(os.environ):
                    from engine.spans import Spans

                    self.spans = Spans(os.environ)
                    listeners.append(self.spans)
                self._journal = Journal(self.run_home / "journal.jsonl", *listeners, lost=self.lost)
            return self._journal

    def lost(self, error: OSError) -> None:
        """A record of this run cannot be written: a full disk. Nothing more is begun of which nobody could read."""
        if not self.unwritten:
            self.unwritten = f"the records of this run cannot be written: {error}"
            self.halt()

    def lab(self, name: str, typical_s: float | None = None) -> Lab:
        """The lab for the step (or plain task) of this name."""
        return Lab(self, StepLog(name, self, typical_s), self.remainder)

    def _warm(self) -> Warm | None:
        """What invoke.yaml keeps warm: `warm_programs` has the finder of each, `warm: false` switches it off."""
        programs = _mapping(self.options.get("warm_programs"))
        if not programs or not self.options.get("warm", True):
            return None
        from engine.warm import Warm

        return Warm({name: named(str(finder)) for name, finder in programs.items()}, self.root / "warm")

    def describe(self) -> str:
        """The first line of a run: which environment it acts on."""
        where = self.options.get("describe")
        return str(named(str(where))(self.settings)) if where else f"environment {self.environment}"

    def planning(self, door: Door) -> Session:
        """A session in the same environment whose runs are plans."""
        session = Session(self.config, self.remainder)
        session.graph, session.dry, session.door = self.graph, True, door
        return session

    def apart(self, folder: Path) -> Session:
        """A session that belongs to no environment yet: its records lie in this folder, and its history is nobody's."""
        session = Session(self.config, self.remainder)
        session._run_home = folder
        return session

    def pursue(
        self, name: str, step: Step, kwargs: Mapping[str, Any], *, unsure: bool = False, passing: bool = False
    ) -> Verdict:
        """Evaluates the step's body and brings its goals about. Nothing that it raises is lost: it is the verdict."""
        started = clock.monotonic()
        lab = self.lab(name, step.typical_s)
        log = lab._log
        log.patient = not unsure
        pursuit = Pursuit(self, log, unsure=unsure, passing=passing)
        not_known = ""
        error: BaseException | None = None
        word: Word
        try:
            pursuit.all(step.body(lab, **kwargs))
        except NotYet as absent:
            if self.dry:
                not_known = absent.why
            else:
                error = absent
        except (LabError, Exit) as failure:
            if unsure and isinstance(failure, CommandFailed):
                not_known = f"cannot be asked yet: {failure}"
            else:
                error = failure
        except BaseException as bug:  # noqa: BLE001 - a step must never take the run down with it
            log.note("".join(traceback.format_exception(bug)))
            error = bug
        seconds = clock.monotonic() - started
        why = clean(explain(error)) if error is not None else ""
        if error is not None:
            log.note(f"failed: {why}")
            word, note = "failed", why.partition("\n")[0]
        else:
            if unsure and not pursuit.outcomes:
                not_known = not_known or "steps before it would change"
            word, note = sum_up(pursuit.outcomes, not_known=not_known)
        return Verdict(
            name, word, clean(note), seconds, tuple(pursuit.outcomes), clean(not_known), error, log.close(),
            why=why, asked=log.asked, shared=log.shared,
        )  # fmt: skip


def _no_graph(steps: Sequence[str]) -> Graph:
    raise Exit("the graph is known to the graph executor only: see tasks.executor_class in invoke.yaml", code=2)


def explain(error: BaseException) -> str:
    """An error in words; of an unexpected one its type too, because that is a bug of ours."""
    if isinstance(error, LabError | Exit):
        return str(error)
    return f"unexpected {type(error).__name__}: {error}"


def named(reference: str) -> Any:
    """What "package.module:name" in invoke.yaml names, imported now.

    :raises UsageError: there is no such thing
    """
    module, _, name = reference.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise UsageError(f"invoke.yaml names {reference!r}, which cannot be imported: {error}") from error


def call_step(step: Step, context: Context, **kwargs: Any) -> Verdict:
    """A step called as a function: by another task, or by Invoke's own executor, which has run its prerequisites.

    :raises Exit: it failed
    """
    session = session_of(context)
    verdict = session.pursue(step.name, step, kwargs)
    if isinstance(verdict.error, Stopped):
        raise verdict.error
    session.screen.finished(verdict)
    if verdict.error is not None:
        raise Exit(f"step {step.name} failed: {clean(explain(verdict.error))}", code=1)
    return verdict


def _mapping(value: Any) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not hasattr(value, "keys"):
        keys = "settings, default, default_step, jobs, fail_fast, keep_runs, report, describe, agents, link"
        raise UsageError(f"`lab` in invoke.yaml is a mapping: {keys}")
    return {key: value[key] for key in value.keys()}  # noqa: SIM118 - Invoke's proxy is no dict
