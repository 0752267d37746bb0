"""Tasks that every graph gets for free: a project adds those that it wants to its collection."""

from __future__ import annotations

from invoke import Context, Exit, task

from engine.picture import as_mermaid, as_text
from engine.session import session_of

_FORMATS = {"text": as_text, "mermaid": as_mermaid}


@task(help={"step": "only this step and what it needs", "format": "text (default) or mermaid"})
def graph(context: Context, step: str = "", format: str = "text") -> None:
    """Print the graph of the steps: what needs what."""
    if format not in _FORMATS:
        raise Exit(f"there is no format '{format}': {', '.join(_FORMATS)}", code=2)
    for line in _FORMATS[format](session_of(context).graph(step or None)):
        print(line)
