"""What happened in a run and why: JSON lines, each written before the run goes on. History, never the truth.

Every line has `v` (1, the version of this format), `at` (UTC), `t` (seconds since the run began) and `event`:

    run.started      run, command, environment, dry, jobs, steps {name: [prerequisites]}
    step.started     step
    command.started  step, n (its number in the step), command (as it could be typed, secrets hidden), attempt
    command.ended    step, n, exit_code, seconds
    wait             step, waiting_for
    goal             step, goal, state (held, changed, would change, not known yet), how [...]
    step.ended       step, verdict (held, changed, failed, blocked; in a plan also would change and not known
                     yet), seconds, note; with `why`, `meaning`, `log` and `blocked_by` where there is one
    run.ended        exit_code, seconds, counts {verdict: how many}

A reader skips events that it does not know, and a last line that was torn by a kill.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from engine import clock

VERSION = 1


class Journal:
    """The journal of one run, safe to write from any thread: a line is one write to a file opened for appending."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._started = clock.monotonic()
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, event: str, **fields: Any) -> None:
        line = {
            "v": VERSION,
            "at": clock.stamp(clock.now()),
            "t": round(clock.monotonic() - self._started, 4),
            "event": event,
            **fields,
        }
        os.write(self._file, json.dumps(line, ensure_ascii=False, default=str).encode() + b"\n")


def read(path: Path) -> list[dict[str, Any]]:
    """The events of a journal in their order; lines that are not whole are left out."""
    events = []
    for line in path.read_bytes().splitlines():
        try:
            event = json.loads(line)
        except ValueError:  # torn: the runner was killed while it wrote
            continue
        if isinstance(event, dict) and "event" in event:
            events.append(event)
    return events
