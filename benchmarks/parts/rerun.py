"""The lab from nothing, again with nothing to do, and the guide's way: one command after the other."""

from __future__ import annotations

import statistics
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from benchmarks.clients import Lab, Ran, lab
from benchmarks.table import Table

PROGRAMS = ("az", "kubectl", "helm")
#: What says that a command changes something. The rest only ask; a reader of the guide does not.
CHANGING = {"create", "build", "add", "post", "apply", "upgrade", "get-credentials", "convert-kubeconfig"}
COLUMNS = ("", "seconds", "times", "processes", *PROGRAMS, "requests at the sandbox")


def tables(rounds: int) -> Iterator[Table]:
    with tempfile.TemporaryDirectory() as folder:
        with lab(Path(folder, "guide")) as made:
            made.inv("tools")
            made.inv("lab", INVOKE_LAB_JOBS="1", INVOKE_LAB_WARM="0")
            guide = [one for one in made.commands() if CHANGING & {*one.argv}]
        with lab(Path(folder, "lab")) as made:
            made.inv("tools")
            cold_s, cold, cold_requests = _measured(made)
            again = [_measured(made) for _ in range(rounds)]
    _, ran, requests = again[-1]
    guide_s = sum(one.seconds for one in guide)
    again_s = statistics.median(seconds for seconds, _, _ in again)
    yield Table(
        "A whole lab on the sandbox",
        COLUMNS,
        [
            _row("the guide's commands, one by one", guide_s, again_s, guide, ""),
            _row("inv lab, from nothing", cold_s, again_s, cold, str(cold_requests)),
            _row("inv lab, nothing to do", again_s, again_s, ran, str(requests)),
        ],
        notes=[
            "The guide's commands are those of a run with one job and plain az that change something; their own times"
            " are added up, without the questions in between.",
            f"Nothing to do: the median of {rounds} runs.",
        ],
    )


def _measured(made: Lab) -> tuple[float, list[Ran], int]:
    """One `inv lab`: its seconds, its commands, and the requests that they made."""
    made.inv("sandbox.start")
    before = made.requests()
    _, seconds = made.inv("lab")
    return seconds, made.commands(), made.requests() - before


def _row(what: str, seconds: float, again_s: float, ran: list[Ran], requests: str) -> list[str]:
    programs = Counter(one.program for one in ran)
    counts = [str(len(ran)), *(str(programs[program]) for program in PROGRAMS)]
    return [what, f"{seconds:.1f}", f"{seconds / again_s:.1f}", *counts, requests]
