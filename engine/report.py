"""The page of a run: one HTML file that needs nothing from elsewhere, made from the journal at any time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from engine import clock
from engine.bounds import Bounds
from engine.errors import UsageError
from engine.masking import clean
from engine.past import formers
from engine.record import RunRecord, StepRecord
from engine.render import Templates
from engine.steplog import log_name
from engine.timeline import Timeline

SIGNS = {
    "failed": "\N{MULTIPLICATION SIGN}",
    "cut off": "\N{MULTIPLICATION SIGN}",
    "blocked": "\N{CIRCLED DIVISION SLASH}",
    "not begun": "\N{CIRCLED DIVISION SLASH}",
    "changed": "+",
    "would change": "~",
    "not known yet": "?",
    "held": "=",
}
"""What tells the verdicts apart without their words and colours; in the order in which they are counted."""

SPENT = {
    "commands": "in commands",
    "effect": "until what was done took effect",
    "attempt": "until another attempt",
    "lock": "for a lock that another step held",
    "answer": "for an answer that another step was asking for",
    "jobs": "ready, with no job free",
    "rest": "in the steps themselves",
}
"""What the time of the chain may have gone into, in the order in which it is told."""


def chosen(home: Path, name: str = "") -> tuple[RunRecord, Path]:
    """A run of this environment and its folder: the last one that can be told, or the one whose name begins so.

    :raises UsageError: there is none, there are several, or its journal cannot be read
    """
    found = [former for former in formers(home) if former.name.startswith(name)] if name else []
    if len(found) > 1:
        raise UsageError(f"{len(found)} runs begin with {name}: {', '.join(former.name for former in found[:5])}")
    former = found[0] if found else None if name else next((one for one in formers(home) if one.run), None)
    if former is None:
        raise UsageError(f"there is no run {name} in {home / 'runs'}" if name else f"there was no run yet in {home}")
    if former.run is None:
        raise UsageError(f"{former.name}: {former.problem}")
    return former.run, former.folder


def write(run: RunRecord, folder: Path, output: Path | None = None) -> Path:
    """Writes the page of the run of this folder, into it or to `output`; its path.

    :raises OSError: it cannot be written
    """
    path = output or folder / "report.html"
    path.write_text(page(run, folder, path.parent), encoding="utf-8", errors="replace")
    return path


def page(run: RunRecord, folder: Path, place: Path) -> str:
    """The page as it would be read from the folder `place`."""
    bounds = Bounds.of(run)

    def link(name: str) -> str:
        """The address of a file of the run; empty when there is none."""
        if not name or not (folder / name).exists():
            return ""
        return quote(Path(os.path.relpath(folder / name, place)).as_posix())

    return clean(
        Templates(Path(__file__).parent / "page", html=True).render(
            "report.html.j2",
            run=run,
            began=clock.moment(run.at).strftime("%-d %B %Y, %H:%M:%S UTC"),
            bounds=bounds,
            spent=[(SPENT[what], bounds.spent[what]) for what in SPENT if what in bounds.spent],
            timeline=Timeline.of(run, bounds),
            chained={link.step for link in bounds.chain},
            counts=[(word, len(run.worded(word))) for word in SIGNS if run.worded(word)],
            blocked=list(_blocked(run)),
            signs=SIGNS,
            spoken=clock.spoken,
            link=link,
            log=lambda step: link(log_name(step.name)),
        )
    )


def _blocked(run: RunRecord) -> Iterator[tuple[str, list[StepRecord]]]:
    """What did not begin, by why."""
    groups: dict[str, list[StepRecord]] = {}
    for step in run.worded("blocked", "not begun"):
        groups.setdefault(step.end.note if step.end else "the run ended before", []).append(step)
    yield from groups.items()
