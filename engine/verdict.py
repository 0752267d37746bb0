"""How a step ended, and how each of its goals did."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from engine.change import Change

Word = Literal["held", "changed", "failed", "blocked", "would change", "not known yet"]

WORDS: tuple[Word, ...] = ("failed", "blocked", "changed", "would change", "not known yet", "held")
GOOD: frozenset[Word] = frozenset({"held", "changed", "would change", "not known yet"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """One goal, after it was looked at.

    how      what was missing or differed, or why it is not known
    acts     the commands that were run, or in a plan would be
    changes  the same as `how`, thing by thing
    """

    goal: str
    word: Word
    note: str = ""
    how: tuple[str, ...] = ()
    acts: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """One step, after it ended.

    not_known  in a plan: why its body could not be followed to its end
    why        of a failed step: the error in full
    chain      of a blocked step: from what it needs to what failed
    asked      how many questions it asked the world
    shared     to how many it found the answer, because they were asked before or just then
    """

    step: str
    word: Word
    note: str = ""
    seconds: float = 0.0
    outcomes: tuple[Outcome, ...] = field(default=())
    not_known: str = ""
    error: BaseException | None = None
    log: Path | None = None
    chain: tuple[str, ...] = ()
    why: str = ""
    asked: int = 0
    shared: int = 0

    @property
    def good(self) -> bool:
        """Whether the steps that need this one may go on."""
        return self.word in GOOD

    @property
    def unstarted(self) -> bool:
        """Whether nothing that it needs failed: it is blocked because the run came to its end before its turn."""
        return self.word == "blocked" and not self.chain


def sum_up(outcomes: list[Outcome], *, not_known: str = "") -> tuple[Word, str]:
    """The step's word and note from its goals': the first that applies of changed, would change, not known, held."""
    words: tuple[Word, ...] = ("changed", "would change")
    for word in words:
        found = [outcome for outcome in outcomes if outcome.word == word]
        if found:
            more = f" and {len(found) - 1} more" if len(found) > 1 else ""
            return word, "; ".join(dict.fromkeys([found[0].goal + more, *(one.note for one in found if one.note)]))
    unknown = [f"{outcome.goal}: {'; '.join(outcome.how)}" for outcome in outcomes if outcome.word == "not known yet"]
    if unknown or not_known:
        return "not known yet", not_known or unknown[0]
    notes = [outcome.note for outcome in outcomes if outcome.note]
    return "held", "; ".join(notes) or (f"{len(outcomes)} hold" if len(outcomes) > 1 else "")
