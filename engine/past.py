"""What former runs tell about an environment and its steps. History, never the truth: that is asked anew."""

from __future__ import annotations

import re
import shutil
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from engine import clock, record
from engine.errors import UsageError
from engine.record import RunRecord, StepRecord

_FOLDER = re.compile(r"\d{8}-\d{6}-[0-9a-f]{4}")
_PLAN, _END = '"dry": true', b'"event": "run.ended"'
"""Within a text of the journal the quotation marks would be escaped."""

_END_BYTES = 4096
"""More than the last line of a run has; one that were longer would only be looked for in vain."""


@dataclass(frozen=True)
class Former:
    """A former run, or one that goes on now. `run` is None where its journal cannot be read; `problem` tells why."""

    folder: Path
    run: RunRecord | None
    problem: str = ""

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def dry(self) -> bool:
        return self.run is not None and self.run.start.dry

    @property
    def command(self) -> str:
        return self.run.start.command if self.run else ""

    @cached_property
    def goes_on(self) -> bool:
        return self.run is not None and self.run.goes_on

    @property
    def began(self) -> clock.Moment | None:
        return clock.moment(self.run.at) if self.run else None

    def word_of(self, step: StepRecord) -> str:
        return "running" if step.word == "cut off" and self.goes_on else step.word


@dataclass(frozen=True)
class Last:
    """What a run said of a step.

    word    its verdict, or "cut off" or "running"
    before  the step that has taken away what others brought about since then, if one has
    """

    step: StepRecord
    word: str
    at: clock.Moment
    former: Former
    before: str = ""

    @property
    def note(self) -> str:
        return self.step.end.note if self.step.end else ""

    @property
    def worrying(self) -> bool:
        """Whether its note is worth a look in a list of many."""
        return self.word not in ("held", "changed")


def formers(home: Path) -> Iterator[Former]:
    """The runs of an environment, the newest first; each is read when it is reached."""
    return map(_former, _journals(home))


def verdicts(home: Path, step: str) -> Iterator[Last]:
    """What the runs said of one step, the newest first."""
    for former in formers(home):
        if last := _said(former, step):
            yield last


def last(home: Path, steps: Iterable[str], destroying: Collection[str] = ()) -> dict[str, Last]:
    """What the newest run that says anything of a step says. No more journals are read than it takes.

    :param destroying: the steps that take away what others brought about
    """
    found: dict[str, Last] = {}
    missing, before = set(steps), ""
    for path in _journals(home):
        if not missing:
            break
        if not _mentions(path, [*missing, *destroying]):
            continue
        former = _former(path)
        for step in sorted(missing):
            if said := _said(former, step):
                found[step] = replace(said, before=before)
                missing.discard(step)
        if not former.dry:
            begun = (name for name in destroying if (said := _said(former, name)) and said.word != "blocked")
            before = before or next(begun, "")
    return found


def tells(former: Former, steps: Iterable[str]) -> bool:
    """Whether the run says anything of one of these steps."""
    return any(_said(former, step) for step in steps)


def _said(former: Former, name: str) -> Last | None:
    """What it tells about the step; None where that is nothing. A plan's "not known yet" tells nothing of a step."""
    run, step = former.run, former.run.steps.get(name) if former.run else None
    if run is None or step is None or former.began is None or step.word == "not begun":
        return None
    if former.dry and step.word in ("not known yet", "blocked", "cut off"):
        return None
    word = former.word_of(step)
    seconds = (step.span.began if word == "running" else step.span.ended) if step.span else run.span.ended
    return Last(step, word, clock.later(former.began, seconds - run.span.began), former)


def prune(home: Path, keep: int) -> None:
    """Removes the folders of old runs: the newest `keep` runs stay, and as many plans, and those that go on."""
    kept, folders = {True: 0, False: 0}, _folders(home)
    for folder in folders if len(folders) > keep else ():
        dry = _is_plan(folder)
        kept[dry] += 1
        if kept[dry] > keep and not _goes_on(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _is_plan(folder: Path) -> bool:
    """As its journal begins; whole ones are not read at the end of each run."""
    try:
        with (folder / "journal.jsonl").open(encoding="utf-8", errors="replace") as lines:
            return _PLAN in lines.readline(4096)
    except OSError:
        return False


def _goes_on(folder: Path) -> bool:
    """Most have come to their end, and say so in their last line: whole journals are not read for that."""
    path = folder / "journal.jsonl"
    try:
        return not _has_ended(path) and record.read(path).goes_on
    except (UsageError, OSError):
        return False


def _has_ended(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _END_BYTES))
        return _END in file.read().rstrip().rpartition(b"\n")[2]


def _journals(home: Path) -> Iterator[Path]:
    """Newest first. A folder without one is that of a plain task."""
    return (path for folder in _folders(home) if (path := folder / "journal.jsonl").exists())


def _former(path: Path) -> Former:
    try:
        return Former(path.parent, record.read(path))
    except (UsageError, OSError) as error:
        return Former(path.parent, None, str(error).removeprefix(f"{path} "))


def _mentions(path: Path, steps: Iterable[str]) -> bool:
    """Whether it is worth the time to read this journal line by line."""
    try:
        content = path.read_bytes()
    except OSError:
        return False
    return any(f'"{step}"'.encode() in content for step in steps)


def _folders(home: Path) -> list[Path]:
    """Newest first, as their names are."""
    runs = home / "runs"
    return sorted((one for one in runs.iterdir() if _FOLDER.fullmatch(one.name)), reverse=True) if runs.is_dir() else []
