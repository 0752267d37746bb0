"""A mistake in tasks.py, or in what it imports, told in two lines: where it is, what is wrong, what was meant.

Invoke imports tasks.py in the middle of its own work and lets every error through, so that a misspelt prerequisite
ends in a traceback through Invoke's insides and with 1. The interpreter's last resort is the first place that we have.
"""

from __future__ import annotations

import builtins
import linecache
import re
import sys
from pathlib import Path
from types import FrameType, TracebackType

from engine.errors import UsageError

LOADING = "load_collection"
"""The method of Invoke in which it imports tasks.py."""

_IMPORTED = re.compile(r"cannot import name '(\w+)'")


def install() -> None:
    """From now on; errors of anything else are told as before."""
    before = sys.excepthook
    if getattr(before, "__module__", "") == __name__:
        return

    def told(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        lines = mistake(error, trace)
        if not lines:
            before(kind, error, trace)
            return
        print(*lines, sep="\n", file=sys.stderr)
        raise SystemExit(UsageError.exit_code)

    sys.excepthook = told


def mistake(error: BaseException, trace: TracebackType | None) -> list[str]:
    """Where and what; nothing when this is no mistake of who writes tasks.py."""
    frames: list[tuple[FrameType, int]] = []
    while trace is not None:
        frames.append((trace.tb_frame, trace.tb_lineno))
        trace = trace.tb_next
    if not any(frame.f_code.co_name == LOADING for frame, _ in frames):
        return []
    if isinstance(error, SyntaxError):
        return [_line(error.filename or "?", error.lineno or 0, error.text or ""), f"  {error.msg}"]
    at = next(((frame, line) for frame, line in reversed(frames) if frame.f_code.co_name == "<module>"), None)
    what = _what(error, at[0]) if at else ""
    if at is None or not what:
        return []
    file = at[0].f_code.co_filename
    return [_line(file, at[1], linecache.getline(file, at[1])), f"  {what}"]


def _what(error: BaseException, frame: FrameType) -> str:
    from engine.settings import nearest

    if isinstance(error, UsageError):
        return str(error)
    if isinstance(error, NameError):
        return str(error) + nearest(error.name or "", {*frame.f_globals, *dir(builtins)})
    if isinstance(error, AttributeError):
        return str(error) + nearest(error.name or "", dir(error.obj))
    if isinstance(error, ImportError):
        wanted, there = _IMPORTED.search(str(error)), dir(sys.modules.get(error.name or ""))
        return str(error) + (nearest(wanted[1], there) if wanted else "")
    return ""


def _line(file: str, line: int, text: str) -> str:
    path, here = Path(file), Path.cwd()
    return f"{path.relative_to(here) if path.is_relative_to(here) else path}:{line}: {text.strip()}"
