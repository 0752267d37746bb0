"""What one step has to say, brought to its log file, to the journal and to the screen."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from engine import clock
from engine.events import CommandEnded, CommandStarted, GoalReached, WaitEnded, WaitOn, WaitStarted
from engine.masking import clean

if TYPE_CHECKING:
    from engine.goal import Command
    from engine.journal import Journal
    from engine.screen import Screen
    from engine.session import Session
    from engine.verdict import Outcome


def log_name(step: str) -> str:
    """The name of a step's log file."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", step) + ".log"


class StepLog:
    """The voice of a step. `patient`: its commands may be repeated (a plan does not wait for what is yet to come).

    Its file is made with its first line: a step that ran nothing leaves none.

    A line of the file is: the time, `[n]` for the n-th command of the step, and a mark: `$` the command line,
    `<` what it got on standard input, `|` standard output, `!` standard error, `=` how it ended.
    """

    def __init__(self, step: str, session: Session, typical_s: float | None = None) -> None:
        self.step, self._session, self._typical_s = step, session, typical_s
        self.patient = True
        self._acting = False
        self._file: TextIO | None = None
        self._lock = threading.Lock()
        self._commands = self._waits = 0
        self.asked = self.shared = 0
        self._announced: set[str] = set()

    @property
    def screen(self) -> Screen:
        return self._session.screen

    @property
    def journal(self) -> Journal:
        return self._session.journal

    @property
    def path(self) -> Path:
        return self._session.run_home / log_name(self.step)

    def say(self, text: str) -> None:
        """A line for the user."""
        text = clean(text)
        self._write("", text)
        self.screen.said(self.step, text)

    def show(self, lines: Iterable[tuple[str, str]]) -> None:
        """A report for the user: lines of a style and a text."""
        shown = [(style, clean(text)) for style, text in lines]
        for style, text in shown:
            self._write("", f"{style:<8} {text}".strip())
        self.screen.report(shown)

    def note(self, text: str) -> None:
        """Lines for the file alone."""
        self._write("", clean(text))

    @contextmanager
    def waiting(self, on: WaitOn, what: str) -> Iterator[None]:
        """Around a wait: in the journal each time, told to the user once, however often it is waited for the same."""
        with self._lock:
            self._waits += 1
            number, news = self._waits, what not in self._announced
            self._announced.add(what)
        shown = clean(what)
        if news and on != "answer":  # short, and nothing that one would do something about
            self._write("", f"waiting for {shown}")
        if on != "answer":
            self.screen.waiting(self.step, shown, again=not news)
        self.journal.write(WaitStarted(self.step, number, on, what))
        started = clock.monotonic()
        try:
            yield
        finally:
            self.screen.waited(self.step, shown)
            self.journal.write(WaitEnded(self.step, number, round(clock.monotonic() - started, 3)))

    def acting(self, goal: str, how: tuple[str, ...]) -> None:
        """A goal does not hold, and something is done about it now."""
        self._write("", f"{goal}: {'; '.join(how)}")
        if not self._acting:
            self._acting = True
            self.screen.acting(self.step, self._typical_s)

    def command_started(self, command: Command, attempt: int) -> int:
        """Returns the command's number in this step."""
        with self._lock:
            self._commands += 1
            number = self._commands
        line = clean(str(command))
        extra = [f"attempt {attempt}"] if attempt > 1 else []
        extra += [command.log_note] if command.log_note else []
        self._write(f"[{number}] $ ", line + (f"   # {', '.join(extra)}" if extra else ""))
        if command.stdin is not None:
            self._write(f"[{number}] < ", "(not shown: secret)" if command.secret else clean(command.stdin))
        self.journal.write(CommandStarted(self.step, number, line, attempt))
        self.screen.doing(self.step, line)
        if self._session.config.run.echo:
            self.screen.echoed(self.step, line)
        return number

    def variables(self, number: int) -> dict[str, str]:
        """What the command of this number is to find in its environment on behalf of this run's records."""
        return self._session.spans.variables(self.step, number) if self._session.spans else {}

    def output(self, number: int, mark: str, text: str) -> None:
        """Whole lines that a command wrote: mark `|` for standard output, `!` for standard error."""
        self._write(f"[{number}] {mark} ", clean(text))

    def command_ended(self, number: int, exit_code: int, seconds: float) -> None:
        self._write(f"[{number}] = ", f"exit code {exit_code} after {clock.spoken(seconds)}")
        self.journal.write(CommandEnded(self.step, number, exit_code, round(seconds, 3)))
        self.screen.doing(self.step, "")

    def asking(self, *, shared: bool) -> None:
        """A question: asked of the world now, or `shared`, because it was asked already."""
        with self._lock:
            if shared:
                self.shared += 1
            else:
                self.asked += 1

    def goal(self, outcome: Outcome) -> None:
        self.journal.write(GoalReached.of(self.step, outcome))

    def close(self) -> Path | None:
        """Ends the file; its path, where there is one."""
        with self._lock:
            if self._file is None:
                return None
            try:
                self._file.close()
            except OSError as error:
                self._session.lost(error)
            self._file = None
        return self.path

    def _write(self, prefix: str, text: str) -> None:
        at = clock.now().astimezone().strftime("%H:%M:%S.%f")[:-3]
        lines = "".join(f"{at} {prefix}{line}\n" for line in text.splitlines() or [""])
        with self._lock:
            try:
                if self._file is None:
                    self.path.touch(mode=0o600)
                    self._file = self.path.open("a", encoding="utf-8", errors="replace")
                self._file.write(lines)
                self._file.flush()
            except OSError as error:
                self._session.lost(error)
