"""The one door to time: what the clock says, how long something took, and pauses that a stop ends."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

Moment = datetime
monotonic = time.monotonic
sleep = time.sleep


def now() -> datetime:
    """The moment, with UTC as its zone."""
    return datetime.now(UTC)


def stamp(moment: datetime) -> str:
    """A moment in ISO 8601 with milliseconds: 2026-08-01T12:13:14.123Z."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(stamped: str) -> datetime:
    """The moment that `stamp` has written.

    :raises ValueError: it is none, or has no zone
    """
    found = datetime.fromisoformat(stamped)
    if found.tzinfo is None:
        raise ValueError(f"a moment without a zone: {stamped}")
    return found


def later(moment: datetime, seconds: float) -> datetime:
    """So many seconds after the moment."""
    return moment + timedelta(seconds=seconds)


def pause(seconds: float, stop: threading.Event) -> bool:
    """Waits, at most until `stop` is set; True when it was."""
    return stop.wait(max(0.0, seconds))


def ago(moment: datetime) -> str:
    """How long that is ago, as one would say it: "just now", "42 s ago", "5 min ago", "3 h ago", "12 days ago"."""
    seconds = max(0.0, (now() - moment).total_seconds())
    for unit, length in (("days", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        if seconds >= length * (2 if unit == "days" else 1) and (seconds >= 5 or unit != "s"):
            return f"{int(seconds // length)} {unit} ago"
    return "just now"


def spoken(seconds: float) -> str:
    """A duration as one would say it: "0.8 s", "42 s", "5 min", "5 min 12 s", "1 h 03 min"."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min"
