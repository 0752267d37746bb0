"""What a run leaves for others, beside its journal: JUnit XML always, its page in a pipeline or where asked for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.screen import Line, short
from engine.summary import shown

if TYPE_CHECKING:
    from engine.session import Session


def results(session: Session) -> Iterator[Line]:
    """Writes them, and tells what there is to tell; a result that cannot be written does not make the run fail."""
    from engine import junit, report

    folder, run = session.run_home, session.recorder.record
    pipeline = any(os.environ.get(name) for name in ("CI", "TF_BUILD"))
    try:
        (folder / "junit.xml").write_bytes(junit.as_junit(run))
        if session.options.get("report") or pipeline:
            yield "dim", f"report: {shown(report.write(run, folder))}"
    except OSError as error:
        yield "failed", f"not all results of this run could be written: {error}"
    if session.spans and session.spans.problem:
        yield "dim", short(session.spans.problem)
