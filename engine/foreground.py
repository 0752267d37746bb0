"""A program that has the terminal to itself: the user sees what it prints and answers what it asks."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from invoke import Exit

if TYPE_CHECKING:
    from engine.goal import Command


def foreground(command: Command) -> None:
    """Runs it to its end. The library `sh` hands the terminal over and takes it back.

    :raises Exit: with its exit code, when that is not 0
    """
    if code := ended(command):
        raise Exit(code=code)


def ended(command: Command) -> int:
    """As `foreground`; returns its exit code. A signal that asks this process to end goes to the program, which
    stays in this process group: Ctrl-C reaches both, and whoever waits here goes on once the program has ended."""
    import sh

    with _held(signal.SIGTERM, signal.SIGHUP) as pass_on:
        program = sh.Command(command.argv[0])
        env = {**os.environ, **command.env}
        words = command.argv[1:]
        running = program(*words, _in=sys.stdin, _out=1, _err=2, _bg=True, _bg_exc=False, _env=env)
        pass_on(running.signal)
        try:
            running.wait()
        except sh.ErrorReturnCode as error:
            code = int(error.exit_code)
            return code if code >= 0 else 128 - code
        except KeyboardInterrupt:
            if not sys.stdin.isatty():  # a terminal has told the program itself
                running.signal(signal.SIGINT)
            with suppress(sh.ErrorReturnCode):
                running.wait()
            raise
    return 0


@contextmanager
def _held(*numbers: int) -> Iterator[Callable[[Callable[[int], object]], None]]:
    """Until the end of the block these signals go to the callable that the block names; before it does, they wait."""
    early: list[int] = []
    receivers: list[Callable[[int], object]] = []

    def received(number: int, _: object) -> None:
        receivers[0](number) if receivers else early.append(number)

    def pass_on(to: Callable[[int], object]) -> None:
        receivers.append(to)
        for number in early:
            to(number)

    before = {number: signal.signal(number, received) for number in numbers}
    try:
        yield pass_on
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
