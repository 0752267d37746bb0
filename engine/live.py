"""The live view on a terminal: ended steps scroll by above, what runs just now is redrawn below. Needs rich."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.table import Table
from rich.text import Text

from engine import clock
from engine.paper import fold
from engine.screen import SIGNS, STYLES, Enduring, Line, Screen, name_width
from engine.verdict import WORDS, Verdict


@dataclass
class _Running:
    typical_s: float | None
    since: float = field(default_factory=clock.monotonic)
    doing: str = ""
    waiting: str = ""


class LiveScreen(Screen):
    """Redraws a few lines at the bottom. A row has: the step, how long it runs, how long it usually takes, and what
    it runs or waits for; the one that runs longest is on top, because it is what the run waits for."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(file=Enduring(sys.stdout), highlight=False)  # type: ignore[arg-type]
        self._guard = threading.Lock()
        self._running: dict[str, _Running] = {}
        self._counts: dict[str, int] = {}
        self._total = 0
        self._width = 12
        self._began = clock.monotonic()
        self._live: Live | None = None

    def opened(self, title: str, names: Iterable[str]) -> None:
        names = list(names)
        self._total, self._width = len(names), min(name_width(names), max(12, self._console.width // 3 - 4))
        self._began, self._counts = clock.monotonic(), {}
        self._console.print(Text(title, style="bold"), soft_wrap=True)
        self._live = Live(self, console=self._console, refresh_per_second=8, transient=True)
        self._live.start()

    def started(self, step: str, typical_s: float | None) -> None:
        with self._guard:
            self._running[step] = _Running(typical_s)

    def doing(self, step: str, command: str) -> None:
        running = self._running.get(step)
        if running is not None:
            running.doing = command

    def waiting(self, step: str, what: str, *, again: bool = False) -> None:
        running = self._running.get(step)
        if running is not None:
            running.waiting = what

    def waited(self, step: str, what: str) -> None:
        running = self._running.get(step)
        if running is not None and running.waiting == what:
            running.waiting = ""

    def said(self, step: str, text: str) -> None:
        for line in text.splitlines():
            self._print("", "", step, "", line, whole=True)

    def echoed(self, step: str, command: str) -> None:
        self._print("$", "dim", step, "", command)

    def finished(self, verdict: Verdict, *, quiet: bool = False) -> None:
        with self._guard:
            self._running.pop(verdict.step, None)
            self._counts[verdict.word] = self._counts.get(verdict.word, 0) + 1
        if quiet:
            return
        took = "" if verdict.word == "blocked" else clock.spoken(verdict.seconds)
        self._print(SIGNS[verdict.word], STYLES[verdict.word], verdict.step, took, verdict.note, verdict.word)

    def lines(self, lines: Iterable[Line], *, folded: bool = False) -> None:
        for style, text in lines:
            line = Text(text, style=STYLES.get(style, style))
            whole = not folded or text.lstrip().startswith("$ ")  # a command is there to be copied
            for part in [line] if whole else fold(line, self._console):
                self._console.print(part, soft_wrap=True)

    def report(self, lines: Iterable[Line]) -> None:
        for style, text in lines:
            sign = f"  {SIGNS[style]} " if style in SIGNS else ""
            line = Text.assemble((sign, STYLES.get(style, "")), (text, "" if sign else style))
            self._console.print(line, soft_wrap=True)

    def closed(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        with self._guard:
            rows = sorted(self._running.items(), key=lambda item: item[1].since)
            counts = dict(self._counts)
        space = max(1, options.size.height - 4)
        grid = self._grid()
        for step, running in rows[:space]:
            usually = f"usually {clock.spoken(running.typical_s)}" if running.typical_s else ""
            waits = Text(f"waiting for {running.waiting}", style="yellow") if running.waiting else None
            now = waits or Text(running.doing, style="dim")
            now = Text.assemble((f"{usually}  ", "dim"), now) if usually else now
            took = clock.spoken(clock.monotonic() - running.since)
            grid.add_row("▸", Text("running", style="cyan"), step, took, now)
        if len(rows) > space:
            grid.add_row("", "", f"and {len(rows) - space} more", "", "")
        yield grid
        done = sum(counts.values())
        parts = [f"{done} of {self._total} steps", *(f"{counts[word]} {word}" for word in WORDS if counts.get(word))]
        yield Text(" · ".join([*parts, clock.spoken(clock.monotonic() - self._began)]), style="dim", no_wrap=True)

    def _print(
        self, sign: str, style: str, step: str, took: str, note: str, word: str = "", *, whole: bool = False
    ) -> None:
        grid = self._grid()
        grid.columns[-1].no_wrap = not whole
        grid.add_row(Text(sign, style=style), Text(word, style=style), step, took, Text(note))
        self._console.print(grid)

    def _grid(self) -> Table:
        grid = Table.grid(padding=(0, 1), expand=True)
        grid.add_column(width=1)
        grid.add_column(width=max(len(word) for word in ("running", "blocked", "changed")), no_wrap=True)
        grid.add_column(width=self._width, no_wrap=True, overflow="ellipsis")
        grid.add_column(width=9, justify="right", no_wrap=True)
        grid.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
        return grid
