"""One thing that is not as it shall be, and what would be done to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Change:
    """A resource that is missing, differs, or is there and shall not be.

    what  its kind and name: "managedClusters aks-dev"
    how   of a change: a line a difference ("sku.name: Basic -> Standard"), or the lines of a diff, where those that
          begin with a space or @ only tell the place
    """

    kind: Literal["create", "change", "remove"]
    what: str
    how: tuple[str, ...] = ()

    @property
    def lines(self) -> Iterator[str]:
        """In words, a line a difference: for the log, the journal and wherever a diff has no room."""
        if self.kind != "change":
            yield f"{self.what} is {'missing' if self.kind == 'create' else 'there'}"
        for line in self.how:
            if not line.startswith((" ", "@")):
                yield f"{self.what}: {line}" if self.what else line
