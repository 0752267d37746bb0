"""A program that has the terminal to itself: the user sees what it prints and answers what it asks."""

from __future__ import annotations

import os
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
    """As `foreground`; returns its exit code."""
    import sh

    try:
        sh.Command(command.argv[0])(*command.argv[1:], _fg=True, _env={**os.environ, **command.env})
    except sh.ErrorReturnCode as error:
        return int(error.exit_code)
    return 0
