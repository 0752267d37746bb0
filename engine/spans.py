"""A span for the run, for each step and for each command, made from the journal's lines while they are written.

Part of the trace that this process was started in (TRACEPARENT); a command gets its own span as its TRACEPARENT.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from engine import clock
from engine.collector import Collector
from engine.events import (
    CommandEnded,
    CommandStarted,
    Event,
    GoalReached,
    RunEnded,
    RunStarted,
    StepEnded,
    StepStarted,
    WaitEnded,
    WaitStarted,
)

_RUN = ("", 0)


class Spans:
    """Listens to a journal. A run does not notice what goes wrong with its spans; `problem` is for its end."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.problem = ""
        self._zero_ns = 0
        self._open: dict[tuple[str, int], Any] = {}
        """The spans: the run's, a step's (n is 0), a command's, which is closed with its step: that has judged it."""
        self._commands: dict[tuple[str, int], tuple[CommandStarted, CommandEnded | None, int]] = {}
        self._waits: dict[tuple[str, int], tuple[WaitStarted, int]] = {}
        self._guard = threading.Lock()
        self._collector: Collector | None = None
        try:
            self._collector = Collector(environ)
        except ImportError as missing:
            self.problem = (
                f"no spans, although OTEL_ variables ask for them: {missing.name} is not installed; "
                "pip install opentelemetry-sdk opentelemetry-exporter-otlp-proto-http"
            )
        except Exception as error:  # noqa: BLE001 - a variable of which an exporter cannot make sense
            self.problem = f"no spans, although OTEL_ variables ask for them: {error}"

    def __call__(self, event: Event, at: str, t: float) -> None:
        if self._collector is None:
            return
        with self._guard:
            self._zero_ns = self._zero_ns or int((clock.moment(at).timestamp() - t) * 1e9)
            try:
                self._follow(self._collector, event, self._zero_ns + int(t * 1e9))
            except Exception as error:  # noqa: BLE001 - of the library; the run goes on without spans
                self.problem, self._collector = f"spans are missing: {type(error).__name__}: {error}", None
                return
        if isinstance(event, RunEnded):
            self.problem = self._collector.deliver()

    def variables(self, step: str, n: int) -> dict[str, str]:
        """What a command is to know of its span."""
        with self._guard:
            span = self._open.get((step, n))
        return self._collector.variables(span) if self._collector and span else {}

    def _follow(self, to: Collector, event: Event, at: int) -> None:
        match event:
            case RunStarted():
                about = {"lab.run": event.run, "lab.environment": event.environment, "lab.plan": event.dry}
                self._open[_RUN] = to.begin(event.command, at, None, about)
            case StepStarted():
                parent = self._open.get(_RUN)
                self._open[event.step, 0] = to.begin(event.step, at, parent, {"lab.step": event.step})
            case CommandStarted():
                about = {"lab.step": event.step, "lab.attempt": event.attempt, "process.command_line": event.command}
                program = event.command.split(" ", 1)[0].rpartition("/")[2]
                self._open[event.step, event.n] = to.begin(program, at, self._open.get((event.step, 0)), about)
                self._commands[event.step, event.n] = (event, None, at)
            case CommandEnded():
                self._commands[event.step, event.n] = (self._commands[event.step, event.n][0], event, at)
            case WaitStarted():
                self._waits[event.step, event.n] = (event, at)
            case WaitEnded():
                wait, began = self._waits.pop((event.step, event.n))
                about = {"lab.wait.on": wait.on, "lab.wait.seconds": event.seconds}
                self._note(event.step, f"waiting for {wait.what}", began, about)
            case GoalReached():
                self._note(event.step, event.goal, at, {"lab.goal.state": event.state})
            case StepEnded():
                self._end_step(to, event, at)
            case RunEnded():
                span = self._open.pop(_RUN)
                span.set_attribute("process.exit.code", event.exit_code)
                if event.failed:
                    to.fail(span, event.stopped_by or f"exit code {event.exit_code}")
                span.end(at)

    def _note(self, step: str, what: str, at: int, about: dict[str, Any]) -> None:
        if span := self._open.get((step, 0)):
            span.add_event(what, about, at)

    def _end_step(self, to: Collector, event: StepEnded, at: int) -> None:
        span = self._open.pop((event.step, 0), None)
        if span is None:  # blocked
            if run := self._open.get(_RUN):
                run.add_event(f"{event.step} is {event.verdict}", {"lab.note": event.note}, at)
            return
        for place in [place for place in self._commands if place[0] == event.step]:
            self._end_command(to, place, event, at)
        about = {"lab.verdict": event.verdict, "lab.note": event.note, "lab.meaning": event.meaning}
        span.set_attributes({name: value for name, value in about.items() if value})
        if event.verdict == "failed":
            to.fail(span, event.why)
        span.end(at)

    def _end_command(self, to: Collector, place: tuple[str, int], step: StepEnded, at: int) -> None:
        """Not every exit code is an error, some are an answer: it is one where the step failed of it."""
        span, (started, ended, ended_at) = self._open.pop(place), self._commands.pop(place)
        if ended is None:  # cut off
            span.end(at)
            return
        span.set_attribute("process.exit.code", ended.exit_code)
        if step.failed and (step.failed.command, step.failed.exit_code) == (started.command, ended.exit_code):
            to.fail(span, step.note)
        span.end(ended_at)
