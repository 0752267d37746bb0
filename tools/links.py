"""One link of the chain from a pod to Azure: what was presented, what was expected, and the command that mends it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Unknown:
    """A fact that could not be asked, and why. `Absent` is another thing: asked, and not there."""

    why: str

    def __str__(self) -> str:
        return self.why


@dataclass(frozen=True)
class Link:
    """
    word       held; failed; or blocked: it cannot be told, because of what `note` says
    note       what was found, or why it is as it is
    presented  what a failed link shows
    expected   what has to be there instead
    mend       the command that puts it right
    """

    name: str
    word: Literal["held", "failed", "blocked"]
    note: str = ""
    presented: str = ""
    expected: str = ""
    mend: str = ""


@dataclass(frozen=True)
class Chain:
    """The links from one service account to what it may do, in their order.

    said  what the program itself reports, where it complains
    """

    title: str
    links: tuple[Link, ...]
    said: tuple[str, ...] = ()

    @property
    def broken(self) -> Link | None:
        """The first link that does not hold; a failed one before one that could not be told."""
        failed = next((link for link in self.links if link.word == "failed"), None)
        return failed or next((link for link in self.links if link.word == "blocked"), None)


def held(name: str, note: str = "") -> Link:
    return Link(name, "held", note)


def blocked(name: str, why: str) -> Link:
    return Link(name, "blocked", why)


def failed(name: str, presented: str, expected: str, mend: str, note: str = "") -> Link:
    return Link(name, "failed", note, presented, expected, mend)


Line = tuple[str, str]


def report(chains: Sequence[Chain]) -> list[Line]:
    """The chains as lines of a style and a text: one for each link, and what helps below a failed one."""
    width = max((len(link.name) for chain in chains for link in chain.links), default=0)
    lines: list[Line] = []
    for chain in chains:
        lines.append(("bold", chain.title))
        for link in chain.links:
            lines.append((link.word, f"{link.name:<{width}}  {link.note}".rstrip()))
            told = (("presented", link.presented), ("expected", link.expected), ("mend", link.mend))
            lines += [("", f"{'':15}{label:<9}  {text}") for label, text in told if text]
        lines += [("dim", f"  it says: {text}") for text in chain.said]
        lines.append(("", ""))
    return lines


def verdicts(chains: Sequence[Chain]) -> tuple[str, ...]:
    """The first broken link of each chain in a line; none where all is well."""
    found = []
    for chain in chains:
        link = chain.broken
        if link is not None and link.word == "failed":
            found.append(f"{chain.title}: {link.name}: {link.presented}, expected {link.expected}; mend: {link.mend}")
        elif link is not None:
            found.append(f"{chain.title}: {link.name} cannot be told: {link.note}")
    return tuple(found)
