"""Ctrl-C while Invoke still loads tasks.py: it ends with 130 then too; Invoke alone says 1, or shows a traceback."""

from __future__ import annotations

import signal
import sys
from types import FrameType

from engine.loading import LOADING


def expect() -> None:
    """From now on, where it is Invoke that loads us: nobody else's signals are ours."""
    frame: FrameType | None = sys._getframe()
    while frame is not None and frame.f_code.co_name != LOADING:
        frame = frame.f_back
    if frame is not None and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end)


def leave() -> None:
    """All is loaded: whoever runs now hears of Ctrl-C as Python tells it."""
    if signal.getsignal(signal.SIGINT) is _end:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _end(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
