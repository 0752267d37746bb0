"""A form: what the command line does not say is asked for on the terminal, with what there is to choose from."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.errors import UsageError

if TYPE_CHECKING:
    from tools.offers import Offer

#: More than these are not shown, but taken all the same.
SHOWN = 60


@dataclass(frozen=True)
class Blank:
    """One thing to be said. ``accept`` gets what was said, returns what is written down, and raises ValueError with
    what is wrong. ``default``: what an empty line means; None: it means nothing."""

    flag: str
    what: str
    accept: Callable[[str], str]
    offers: Sequence[Offer] = ()
    default: str | None = None


class Form:
    """``given`` is what the command line says, by flag; what it leaves out is "". ``optional``: flags that may be.

    :raises UsageError: there is no terminal to ask at, and something is missing; all of it is named
    """

    def __init__(self, given: Mapping[str, str], optional: Sequence[str]) -> None:
        self.given, self.asks = given, sys.stdin.isatty() and sys.stdout.isatty()
        missing = [flag for flag, value in given.items() if not value and flag not in optional]
        if missing and not self.asks:
            raise UsageError(f"there is no terminal to ask at: say {', '.join(missing)} too")
        self._wrong: list[str] = []

    def fill(self, blank: Blank) -> str:
        """What is written down. A terminal is asked until it is right; without one, `check` tells what is wrong.

        :raises UsageError: Ctrl-D on the terminal
        """
        try:
            return self._filled(blank)
        except EOFError as error:
            raise UsageError("\nnothing was done") from error

    def _filled(self, blank: Blank) -> str:
        given = self.given[blank.flag]
        if given or not self.asks:
            try:
                return blank.accept(given)
            except ValueError as error:
                wrong = f"{blank.flag}: {error}"
            if not self.asks:
                self._wrong.append(wrong)
                return ""
            print(wrong)
        return _asked(blank)

    def check(self) -> None:
        """
        :raises UsageError: some of what the command line says is wrong; all of it is told
        """
        if self._wrong:
            raise UsageError("\n".join(self._wrong))


def agreed(question: str) -> bool:
    """Whether the answer on the terminal is yes."""
    from rich.prompt import Confirm

    return Confirm.ask(question)


def _asked(blank: Blank) -> str:
    from rich.columns import Columns
    from rich.console import Console
    from rich.prompt import InvalidResponse, PromptBase
    from rich.text import Text

    class Asked(PromptBase[str]):
        """A number is one of the offers."""

        def process_response(self, value: str) -> str:
            typed = value.strip()
            if typed.isdecimal() and 1 <= int(typed) <= len(blank.offers):
                typed = blank.offers[int(typed) - 1].value
            try:
                return blank.accept(typed)
            except ValueError as error:
                raise InvalidResponse(str(error)) from error

        def on_validate_error(self, value: str, error: InvalidResponse) -> None:
            self.console.print(str(error), style="red", markup=False, highlight=False)

    console = Console(highlight=False)
    shown = [
        Text.assemble((f"{number:>3} ", "dim"), one.value, (f"  {one.about}" if one.about else "", "dim"))
        for number, one in enumerate(blank.offers[:SHOWN], 1)
    ]
    if shown:
        console.print(Columns(shown, padding=(0, 3)))
    if len(blank.offers) > SHOWN:
        console.print(f"    and {len(blank.offers) - SHOWN} more", style="dim")
    default: Any = ... if blank.default is None else blank.default
    return Asked.ask(Text(blank.what, style="bold"), console=console, default=default, show_default=bool(blank.default))
