"""Graphs of any size in four shapes: for each step the numbers of those that it needs, all of them smaller."""

from __future__ import annotations

from collections.abc import Callable

Edges = list[list[int]]

WIDTH = 100
"""Steps in a layer of `layered`; each needs three of the layer before."""


def chain(size: int) -> Edges:
    """One after the other."""
    return [[n - 1] if n else [] for n in range(size)]


def wide(size: int) -> Edges:
    """None needs another."""
    return [[] for _ in range(size)]


def layered(size: int) -> Edges:
    """Layers of a hundred; each step needs three that lie apart in the layer before."""
    return [
        [n // WIDTH * WIDTH - WIDTH + (n + 37 * k) % WIDTH for k in range(3)] if n >= WIDTH else [] for n in range(size)
    ]


def ladder(size: int) -> Edges:
    """Diamonds on top of each other: two steps a rung, each needs both of the rung before. 2^(size/2) paths."""
    return [[n // 2 * 2 - 2, n // 2 * 2 - 1] if n > 1 else [] for n in range(size)]


SHAPES: dict[str, Callable[[int], Edges]] = {one.__name__: one for one in (chain, wide, layered, ladder)}


def ends(edges: Edges) -> list[int]:
    """The steps that no other needs."""
    needed = {before for needs in edges for before in needs}
    return [n for n in range(len(edges)) if n not in needed]
