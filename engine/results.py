"""What a run leaves for others, beside its journal: JUnit XML always, its page and its summary in a pipeline."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from engine.screen import Line, short
from engine.summary import shown
from engine.verdict import GOOD

if TYPE_CHECKING:
    from engine.record import RunRecord
    from engine.session import Session


def results(session: Session) -> Iterator[Line]:
    """Writes them, and tells what there is to tell; a result that cannot be written does not make the run fail."""
    from engine import junit

    folder, run = session.run_home, session.recorder.record
    pipeline = any(os.environ.get(name) for name in ("CI", "TF_BUILD"))
    try:
        (folder / "junit.xml").write_bytes(junit.as_junit(run))
        if session.options.get("report") or pipeline:
            from engine import report

            yield "dim", f"report: {shown(report.write(run, folder))}"
        if session.agent and not session.dry:
            _summary(session, run, folder / "summary.md")
    except OSError as error:
        yield "failed", f"not all results of this run could be written: {error}"
    if session.spans and session.spans.problem:
        yield "dim", short(session.spans.problem)


def _summary(session: Session, run: RunRecord, path: Path) -> None:
    from engine.markdown import as_markdown

    done = [step for step in session.default_steps if step in run.steps and run.steps[step].word in GOOD]
    path.write_text(as_markdown(run, session.link if done else ""), encoding="utf-8")
    session.screen.summarised(path)
