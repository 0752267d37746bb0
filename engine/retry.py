"""Which errors of a command are worth another attempt, which mean that it is done, and what the others mean.

A `Retry` is a list of what may be forgiven: an error that no row names is final.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

Kind = Literal["transient", "done", "permanent"]

_JITTER = 0.25
"""By which part a pause may be shorter or longer, so that those who were refused together do not return together."""

_ASKED = re.compile(
    r"(?:retry[-_ ]?after(?:seconds)?|again (?:after|in))['\"]?\s*[:=]?\s*['\"]?(\d+)(?![-:\d])['\"]?\s*(min|hour)?",
    re.IGNORECASE,
)
"""How a server's wish to be left alone for a while reads in a tool's words: `Retry-After: 17`, `"retryAfterSeconds":1`,
`Please try again after '6' seconds`. A date behind it is none of these."""

_UNITS_S = {None: 1, "min": 60, "hour": 3600}

_PLACE = re.compile(r"<(\w+)>")


@dataclass(frozen=True)
class Row:
    """One error text and what it means.

    pattern      a regular expression, searched in what the command wrote (both streams), case ignored, `^` and `$`
                 at lines; what its named groups match is put into `meaning` and `advice` where these have `<name>`
    kind         "transient": try again; "done": the command's purpose is already fulfilled; "permanent": give up
    meaning      a sentence for the user: what the error means, of a transient one when it did not pass in time
    advice       what to do about it, often a command
    seen         real texts that it is about; the tests hold the pattern against them
    source       where that was seen: a document, an issue, a measurement
    at_zero      also where the command ended with 0, as if nothing were wrong
    waiting_for  "transient" only: what is being waited for, for the user; and how long that `usually` takes
    within_s     how long, in wall time since this error was first seen, attempts go on
    first_s, most_s  the first pause and the longest; each is twice the one before, and none where the error names one
    """

    pattern: str
    kind: Kind = "transient"
    meaning: str = ""
    advice: str = ""
    seen: tuple[str, ...] = ()
    source: str = ""
    at_zero: bool = False
    waiting_for: str = ""
    usually: str = ""
    within_s: float = 300.0
    first_s: float = 2.0
    most_s: float = 30.0

    @cached_property
    def regex(self) -> re.Pattern[str]:
        return re.compile(self.pattern, re.IGNORECASE | re.MULTILINE)

    @property
    def awaited(self) -> str:
        """What is being waited for, and how long that takes: "the grant to take effect, usually under 5 min"."""
        return f"{self.waiting_for}, usually {self.usually}" if self.usually else self.waiting_for

    def told(self, text: str) -> tuple[str, str, str]:
        """The line of the error text that the row is about, and meaning and advice with what was found there."""
        match = self.regex.search(text)
        if match is None:
            return "", self.meaning, self.advice
        found = {name: value for name, value in match.groupdict().items() if value}

        def filled(sentence: str) -> str:
            return _PLACE.sub(lambda place: found.get(place[1], place[0]), sentence)

        begin, end = text.rfind("\n", 0, match.start()) + 1, text.find("\n", match.start())
        return text[begin : end if end >= 0 else None].strip(), filled(self.meaning), filled(self.advice)

    def pause_s(self, before: int) -> float:
        """How long to wait after so many pauses already: twice as long each time, with jitter."""
        return min(self.most_s, self.first_s * 2.0**before) * random.uniform(1 - _JITTER, 1 + _JITTER)


@dataclass(frozen=True)
class Retry:
    """The rows that apply to a command; the first that matches decides."""

    rows: tuple[Row, ...] = field(default=())

    def classify(self, text: str, *, at_zero: bool = False) -> Row | None:
        """The first row that names this error text; None when none does, so that the error is final.

        :param at_zero: the command ended with 0: only the rows count that say what that may hide
        """
        return next((row for row in self.rows if (row.at_zero or not at_zero) and row.regex.search(text)), None)

    def __add__(self, other: Retry) -> Retry:
        return Retry(self.rows + other.rows)


NEVER = Retry()


def asked_s(text: str) -> float | None:
    """How many seconds the error text asks to wait before another attempt; None where it does not."""
    asked = _ASKED.search(text)
    return float(asked[1]) * _UNITS_S[asked[2] and asked[2].lower()] if asked else None
