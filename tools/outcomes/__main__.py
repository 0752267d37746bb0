"""Writes the table of errors as a document: python -m tools.outcomes > docs/errors.md."""

from collections.abc import Iterator

from engine import clock
from engine.retry import Row
from tools.outcomes import TABLE

HEAD = """# What errors mean

What the lab makes of the errors of `az`, `kubectl` and `helm`, and of what objects in the cluster say while they are
waited for. Passing ones are waited out; a server that asks for a pause gets it; before a command that writes is
repeated, it is asked how things stand, since perhaps only its answer was lost. Final ones end the step at the first
attempt. What is not here is final too, and shown in the tool's own words.

This page is made from [tools/outcomes](../tools/outcomes/): `python -m tools.outcomes > docs/errors.md`. What stands in
`<brackets>` is filled in where the error names it."""


def document() -> str:
    """The whole page: a section a subject, a part for each row."""
    return "\n".join([HEAD, *(line for subject, rows in TABLE.items() for line in _section(subject, rows)), ""])


def _section(subject: str, rows: tuple[Row, ...]) -> Iterator[str]:
    yield f"\n## {subject}"
    for row in rows:
        yield f"\n```\n{row.seen[0].strip() or 'ERROR:'}\n```\n"
        if row.kind == "transient" and row.waiting_for:
            yield f"- **passes**: waits for {row.awaited}; at most {clock.spoken(row.within_s)}"
            if row.at_zero:
                yield "- although the command ends with 0"
        elif row.kind == "done":
            yield f"- **done**: {row.meaning}"
        elif row.kind == "transient":
            yield "- **may pass**: said when what is waited for does not come"
        else:
            yield "- **final**"
        if row.kind != "done":
            yield f"- means{' then' if row.waiting_for else ''}: {_plain(row.meaning)}"
            yield f"- what to do: {_plain(row.advice)}"
        yield f"- seen: {_plain(row.source)}"


def _plain(text: str) -> str:
    """Brackets are no markup."""
    return text.replace("<", "\\<")


if __name__ == "__main__":
    print(document(), end="")
