"""Which errors of a command are worth another attempt, which mean that it is done, and what the others mean.

A `Retry` is a list of what may be forgiven: an error that no row names is final.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

Kind = Literal["transient", "done", "permanent"]


@dataclass(frozen=True)
class Row:
    """One error text and what it means.

    pattern   a regular expression, searched in what the command wrote (both streams), case ignored
    kind      "transient": try again; "done": the command's purpose is already fulfilled; "permanent": give up
    within_s  how long, in wall time since this error was first seen, attempts go on ("transient" only)
    wait_s    the pause between two attempts, unless the error names one (Retry-After)
    meaning   a sentence for the user; of a transient row it is what is being waited for
    advice    what to do about it, often a command
    source    where the error text was seen: a document, an issue, a measurement
    """

    pattern: str
    kind: Kind = "transient"
    within_s: float = 300.0
    wait_s: float = 5.0
    meaning: str = ""
    source: str = ""
    advice: str = ""

    @cached_property
    def regex(self) -> re.Pattern[str]:
        return re.compile(self.pattern, re.IGNORECASE)


@dataclass(frozen=True)
class Retry:
    """The rows that apply to a command; the first that matches decides."""

    rows: tuple[Row, ...] = field(default=())

    def classify(self, text: str) -> Row | None:
        """The first row that names this error text; None when none does, so that the error is final."""
        return next((row for row in self.rows if row.regex.search(text)), None)

    def __add__(self, other: Retry) -> Retry:
        return Retry(self.rows + other.rows)


NEVER = Retry()
