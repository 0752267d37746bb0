"""What happened in a run and why: JSON lines, each written before the run goes on. History, never the truth.

Every line has `v` (the version of this format), `at` (UTC), `t` (seconds since the journal began) and `event`; what
else it has stands in events.py, and for readers outside of Python in docs/journal.md and docs/journal.schema.json:

    run.started      run, command, environment, title, again, dry, jobs, pid, host, steps {name: [prerequisites]},
                     typical {name: seconds}
    step.started     step
    command.started  step, n (its number in the step), command (as it could be typed, secrets hidden), attempt
    command.ended    step, n, exit_code, seconds
    wait.started     step, n, on (lock, effect, attempt, answer), what
    wait.ended       step, n, seconds
    goal             step, goal, state (held, changed, would change, not known yet), note, how [...], acts [...]
    step.ended       step, verdict (held, changed, failed, blocked; in a plan also would change and not known yet),
                     seconds, note; asked, shared, why, meaning, advice, stopped, failed {...}, not_known, log,
                     blocked_by [...]
    run.ended        exit_code, seconds, counts {verdict: how many}, stopped_by

Each run has a journal of its own, in a folder of its own: nothing is ever appended to the file of another run. What a
kill tore is therefore at a file's end only, and a reader leaves it out. Events and fields that a reader does not know
are skipped; a journal of another version is refused.
"""

from __future__ import annotations

import errno
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine import clock
from engine.errors import UsageError
from engine.events import VERSION, Event

Listener = Callable[[Event, str, float], None]
"""Gets each event as it is shown, `at` and `t`, after its line was written; one at a time, on whatever thread."""


class Journal:
    """The journal of one run, safe to write from any thread: a line is one write to a file opened for appending."""

    def __init__(self, path: Path, *listeners: Listener, lost: Callable[[OSError], None]) -> None:
        """
        :param lost: told when a line cannot be written; the journal has no further ones then
        :raises FileExistsError: another run has written there
        """
        self.path, self._listeners, self._lost = path, listeners, lost
        self._whole = True
        self._guard = threading.Lock()
        self._started = clock.monotonic()
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)

    def write(self, event: Event) -> None:
        event, at, t = event.shown(), clock.stamped_now(), round(clock.monotonic() - self._started, 4)
        line = {"v": VERSION, "at": at, "t": t, "event": event.event, **event.line()}
        if self._whole:
            self._append(_encode(line).encode(errors="replace") + b"\n")
        with self._guard:
            for listener in self._listeners:
                listener(event, at, t)

    def _append(self, line: bytes) -> None:
        try:
            if os.write(self._file, line) < len(line):  # what it tore is to be the last line
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
        except OSError as error:
            self._whole = False
            self._lost(error)


def read(path: Path) -> list[dict[str, Any]]:
    """The events of a journal in their order; a line that is not whole is left out.

    :raises UsageError: it is of another version
    :raises OSError: it cannot be read
    """
    events = []
    for line in path.read_bytes().splitlines():
        try:
            event = json.loads(line)
        except ValueError:  # torn: the runner was killed while it wrote
            continue
        if not isinstance(event, dict) or "event" not in event:
            continue
        if event.get("v") != VERSION:
            raise UsageError(f"{path} is a journal of version {event.get('v')}; only version {VERSION} is read here")
        events.append(event)
    return events


_encode = json.JSONEncoder(ensure_ascii=False, default=vars).encode
