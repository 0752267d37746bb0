"""What a command prints: rows of styled pieces, in colour and folded on a terminal, plain and whole in a pipe."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from engine.screen import STYLES, wants_live

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

Piece = str | tuple[str, str]
"""A text, alone or behind its style: a verdict's word, "dim", "bold" or another style of rich."""

Row = Sequence[Piece]

HANGING = 4
"""Letters by which what does not fit into a line stands behind its beginning."""


def show(rows: Iterable[Row], *, cut: bool = False) -> None:
    """Prints the rows. On a terminal what is longer than a line is folded, or `cut` off, as suits a table."""
    try:
        if wants_live(sys.stdout, dict(os.environ)):
            _coloured(rows, cut)
        else:
            for row in rows:
                print("".join(map(_text, row)).rstrip())
        sys.stdout.flush()
    except BrokenPipeError:  # the reader has enough, as in `inv status | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _coloured(rows: Iterable[Row], cut: bool) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    for row in rows:
        pieces = [piece if isinstance(piece, str) else (piece[1], STYLES.get(piece[0], piece[0])) for piece in row]
        text = Text.assemble(*pieces)
        text.rstrip()
        if cut:
            console.print(text, no_wrap=True, overflow="ellipsis")
        else:
            for line in fold(text, console):
                console.print(line, no_wrap=True, soft_wrap=True)


def fold(text: Text, console: Console) -> Iterator[Text]:
    """The lines of a text that is too long for one: all but the first stand further in than the text itself."""
    if text.cell_len <= console.width:
        yield text
        return
    indent = len(text.plain) - len(text.plain.lstrip()) + HANGING
    for number, line in enumerate(text.wrap(console, max(20, console.width - indent))):
        line.rstrip()
        if number:
            line.pad_left(indent)
        yield line


def _text(piece: Piece) -> str:
    return piece if isinstance(piece, str) else piece[1]
