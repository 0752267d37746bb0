"""A table of figures, as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Table:
    """Rows of texts under a heading; `notes` say how the figures came about, a sentence each."""

    title: str
    columns: Sequence[str]
    rows: list[list[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [self.columns, *self.rows]
        widths = [max(len(line[at]) for line in lines) for at in range(len(self.columns))]
        drawn = [self._line(line, widths) for line in lines]
        rule = "|".join(["", "-" * (widths[0] + 2), *("-" * (width + 1) + ":" for width in widths[1:]), ""])
        return "\n".join([f"### {self.title}", "", drawn[0], rule, *drawn[1:], *(f"\n{note}" for note in self.notes)])

    @staticmethod
    def _line(texts: Sequence[str], widths: Sequence[int]) -> str:
        cells = [
            texts[0].ljust(widths[0]),
            *(text.rjust(width) for text, width in zip(texts[1:], widths[1:], strict=True)),
        ]
        return f"| {' | '.join(cells)} |"
