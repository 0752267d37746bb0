"""Where the lab runs: the sandbox, started or joined where the environment asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.foreground import foreground
from engine.lab import Lab
from engine.step import local
from tools import sandbox as embedded

if TYPE_CHECKING:
    from engine.goal import Goal

#: The plain tasks of this file, beside the step: ``inv sandbox.<name>``.
COMMANDS = ("env", "shell", "status", "stop", "reset")


@local
def sandbox(lab: Lab) -> Iterator[Goal]:
    """The sandbox answers: an embedded Azure that az, kubectl and helm are pointed at."""
    if lab.settings.sandbox:
        yield embedded.running(lab)
        lab.env.update(lab.get(embedded.environment(lab)))


def env(lab: Lab) -> None:
    """Print what a shell needs for az, kubectl and helm to talk to the sandbox: eval "$(inv sandbox.env)"."""
    foreground(embedded.exports(lab))


def shell(lab: Lab) -> None:
    """Open a shell in which az, kubectl and helm talk to the sandbox; leave it with exit."""
    foreground(embedded.shell(lab))


def status(lab: Lab) -> None:
    """Tell whether the sandbox runs, where, and what it has been asked."""
    foreground(embedded.command(lab, "status"))


def stop(lab: Lab) -> None:
    """Stop the sandbox; what it holds is kept."""
    foreground(embedded.command(lab, "stop"))


def reset(lab: Lab) -> None:
    """Stop the sandbox and forget all that it holds."""
    foreground(embedded.command(lab, "reset"))
