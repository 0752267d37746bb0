"""Who has a helm release in hands: helm marks one as pending while it works on it, and leaves it so when killed."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from engine import clock, past
from engine.record import Ran
from tools.outcomes.helm import ABANDONED_S

#: How many runs are looked through for the one that has left a release pending.
RUNS = 20


def pending(release: Mapping[str, Any]) -> bool:
    """Whether helm is at work on the release, or was when it was killed."""
    return release["status"].startswith("pending-") or release["status"] == "uninstalling"


def abandoned(release: Mapping[str, Any], home: Path) -> bool:
    """Whether a pending release is in nobody's hands any more, or may be taken over all the same.

    That of a run of this environment is: two runs never work on one environment, and a run's commands end with it. That
    of anybody else is when it has been pending for longer than helm works on one. A removal may be ended by anybody."""
    since = clock.moment(release["updated"])
    too_long = clock.later(since, ABANDONED_S) < clock.now()
    return release["status"] == "uninstalling" or too_long or _ours(release, since, home)


def _ours(release: Mapping[str, Any], since: clock.Moment, home: Path) -> bool:
    """Whether a command of one of this environment's runs has begun what is pending since then."""
    for former in islice(past.formers(home), RUNS):
        for step in former.run.steps.values() if former.run else ():
            if any(_works_on(ran.command, release) and _was_then(ran, former, since) for ran in step.commands):
                return True
    return False


def _works_on(command: str, release: Mapping[str, Any]) -> bool:
    words = shlex.split(command) if command.startswith("helm ") else []
    return {release["name"], release["namespace"]} <= {*words}


def _was_then(ran: Ran, former: past.Former, moment: clock.Moment) -> bool:
    """Whether the command ran at that moment. How long one did that was cut off is not known."""
    if former.run is None or former.began is None:
        return False
    began = clock.later(former.began, ran.began - former.run.span.began)
    return began <= moment <= clock.later(began, ran.seconds if ran.over else ABANDONED_S)
