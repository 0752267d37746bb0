"""One run: the environment's lock, the screen, the walk over the graph, and how it is stopped."""

from __future__ import annotations

import os
import shlex
import signal
import socket
import sys
import threading
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from queue import Empty

from invoke import Exit

from engine import clock
from engine.consent import consent
from engine.errors import Stopped, UsageError
from engine.events import RunEnded, RunStarted, StepEnded, StepStarted
from engine.graph import Graph, Node
from engine.locks import environment_lock
from engine.masking import clean
from engine.past import prune
from engine.plan import closing, differs, plan
from engine.process import GRACE_S
from engine.results import results
from engine.schedule import Schedule
from engine.screen import PlainScreen, Screen, wants_live
from engine.session import Session
from engine.summary import counts, ended, failures, stopped
from engine.verdict import Verdict

_LOOK_S = 0.5
"""A signal that comes just before this thread falls asleep would be handled when it wakes: it does so this often."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Run:
    """What `inv step ...` does once it is clear what is asked for. A later walk leaves out what an earlier one did.

    about  the steps that a plan tells of; of the others only what prepares this machine is done, so that nobody knows
           whether what a question needs is there
    """

    def __init__(self, session: Session, about: Collection[str] | None = None) -> None:
        self.session, self.about = session, about
        self.verdicts: dict[str, Verdict] = {}
        self._behind_a_change: set[str] = set()

    def walk(self, graph: Graph) -> dict[str, Verdict]:
        """The verdict of each step by name.

        :raises SettingsError, UsageError: before anything ran
        :raises Exit: a step failed (1), or the run was stopped (128 + signal)
        """
        session = self.session
        _ = session.settings  # every mistake in them is told before anything else happens
        title = session.describe()
        if not session.dry:
            consent(graph, session.environment, title)
        jobs, fail_fast = session.jobs, bool(session.options.get("fail_fast", False))
        started = clock.monotonic()
        with ExitStack() as stack:
            stack.callback(session.shell.close)
            with _writable(session):
                if not session.dry:
                    stack.enter_context(environment_lock(session.home, session.environment))
                session.screen = _screen(session)
                self._journal_start(graph, title, jobs)
            session.screen.opened(_title(title, session.dry), [node.name for node in graph.nodes])
            schedule = Schedule(graph, jobs, self._work, self._told, fail_fast=fail_fast, verdicts=self.verdicts)
            try:
                stopped_by = self._until_over(schedule)
            finally:
                session.screen.closed()
            return self._end(graph, clock.monotonic() - started, stopped_by)

    def _work(self, node: Node) -> Verdict:
        session, told = self.session, self._tells(node.name)
        if told:
            session.journal.write(StepStarted(node.name))
        session.screen.started(node.name, node.step.typical_s)
        unsure = session.dry and (self.about is not None or any(self._unsure(before.name) for before in node.pre))
        if unsure:
            self._behind_a_change.add(node.name)
        return session.pursue(node.name, node.step, node.kwargs, unsure=unsure, passing=not told)

    def _tells(self, step: str) -> bool:
        return self.about is None or step in self.about

    def _unsure(self, step: str) -> bool:
        """Whether a plan cannot know what the world will be like after this step."""
        return step in self._behind_a_change or self.verdicts[step].word not in ("held", "changed")

    def _until_over(self, schedule: Schedule) -> int:
        """Waits for the schedule, or ends it on a signal; the number of the signal, 0 without one."""
        stopped_by, until = 0, None
        with _signals(schedule):
            self.session.halt = lambda: schedule.over.put("unwritten")
            schedule.start()
            while True:
                word = _next_word(schedule, until)
                if word == "over":
                    return stopped_by
                if word == "crash":
                    self.session.shell.stop(at_once=True)
                    assert schedule.crash is not None
                    raise schedule.crash
                if word == "unwritten":
                    schedule.halt(self.session.unwritten)
                    continue
                if word == "late":
                    self.session.shell.stop(at_once=True)
                    schedule.abandon(_too_late)
                    return stopped_by
                schedule.halt("the run was stopped")
                self.session.shell.stop(at_once=bool(stopped_by))
                if not stopped_by:  # told afterwards: a terminal may be stopped too (Ctrl-S)
                    self.session.screen.lines([("failed", _stopping(int(word)))])
                until = clock.monotonic() + (0.5 if stopped_by else GRACE_S + 1.0)
                stopped_by = stopped_by or int(word)

    def _told(self, verdict: Verdict) -> None:
        if self._tells(verdict.step):
            self.session.journal.write(StepEnded.of(verdict))
        # A plan is told at its end, in the graph's order; so are steps that are not begun.
        self.session.screen.finished(verdict, quiet=self.session.dry or verdict.word == "blocked")

    def _journal_start(self, graph: Graph, title: str, jobs: int) -> None:
        session = self.session
        started = RunStarted(
            run=session.run_home.name,
            command=shlex.join(["inv", *sys.argv[1:]]),
            environment=session.environment,
            title=title,
            again=shlex.join(session.again),
            dry=session.dry,
            jobs=jobs,
            pid=os.getpid(),
            host=socket.gethostname(),
            steps=graph.only(lambda node: self._tells(node.name)).needs if self.about else graph.needs,
            typical={node.name: node.step.typical_s for node in graph.nodes if node.step.typical_s},
        )
        session.journal.write(started)

    def _end(self, graph: Graph, seconds: float, stopped_by: int) -> dict[str, Verdict]:
        session = self.session
        verdicts = [self.verdicts[node.name] for node in graph.nodes if self._tells(node.name)]
        if session.dry:
            told = plan(verdicts, graph.needs, session.door)
            session.screen.lines([(style, clean(text)) for style, text in told], folded=True)
        if stopped_by:
            again = shlex.join([session.again[0], *sys.argv[1:]])
            end = stopped(verdicts, signal.Signals(stopped_by).name, seconds, session.run_home, again)
        else:
            counted = closing(verdicts) if session.dry else counts(verdicts)
            end = ended(verdicts, counted, seconds, session.run_home)
        session.screen.lines([*failures(verdicts, session.again), *end])
        something_to_do = session.dry and any(map(differs, verdicts))
        code = 128 + stopped_by if stopped_by else _code(verdicts) or (session.door.code if something_to_do else 0)
        if session.unwritten:
            session.screen.lines([("failed", session.unwritten)])
            code = code or 1
        words: list[str] = [verdict.word for verdict in verdicts]
        stop = signal.Signals(stopped_by).name if stopped_by else ""
        session.journal.write(RunEnded(code, round(seconds, 3), dict(Counter(words)), stop))
        if left := list(results(session)):
            session.screen.lines(left)
        prune(session.home, session.keep_runs)
        if any(isinstance(verdict.error, _Late) for verdict in verdicts):
            # A thread is still inside a call of some library that nobody can end; the process can.
            sys.stdout.flush()
            os._exit(code)
        if code:
            raise Exit(code=code)
        return self.verdicts


@contextmanager
def _writable(session: Session) -> Iterator[None]:
    """
    :raises UsageError: this run can keep no records
    """
    try:
        yield
    except OSError as error:
        mend = f"; {session.home_variable} names another place for them" if session.home_variable else ""
        raise UsageError(f"the records of a run cannot be kept: {error}{mend}") from error


def _code(verdicts: Iterable[Verdict]) -> int:
    """1 where a step failed; 2 where one found what it was given impossible (a file of settings with mistakes)."""
    bad_input = any(isinstance(verdict.error, UsageError) for verdict in verdicts)
    return UsageError.exit_code if bad_input else int(any(not verdict.good for verdict in verdicts))


class _Late(Stopped):
    """The step did not end within the grace."""


def _too_late(node: Node) -> Verdict:
    return Verdict(node.name, "failed", "did not end when the run was stopped", error=_Late("did not end in time"))


def _stopping(number: int) -> str:
    return f"{signal.Signals(number).name}: what runs has {GRACE_S:.0f} s to end; once more, and it is ended at once"


def _title(title: str, dry: bool) -> str:
    return f"{title} - a plan: nothing is changed" if dry else title


def _screen(session: Session) -> Screen:
    if session.agent:
        from engine.grouped import GroupedScreen

        return GroupedScreen(sys.stdout, session.agent)
    if wants_live(sys.stdout, dict(os.environ)):
        from engine.live import LiveScreen

        return LiveScreen()
    return PlainScreen(sys.stdout)


def _next_word(schedule: Schedule, until: float | None) -> str:
    """The next thing that happened: "over", "crash", the number of a signal, or "late" when `until` has passed."""
    while True:
        left = _LOOK_S if until is None else max(0.0, until - clock.monotonic())
        try:
            return schedule.over.get(timeout=min(left, _LOOK_S))
        except Empty:
            if until is not None and clock.monotonic() >= until:
                return "late"


@contextmanager
def _signals(schedule: Schedule) -> Iterator[None]:
    """Signals become words in the schedule's queue; how they were handled before is put back afterwards."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    if before[signal.SIGHUP] is signal.SIG_IGN:  # nohup: the run is to outlive its terminal
        del before[signal.SIGHUP]
    for number in before:
        signal.signal(number, lambda received, frame: schedule.over.put(str(received)))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)
