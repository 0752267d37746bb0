"""The benchmarks can be run: every part is found, and the graphs that they race on are what they are said to be."""

import pkgutil
from importlib import import_module

import pytest

from benchmarks import parts
from benchmarks.race import Runner, race
from benchmarks.runners import PROJECT, ours
from benchmarks.shapes import SHAPES, ends


@pytest.mark.parametrize("part", [module.name for module in pkgutil.iter_modules(parts.__path__)])
def test_each_part_says_what_it_measures_and_has_tables(part):
    module = import_module(f"benchmarks.parts.{part}")
    assert module.__doc__ and callable(module.tables)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_step_is_needed_for_the_last(shape):
    edges = SHAPES[shape](250)
    needed, ahead = set(), ends(edges)
    while ahead:
        one = ahead.pop()
        if one not in needed:
            needed.add(one)
            ahead += edges[one]
    assert len(needed) == len(edges) == 250
    assert all(before < n for n, needs in enumerate(edges) for before in needs)


def test_a_command_that_fails_is_out_of_the_race_and_others_are_measured(tmp_path):
    quick = Runner("ours", ours(tmp_path, SHAPES["ladder"](20)), tmp_path, {"PYTHONPATH": str(PROJECT)})
    broken = Runner("broken", ["false"], tmp_path)
    race([quick, broken], rounds=1)
    assert (quick.out, broken.out) == ("", "exit code 1")
    assert len(quick.wall_s) == len(quick.peak_mb) == 1 and quick.wall_s[0] > 0.05
