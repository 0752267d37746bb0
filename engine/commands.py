"""Tasks that tell about the steps of any graph: a project adds them to its collection, `Collection(*steps, *COMMANDS)`.

What stands behind one on the command line are the steps that it tells about; it never brings one about.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from invoke import Context, Exit, task

from engine.paper import show
from engine.session import session_of
from engine.words import Telling

STEP = "the steps that it is about; without any, all"


@task(
    klass=Telling,
    auto_shortflags=False,  # -f is the environment's
    help={
        "step": "the steps that it is about, with what they need; without any, all",
        "format": "text (default), mermaid, dot or svg",
        "verdicts": "with what is known of each step from former runs",
        "output": "the file to write, instead of showing it",
    },
)
def graph(
    context: Context, step: Sequence[str] = (), format: str = "text", verdicts: bool = False, output: str = ""
) -> None:
    """Draw the graph of the steps: what needs what."""
    from engine.picture import FORMATS

    if format not in FORMATS:
        raise Exit(f"there is no format '{format}': {', '.join(FORMATS)}", code=2)
    session = session_of(context)
    needs = session.graph(step).needs
    drawn = FORMATS[format](needs, {})
    if not output:
        show([line] for line in drawn.splitlines())
        return
    try:
        Path(output).expanduser().write_text(drawn, encoding="utf-8")
    except OSError as error:
        raise Exit(f"{output}: cannot be written: {error.strerror}", code=2) from error


COMMANDS = (graph,)
