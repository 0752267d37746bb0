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
    stays in this process group: Ctrl-C reaches both. Whoever waits here is stopped once the program has ended.

    :raises Exit: 128 + the signal that ended both
    """
    import sh

    hangup = signal.getsignal(signal.SIGHUP)

    def heed_hangups() -> None:  # as this process did; `_bg` would have them ignored
        signal.signal(signal.SIGHUP, hangup)

    with _held(signal.SIGTERM, signal.SIGHUP) as held:
        program = sh.Command(command.argv[0])
        env = {**os.environ, **command.env}
        running = program(
            *command.argv[1:],
            _in=sys.stdin, _out=1, _err=2, _bg=True, _bg_exc=False, _env=env,
            _preexec_fn=heed_hangups,
        )  # fmt: skip
        held.pass_on(running.signal)
        code = 0
        try:
            running.wait()
        except sh.ErrorReturnCode as error:
            code = int(error.exit_code)
        except KeyboardInterrupt:
            if not sys.stdin.isatty():  # a terminal has told the program itself
                running.signal(signal.SIGINT)
            with suppress(sh.ErrorReturnCode):
                running.wait()
            raise
    if held.numbers:
        raise Exit(code=128 + held.numbers[0])
    return code if code >= 0 else 128 - code


class _Held:
    """Signals that came, passed on to whoever is named, also those that came before."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self._to: Callable[[int], object] = lambda number: None

    def receive(self, number: int, _: object) -> None:
        self.numbers.append(number)
        self._to(number)

    def pass_on(self, to: Callable[[int], object]) -> None:
        self._to = to
        for number in self.numbers:
            to(number)


@contextmanager
def _held(*numbers: int) -> Iterator[_Held]:
    held = _Held()
    before = {number: signal.signal(number, held.receive) for number in numbers}
    try:
        yield held
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
