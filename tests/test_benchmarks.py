"""The benchmarks can be run: every part is found, and the graphs that they race on are what they are said to be."""

import pkgutil
from importlib import import_module

import pytest

from benchmarks import parts
from benchmarks.clients import Lab, kinds, lab
from benchmarks.parts import contents, crowd, growth, listing, noop, overhead, scheduling
from benchmarks.race import Runner, race
from benchmarks.runners import PROJECT, ours, runners
from benchmarks.shapes import SHAPES, ends
from engine.settings import load
from steps.environment import Environment


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


def test_a_command_that_fails_is_out_of_the_race_and_others_are_measured(tmp_path, monkeypatch):
    quick = Runner("ours", ours(tmp_path, SHAPES["ladder"](20)), tmp_path, {"PYTHONPATH": str(PROJECT)})
    broken = Runner("broken", ["false"], tmp_path)
    small, missing = Runner("small", ["true"], tmp_path), Runner("missing", [str(tmp_path / "none")], tmp_path)
    here = bytearray(100 << 20)  # of what this process has in memory, nothing is theirs
    race([quick, broken, small, missing], rounds=1)
    assert [one.out for one in (quick, broken, small, missing)] == ["", "exit code 1", "", "exit code 1"]
    assert len(quick.wall_s) == len(quick.peak_mb) == 1 and quick.wall_s[0] > 0.05
    assert 0 < small.peak_mb[0] < 20 < quick.peak_mb[0] < len(here) >> 20
    monkeypatch.setattr("benchmarks.race.LONGEST_S", 0.2)
    endless = Runner("endless", ["sleep", "60"], tmp_path)
    race([endless], rounds=1)
    assert endless.out == "over 0 s" and not endless.wall_s


def test_runners_are_found_beside_python_and_who_is_not_on_this_machine_is_told(tmp_path, monkeypatch):
    for name in ("python", "doit"):
        (tmp_path / name).touch(0o755)
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    found = {one.name: one for one in runners(tmp_path / "homes", SHAPES["chain"](3))}
    assert found["doit"].argv[0] == str(tmp_path / "doit")
    assert {name for name, one in found.items() if one.out == "not here"} == {"make", "ninja", "just", "go-task"}


@pytest.mark.parametrize("part", [listing, noop, overhead, scheduling], ids=lambda part: part.__name__)
def test_a_part_measures_something_at_its_smallest(part, monkeypatch):
    smallest = {"SHAPES": {"ladder": SHAPES["ladder"]}, "SIZES": (20,), "SIZE": 20, "STEPS": 8}
    for name, value in smallest.items():
        if hasattr(part, name):
            monkeypatch.setattr(part, name, value)
    tables = list(part.tables(1))
    assert tables and all(table.rows for table in tables)
    assert "| " in str(tables[0])


def test_growth_is_measured_at_its_smallest(tmp_path, monkeypatch):
    monkeypatch.setattr(growth, "SHAPES", {"ladder": SHAPES["ladder"]})
    assert [row[0] for row in growth._shapes(1, (5, 10, 20)).rows] == ["ladder"]
    assert all(float(row[2]) >= 0 for row in growth._parts(1, tmp_path, 1, None).rows)


def test_commands_of_az_are_told_apart_by_what_they_do():
    url = "https://localhost:1/v1.0/servicePrincipals/0be7a704-0000-4000-8000-00000000c0de/appRoleAssignments"
    commands = [
        ("az", "aks", "show", "--name", "x"),
        ("az", "aks", "show", "--name", "y"),
        ("az", "network", "dns", "record-set", "a", "delete", "--yes"),
        ("az", "rest", "--method", "get", "--url", url),
        ("az", "rest", "--method", "delete", "--url", f"{url}/7c1f15d7eb1c4895bfbef1209274ebcf"),
        ("kubectl", "get", "pods"),
    ]
    assert list(kinds(commands)) == [
        "aks show",
        "network dns record-set a delete",
        "rest get appRoleAssignments",
        "rest delete appRoleAssignments",
    ]


def test_many_labs_at_once_have_nothing_in_common_but_their_zone(tmp_path):
    found = [load(file, Environment) for file in crowd._environments(Lab(tmp_path), 3)]
    for own in (lambda one: one.name, lambda one: one.host, lambda one: one.cluster.admin_group.name):
        assert len({own(one) for one in found}) == 3
    assert len({one.dns.zone for one in found}) == 1


@pytest.mark.e2e
def test_what_a_sandbox_holds_is_measured_at_its_smallest(tools, monkeypatch):
    monkeypatch.setattr(contents, "SIZES", (1, 2, 3))
    (table,) = contents.tables(1)
    assert all(float(seconds) > 0 for row in table.rows for seconds in row[2:5]) and len(table.rows) == 5


@pytest.mark.e2e
@pytest.mark.timeout(600)
def test_the_guides_commands_work_on_the_sandbox(tools, tmp_path):
    with lab(tmp_path) as made:
        made.inv("sandbox.start")
        programs, seconds = made.guide()
    assert programs["az"] > 30 and programs["kubectl"] and programs["helm"]
    assert seconds > 1
