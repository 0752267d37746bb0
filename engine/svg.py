"""A graph as SVG: one file with nothing beside it, good on light and on dark ground, steps coloured by verdict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from xml.sax.saxutils import escape

from engine.layers import Layers, Spot, layers
from engine.screen import SIGNS
from engine.verdict import WORDS

LETTER = 7.25
"""How wide a letter of the monospaced fonts is at 12 px; the widest of those named below has 7.22."""

HEIGHT, DOWN, GAP, EDGE = 26, 64, 14.0, 12
"""Of a box; from one layer to the next; between two boxes; around the picture. In px."""

PAINT = {
    "held": ("#dafbe1", "#4ac26b", "#12261e", "#2ea043"),
    "changed": ("#aceebb", "#1a7f37", "#1b4721", "#3fb950"),
    "failed": ("#ffcecb", "#cf222e", "#5d1414", "#f85149"),
    "blocked": ("#fff8c5", "#d4a72c", "#3b2d0b", "#bb8009"),
    "would change": ("#c7e5ff", "#0969da", "#0c2d6b", "#58a6ff"),
    "not known yet": ("#f3e8ff", "#8250df", "#271052", "#a371f7"),
    "cut off": ("#ffe2cc", "#bc4c00", "#4a2200", "#f0883e"),
}
"""A box's ground and rim, on a light page and on a dark one."""


def _style() -> str:
    fonts = 'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace'
    light = "--ink: #1f2328; --line: #8c959f; --box: #f6f8fa; --rim: #d0d7de"
    dark = "--ink: #e6edf3; --line: #6e7681; --box: #161b22; --rim: #3d444d"
    rule = ".steps .{} rect {{ fill: {}; stroke: {} }}"
    return "\n".join(
        [
            f".steps {{ {light}; color-scheme: light dark; max-width: 100%; height: auto; font: 12px {fonts} }}",
            ".steps text { fill: var(--ink); text-anchor: middle }",
            ".steps .key text { text-anchor: start }",
            ".steps rect { fill: var(--box); stroke: var(--rim) }",
            ".steps path { fill: none; stroke: var(--line); stroke-width: 1.2 }",
            ".steps marker path { fill: var(--line); stroke: none }",
            *(rule.format(_class(word), paint[0], paint[1]) for word, paint in PAINT.items()),
            ".steps .failed rect { stroke-width: 2 }",
            ".steps .blocked rect, .steps .not-known-yet rect, .steps .cut-off rect { stroke-dasharray: 4 2 }",
            f"@media (prefers-color-scheme: dark) {{\n.steps {{ {dark} }}",
            *(rule.format(_class(word), paint[2], paint[3]) for word, paint in PAINT.items()),
            "}",
        ]
    )


def draw(needs: Mapping[str, Iterable[str]], verdicts: Mapping[str, str] | None = None) -> str:
    """The graph as an <svg> element, for a file of its own or inside a page.

    :param needs: each step with its prerequisites, which stand before it
    :param verdicts: the word of each step that has one; it becomes the box's colour, and a sign before the name
    """
    words = dict(verdicts or {})
    arranged = layers({step: tuple(before) for step, before in needs.items()}, _width, GAP)
    right = max((spot.x + spot.width / 2 for layer in arranged for spot in layer), default=0.0)
    low = max(0, len(arranged) - 1) * DOWN + HEIGHT / 2
    key, key_width = _key({words[step] for step in needs if step in words}, low + 30)
    wide, high = 2 * EDGE + max(right, key_width), 2 * EDGE + HEIGHT / 2 + low + (40 if key else 0)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="steps" role="img" width="{wide:.0f}" height="{high:.0f}"'
            f' viewBox="{-EDGE} {-EDGE - HEIGHT / 2:.0f} {wide:.0f} {high:.0f}">',
            f"<title>{len(needs)} steps: what is needed stands above what needs it</title>",
            f"<style>\n{_style()}\n</style>",
            '<defs><marker id="steps-tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
            'orient="auto"><path d="M0 1L8 4L0 7z"/></marker></defs>',
            *_arrows(arranged),
            *(_box(spot, tuple(needs[spot.step]), words) for layer in arranged for spot in layer if spot.step),
            *key,
            "</svg>\n",
        ]
    )


def _width(step: str) -> float:
    return LETTER * (len(step) + 2) + 16  # room for a sign, so that verdicts move nothing


def _arrows(arranged: Layers) -> Iterator[str]:
    """Curves between the layers, straight down beside the boxes of one."""
    for spot in (spot for layer in arranged for spot in layer):
        top, x = spot.layer * DOWN + HEIGHT / 2, spot.x
        if not spot.step:
            yield f'<path d="M{x:.1f} {top - HEIGHT:.0f}V{top:.0f}"/>'
        for lower in spot.below:
            bottom = lower.layer * DOWN - HEIGHT / 2
            middle, tip = (top + bottom) / 2, ' marker-end="url(#steps-tip)"' if lower.step else ""
            yield (
                f'<path d="M{x:.1f} {top:.0f}C{x:.1f} {middle:.0f} {lower.x:.1f} {middle:.0f} '
                f'{lower.x:.1f} {bottom:.0f}"{tip}/>'
            )


def _box(spot: Spot, before: tuple[str, ...], words: Mapping[str, str]) -> str:
    word = words.get(spot.step, "")
    sign = f"{SIGNS.get(word, '·')} " if word else ""
    told = f"{spot.step}: {word}" if word else spot.step
    told += f"\nneeds {', '.join(before)}" if before else ""
    y = spot.layer * DOWN
    return (
        f'<g class="{_class(word)}"><title>{escape(told)}</title>'
        f'<rect x="{spot.x - spot.width / 2:.1f}" y="{y - HEIGHT / 2:.0f}" width="{spot.width:.1f}" '
        f'height="{HEIGHT}" rx="5"/><text x="{spot.x:.1f}" y="{y}" dy=".35em">{escape(sign + spot.step)}</text></g>'
    )


def _key(words: set[str], y: float) -> tuple[list[str], float]:
    """What the colours mean, as far as they are there, and how wide that is."""
    lines, x = [], 0.0
    for word in sorted(words, key=lambda word: (word not in WORDS, WORDS.index(word) if word in WORDS else 0, word)):
        lines.append(
            f'<g class="{_class(word)} key"><rect x="{x:.1f}" y="{y - 6:.0f}" width="12" height="12" rx="3"/>'
            f'<text x="{x + 18:.1f}" y="{y:.0f}" dy=".35em">{escape(word)}</text></g>'
        )
        x += 36 + LETTER * len(word)
    return lines, x


def _class(word: str) -> str:
    return word.replace(" ", "-") if word.replace(" ", "").isalpha() else ""
