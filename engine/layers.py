"""Where the steps of a graph stand in a picture: in layers, what a step needs above it, with few crossings.

The moves are the usual ones (Sugiyama, Tagawa and Toda, 1981): give each step a layer, put a bend into each layer that
an arrow passes, order the layers so that few arrows cross, and shift what is in them until the arrows are as straight
as there is room for. All arrows from one step share their bends. The same graph is always laid out the same.
"""

from __future__ import annotations

from bisect import bisect, insort
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf

SWEEPS = 12
"""How often the layers are put in order, and then shifted; more did not make the pictures better."""

PATIENCE = 3
"""How many times putting them in order may be in vain before that is given up: large graphs take long enough."""

STRAIGHT = 6.0
"""How much more a bend wants to stand below the one above it than a step does: long arrows shall not wobble."""

Layers = list[list["Spot"]]


@dataclass(eq=False, slots=True)
class Spot:
    """A place in a layer: of a step, or a bend (`step` is empty) in the arrows from one. `x` is its middle."""

    step: str
    layer: int
    width: float
    x: float = 0.0
    above: list[Spot] = field(default_factory=list)
    below: list[Spot] = field(default_factory=list)


def layers(needs: Mapping[str, Iterable[str]], width: Callable[[str], float], gap: float) -> Layers:
    """Each layer from left to right.

    :param needs: each step with its prerequisites, which stand before it (those that it does not name are left out)
    :param width: of a step's box
    :param gap: between two boxes
    """
    spots = _spots(needs, width)
    arranged = min((_ordered(_stacked(one)) for one in (spots, _upwards(spots))), key=_crossings)
    _shift(arranged, gap)
    return arranged


def _stacked(spots: Iterable[Spot]) -> Layers:
    stacks = defaultdict(list)
    for spot in spots:
        stacks[spot.layer].append(spot)
    return [stacks[layer] for layer in range(len(stacks))]


def _upwards(spots: list[Spot]) -> Iterable[Spot]:
    """Each spot after what it leads to, and what leads to one after the other: a good order to begin with."""
    found: dict[Spot, None] = {}
    ahead = [spot for spot in reversed(spots) if not spot.below]
    while ahead:
        spot = ahead.pop()
        if spot not in found:
            found[spot] = None
            ahead.extend(reversed(spot.above))
    return found


def _spots(needs: Mapping[str, Iterable[str]], width: Callable[[str], float]) -> list[Spot]:
    known = {step: [one for one in dict.fromkeys(before) if one in needs] for step, before in needs.items()}
    spots = {step: Spot(step, layer, width(step)) for step, layer in _layer_of(known).items()}
    found = list(spots.values())
    ways: dict[str, list[Spot]] = {step: [spot] for step, spot in spots.items()}
    for step, before in known.items():
        for one in before:
            way = ways[one]  # from the prerequisite downwards, one spot a layer
            while way[-1].layer < spots[step].layer - 1:
                found.append(_joined(way[-1], Spot("", way[-1].layer + 1, 0.0)))
                way.append(found[-1])
            _joined(way[spots[step].layer - 1 - way[0].layer], spots[step])
    return found


def _joined(upper: Spot, lower: Spot) -> Spot:
    upper.below.append(lower)
    lower.above.append(upper)
    return lower


def _layer_of(needs: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """As high as it can stand; where more arrows leave a step than reach it, as low, so that they are short."""
    layer: dict[str, int] = {}
    dependents = defaultdict(list)
    for step, before in needs.items():
        layer[step] = 1 + max((layer[one] for one in before), default=-1)
        for one in before:
            dependents[one].append(step)
    for step in reversed(list(needs)):
        if len(dependents[step]) > len(needs[step]):
            layer[step] = min(layer[one] for one in dependents[step]) - 1
    highest = min(layer.values(), default=0)
    return {step: one - highest for step, one in layer.items()}


def _ordered(arranged: Layers) -> Layers:
    """The best of several orders: each layer by the middle of what its arrows come from, then of what they lead to."""
    best, fewest, since = arranged, _crossings(arranged), 0
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        ordered = [list(layer) for layer in arranged]
        for index in range(len(ordered)) if down else reversed(range(len(ordered))):
            beside = index - 1 if down else index + 1
            if 0 <= beside < len(ordered):
                ordered[index] = _by_middle(ordered[index], ordered[beside], down)
        arranged, crossings = ordered, _crossings(ordered)
        if crossings < fewest:
            best, fewest, since = arranged, crossings, sweep
        elif sweep - since > PATIENCE:
            break
    return best


def _by_middle(layer: list[Spot], beside: list[Spot], down: bool) -> list[Spot]:
    place = {spot: index for index, spot in enumerate(beside)}
    middles = {}
    for index, spot in enumerate(layer):
        near = [place[one] for one in (spot.above if down else spot.below)]
        middles[spot] = sum(near) / len(near) if near else index * len(beside) / len(layer)
    return sorted(layer, key=middles.__getitem__)


def _crossings(arranged: Layers) -> int:
    crossings = 0
    for upper, lower in pairwise(arranged):
        place = {spot: index for index, spot in enumerate(lower)}
        seen: list[int] = []
        for spot in upper:
            ends = [place[one] for one in spot.below]
            crossings += sum(len(seen) - bisect(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return crossings


def _shift(arranged: Layers, gap: float) -> None:
    for layer in arranged:
        _set_apart(layer, [0.0] * len(layer), gap)
    for sweep in range(2 * SWEEPS):
        up = sweep % 2 == 1
        last = sweep >= 2 * SWEEPS - 2  # both sides count in the end, so that a step stands between its arrows
        for layer in reversed(arranged) if up else arranged:
            _set_apart(layer, [_wanted(spot, up or last, not up or last) for spot in layer], gap)
    _straighten(arranged, gap)
    left = min((spot.x - spot.width / 2 for layer in arranged for spot in layer), default=0.0)
    for layer in arranged:
        for spot in layer:
            spot.x -= left


def _straighten(arranged: Layers, gap: float) -> None:
    """Bends that stand below each other get one x, as many as there is room for in all of their layers."""
    place = {spot: (layer, index) for layer in arranged for index, spot in enumerate(layer)}

    def room(spot: Spot) -> tuple[float, float]:
        layer, index = place[spot]
        left = layer[index - 1].x + layer[index - 1].width / 2 + gap if index else -inf
        right = layer[index + 1].x - layer[index + 1].width / 2 - gap if index + 1 < len(layer) else inf
        return left, right

    done: set[Spot] = set()
    for spot in (spot for layer in arranged for spot in layer if not spot.step):
        run: list[Spot] = []
        left, right = -inf, inf
        below: Spot | None = spot
        while below is not None and below not in done:
            left, right = max(left, room(below)[0]), min(right, room(below)[1])
            if left > right and run:
                break
            run.append(below)
            below = next((one for one in below.below if not one.step), None)
        done.update(run)
        if len(run) > 1:
            left, right = max(room(one)[0] for one in run), min(room(one)[1] for one in run)
            middle = sum(one.x for one in run) / len(run)
            for one in run:
                one.x = min(max(middle, left), right)


def _wanted(spot: Spot, below: bool, above: bool) -> float:
    """The middle of its neighbours; where it is, when it has none."""
    near = [*(spot.below if below else ()), *(spot.above if above else ())] or [*spot.above, *spot.below, spot]
    weights = [1.0 if one.step or spot.step else STRAIGHT for one in near]
    return sum(one.x * weight for one, weight in zip(near, weights, strict=True)) / sum(weights)


def _set_apart(layer: list[Spot], wanted: Sequence[float], gap: float) -> None:
    """Each spot as near to where it wants to be as those beside it allow (least squares: pool adjacent violators)."""
    offsets, offset = [], 0.0
    for index, spot in enumerate(layer):
        if index:
            offset += (layer[index - 1].width + spot.width) / 2 + gap
        offsets.append(offset)
    pools: list[tuple[float, float, int]] = []  # position, weight, how many
    for spot, x, offset in zip(layer, wanted, offsets, strict=True):
        pool = (x - offset, 1.0 if spot.step else STRAIGHT, 1)
        while pools and pools[-1][0] > pool[0]:
            position, weight, count = pools.pop()
            total = weight + pool[1]
            pool = ((position * weight + pool[0] * pool[1]) / total, total, count + pool[2])
        pools.append(pool)
    positions = [position for position, _, count in pools for _ in range(count)]
    for spot, position, offset in zip(layer, positions, offsets, strict=True):
        spot.x = position + offset
