"""What a run shows: plain lines here, a live view in live.py, a pipeline's groups in grouped.py.

All of it goes to standard output, so that a pipe or a file has it in its order; standard error gets only what ends
the program before a run begins (usage and settings, exit code 2).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TextIO

from engine import clock
from engine.verdict import WORDS, Verdict

LONG_S = 20.0
"""A step that usually takes longer is announced when it starts, also where there is no live view."""

NOTE_LETTERS = 160

STYLES = {
    "held": "green",
    "changed": "bold green",
    "failed": "bold red",
    "blocked": "yellow",
    "would change": "bold cyan",
    "not known yet": "magenta",
    "cut off": "bold yellow",
}
"""How a verdict's word is shown on a terminal; what a killed run leaves behind is cut off."""

SIGNS = {
    "held": "✓",
    "changed": "✓",
    "failed": "✗",
    "blocked": "-",
    "would change": "~",
    "not known yet": "?",
    "cut off": "!",
}

Line = tuple[str, str]
"""A style (a word of verdict.WORDS, "dim", "bold" or "") and a text."""


class Screen:
    """What a run tells while it goes on. Every method may be called from any thread."""

    def opened(self, title: str, names: Iterable[str]) -> None:
        """A run begins: its first line, and the steps that it is about."""

    def started(self, step: str, typical_s: float | None) -> None:
        """A step begins: it looks whether it holds."""

    def acting(self, step: str, typical_s: float | None) -> None:
        """The step does not hold, and begins to change something."""

    def doing(self, step: str, command: str) -> None:
        """What the step runs just now; empty when that has ended."""

    def waiting(self, step: str, what: str, *, again: bool = False) -> None:
        """The step waits for something; `again` when that was told before."""

    def waited(self, step: str, what: str) -> None:
        """That wait is over."""

    def said(self, step: str, text: str) -> None:
        """A line from the step itself."""

    def echoed(self, step: str, command: str) -> None:
        """A command begins, and the user wants to see each."""

    def finished(self, verdict: Verdict, *, quiet: bool = False) -> None:
        """A step has ended, or will not start; `quiet` when that is told later."""

    def lines(self, lines: Iterable[Line], *, folded: bool = False) -> None:
        """Lines after the steps: the summary, or a plan, which is folded on a terminal."""

    def report(self, lines: Iterable[Line]) -> None:
        """What a step has found out: a line with a verdict's word for its style says how that is."""

    def closed(self) -> None:
        """The steps are over; nothing moves on the screen any more."""

    def summarised(self, path: Path) -> None:
        """The run's summary is written: a file of Markdown."""


class PlainScreen(Screen):
    """A line for each thing, for pipes and pipelines: word, step, time, note."""

    def __init__(self, out: TextIO) -> None:
        self._out = Enduring(out)
        self._width = 12
        self._guard = threading.Lock()

    def opened(self, title: str, names: Iterable[str]) -> None:
        self._width = name_width(names)
        self._print(title)

    def acting(self, step: str, typical_s: float | None) -> None:
        if typical_s and typical_s >= LONG_S:
            self._print(row("running", step, self._width, "", f"usually {clock.spoken(typical_s)}"))

    def waiting(self, step: str, what: str, *, again: bool = False) -> None:
        if not again:
            self._print(row("waiting", step, self._width, "", f"for {what}"))

    def said(self, step: str, text: str) -> None:
        for line in text.splitlines():
            self._print(row("", step, self._width, "", line))

    def echoed(self, step: str, command: str) -> None:
        self._print(row("runs", step, self._width, "", f"$ {command}"))

    def finished(self, verdict: Verdict, *, quiet: bool = False) -> None:
        if quiet:
            return
        took = "" if verdict.word == "blocked" else clock.spoken(verdict.seconds)
        self._print(row(verdict.word, verdict.step, self._width, took, short(verdict.note)))

    def lines(self, lines: Iterable[Line], *, folded: bool = False) -> None:
        if texts := [text for _, text in lines]:
            self._print("\n".join(texts))

    def report(self, lines: Iterable[Line]) -> None:
        self._print("\n".join(f"  {style:<8} {text}" if style in WORDS else text for style, text in lines))

    def _print(self, text: str) -> None:
        with self._guard:
            print(text, file=self._out, flush=True)


class Enduring:
    """Standard output, whose reader may go (`inv lab | head`), or its terminal: the run goes on, its logs have all."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def write(self, text: str) -> int:
        try:
            return self._out.write(text)
        except OSError:
            return self._lost()

    def flush(self) -> None:
        try:
            self._out.flush()
        except OSError:
            self._lost()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._out, name)

    def _lost(self) -> int:
        """From now on it leads nowhere, with what is still in its buffer."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._out.fileno())
        os.close(nowhere)
        return 0


def row(word: str, step: str, width: int, took: str, note: str) -> str:
    """One line for one thing that happened to a step."""
    return f"{word:<9} {step:<{width}} {took:>11}  {note}".rstrip()


def short(note: str) -> str:
    """A note that fits into a line; the summary and the log have all of it."""
    return note if len(note) <= NOTE_LETTERS else f"{note[: NOTE_LETTERS - 1]}…"


def name_width(names: Iterable[str]) -> int:
    """Wide enough for nearly all names, so that the notes begin in one column."""
    return min(max((len(name) for name in names), default=8), 28)


def wants_live(out: TextIO, environment: dict[str, str]) -> bool:
    """Whether there is a terminal on which lines may be redrawn."""
    pipeline = any(environment.get(name) for name in ("CI", "TF_BUILD"))
    return out.isatty() and not pipeline and environment.get("TERM", "dumb") != "dumb"
