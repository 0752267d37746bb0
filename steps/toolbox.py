"""The programs that the steps call: az, kubectl and helm, in versions that fit each other and the cluster."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.lab import Lab
from engine.step import local, typical
from tools import installation

if TYPE_CHECKING:
    from engine.goal import Goal


@local
@typical(seconds=30)
def tools(lab: Lab) -> Iterator[list[Goal]]:
    """az, kubectl and helm are at hand: those on PATH where their versions will do, else pinned copies."""
    lab.env["PATH"] = installation.search_path(lab)
    yield installation.at_hand(lab)
