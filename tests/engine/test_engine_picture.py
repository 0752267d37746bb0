"""Graphs as pictures: what is in them, and that nothing in a drawing lies on anything else."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.layers import layers
from engine.picture import as_dot, as_mermaid, as_svg, as_text

NEEDS = {"tools": (), "end": ("tools",), "sandbox.start": ("tools",), "lab": ("end", "sandbox.start")}
SVG = "{http://www.w3.org/2000/svg}"


def test_a_tree_shows_each_step_once_with_what_it_needs():
    assert as_text(NEEDS, {"end": "held"}) == (
        "lab\n"
        "├─ end  held\n"
        "│  └─ tools\n"
        "└─ sandbox.start\n"
        "   └─ tools\n"
    )  # fmt: skip
    needs = {"a": (), "b": ("a",), "c": ("b",), "d": ("c", "b")}
    assert as_text(needs, {}).splitlines()[-1] == "└─ b *"


def test_mermaid_and_dot_survive_names_that_mean_something_there():
    verdicts = {"end": "failed", "lab": "blocked"}
    assert as_mermaid(NEEDS, verdicts).splitlines()[:6] == [
        "flowchart LR",
        '    s_tools["tools"]',
        '    s_end["end"]',
        '    s_sandbox_start["sandbox.start"]',
        '    s_lab["lab"]',
        "    s_tools --> s_end",
    ]
    assert "    class s_end s_failed\n" in as_mermaid(NEEDS, verdicts)
    dot = as_dot(NEEDS, verdicts)
    assert '    "sandbox.start" -> "lab"\n' in dot
    assert re.search(r'"end" \[fillcolor="#\w{6}", color="#\w{6}", tooltip="failed"\]', dot)


def test_an_svg_has_each_step_with_its_sign_each_arrow_and_a_key():
    drawn = ElementTree.fromstring(as_svg({**NEEDS, "<&>": ()}, {"end": "failed", "lab": "held"}))
    texts = [text.text for text in drawn.iter(f"{SVG}text")]
    assert sorted(texts) == sorted(["tools", "✗ end", "sandbox.start", "✓ lab", "<&>", "failed", "held"])
    tips = [path for path in drawn.iter(f"{SVG}path") if path.get("marker-end")]
    assert len(tips) == 4
    assert {group.get("class") for group in drawn.iter(f"{SVG}g")} == {"", "failed", "held", "failed key", "held key"}


def test_an_svg_needs_nothing_beside_it_and_is_the_same_each_time():
    drawn = as_svg(NEEDS, {})
    assert drawn == as_svg(NEEDS, {})
    assert re.findall(r"https?://[^\"]+", drawn) == ["http://www.w3.org/2000/svg"]
    assert not re.search(r"<(script|image|link|use)\b|@import|url\((?!#)", drawn)
    ElementTree.fromstring(as_svg({}, {}))


@st.composite
def graphs(draw):
    count = draw(st.integers(0, 40))
    return {
        f"step-{i}": tuple(f"step-{j}" for j in draw(st.sets(st.integers(0, i - 1), max_size=4)) if i) if i else ()
        for i in range(count)
    }


@settings(max_examples=60, deadline=None)
@given(graphs())
def test_in_layers_all_arrows_lead_down_and_nothing_overlaps(needs):
    arranged = layers(needs, lambda step: 10.0 * len(step), 14.0)
    layer_of = {spot.step: index for index, layer in enumerate(arranged) for spot in layer if spot.step}
    assert set(layer_of) == set(needs)
    for layer in arranged:
        for left, right in pairwise(layer):
            assert right.x - left.x >= (left.width + right.width) / 2 + 14.0 - 1e-6
    assert all(below.layer == spot.layer + 1 for layer in arranged for spot in layer for below in spot.below)
    assert {(step, before) for step in needs for before in needs[step]} == set(arrows(arranged))


def arrows(arranged):
    """From each step up to all that its arrows come from, through bends."""
    for spot in (spot for layer in arranged for spot in layer if spot.step):
        ahead = list(spot.above)
        while ahead:
            upper = ahead.pop()
            if upper.step:
                yield spot.step, upper.step
            else:
                ahead += upper.above


def test_arrows_cross_only_where_they_must():
    """Two chains side by side, told in an order that crosses them."""
    needs = {"a1": (), "b1": (), "b2": ("b1",), "a2": ("a1",), "a3": ("a2",), "b3": ("b2",)}
    arranged = layers(needs, lambda step: 20.0, 10.0)
    orders = {tuple(spot.step[0] for spot in layer) for layer in arranged}
    assert len(orders) == 1


@pytest.mark.parametrize("length", [1500])
def test_a_long_chain_is_no_recursion(length):
    needs = {f"s{i}": (f"s{i - 1}",) if i else () for i in range(length)}
    assert as_text(needs, {}).count("\n") == length
    assert as_svg(needs, {}).count("<rect") == length
