"""What a run shows in a pipeline: each step's lines together once it has ended, and commands to the agent."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, Protocol, TextIO

from engine import clock
from engine.errors import StepFailed, Stopped
from engine.masking import clean, tell_secrets
from engine.screen import PlainScreen, row, short
from engine.verdict import Verdict


class Agent(Protocol):
    """How the agent of a pipeline is told something: a line of standard output for each, "" where it has no word."""

    def group(self, title: str) -> str:
        """Begins lines that are folded under this title."""

    def end_group(self) -> str:
        """Ends them."""

    def issue(self, kind: Literal["error", "warning"], text: str) -> str:
        """What the pipeline's own page is to show; the text may have several lines."""

    def progress(self, percent: int, step: str) -> str:
        """How much of the run is over, and which step was the last."""

    def secret(self, value: str) -> str:
        """A line of text that is to be hidden from now on."""

    def summary(self, path: Path) -> str:
        """The run's summary, a file of Markdown."""


class GroupedScreen(PlainScreen):
    """Steps that run side by side are told one after the other, each when it ends."""

    def __init__(self, out: TextIO, agent: Agent) -> None:
        super().__init__(out)
        self._agent = agent
        self._buffers: dict[str, list[str]] = {}
        self._buffering = threading.Lock()
        self._total = self._over = 0
        self._blocked: list[Verdict] = []

    def opened(self, title: str, names: Iterable[str]) -> None:
        names = list(names)
        self._total, self._over, self._blocked = len(names), 0, []
        tell_secrets(self._secret)
        super().opened(title, names)

    def doing(self, step: str, command: str) -> None:
        if command:
            self._buffer(step, f"$ {command}")

    def waiting(self, step: str, what: str, *, again: bool = False) -> None:
        if not again:
            self._buffer(step, f"waiting for {what}")

    def said(self, step: str, text: str) -> None:
        self._buffer(step, text)

    def echoed(self, step: str, command: str) -> None:
        """Nothing: each command is in its step's group already."""

    def finished(self, verdict: Verdict, *, quiet: bool = False) -> None:
        with self._buffering:
            told = self._buffers.pop(verdict.step, [])
            self._over += 1
            over = self._over
            if verdict.word == "blocked":
                self._blocked.append(verdict)
        lines = []
        if not quiet:
            title = row(verdict.word, verdict.step, self._width, clock.spoken(verdict.seconds), short(verdict.note))
            lines = [self._agent.group(clean(title)), *map(clean, told), self._agent.end_group()]
        if verdict.word == "failed":
            kind: Literal["error", "warning"] = "warning" if isinstance(verdict.error, Stopped) else "error"
            lines.append(self._agent.issue(kind, clean(_failure(verdict))))
        self._command(*lines, self._agent.progress(100 * over // max(1, self._total), verdict.step))

    def closed(self) -> None:
        if self._blocked:
            steps = ", ".join(verdict.step for verdict in self._blocked)
            self._command(self._agent.issue("warning", clean(f"{len(self._blocked)} blocked: {steps}")))

    def summarised(self, path: Path) -> None:
        self._command(self._agent.summary(path))

    def _buffer(self, step: str, text: str) -> None:
        lines = [f"{clock.now():%H:%M:%S}  {line}" for line in text.splitlines()]
        with self._buffering:
            self._buffers.setdefault(step, []).extend(lines)

    def _secret(self, value: str) -> None:
        self._command(*(self._agent.secret(line) for line in value.splitlines() if len(line.strip()) >= 6))

    def _print(self, text: str) -> None:
        super()._print(clean(text))

    def _command(self, *lines: str) -> None:
        """In one piece, so that nothing comes between; as it is, so what is relayed in it has to be clean."""
        if text := "\n".join(filter(None, lines)):
            super()._print(text)


def _failure(verdict: Verdict) -> str:
    """The failure in a few lines: what, what that means, what to do about it."""
    lines = [f"{verdict.step}: {verdict.why or verdict.note}"]
    if isinstance(verdict.error, StepFailed):
        lines += [verdict.error.meaning or "", verdict.error.advice or ""]
    return "\n".join(filter(None, lines))
