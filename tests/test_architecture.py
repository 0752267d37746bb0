"""The picture in the README, held: imports run one way, each outside thing has one door, and files stay small."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = ("tasks", "steps", "tools", "engine", "sandbox")

#: Who may import whom, besides itself.
ALLOWED = {
    "engine": set(),
    "tools": {"engine"},
    "steps": {"tools", "engine"},
    "tasks": {"steps", "tools", "engine"},
    "sandbox": set(),
}

#: The one file of the lab proper through which something outside is reached. The sandbox is a program of its own.
DOORS = {
    "subprocess": {"engine/process.py", "engine/lifeline.py"},  # and what ends those of the first
    "multiprocessing": set(),
    "pty": set(),
    "sh": {"engine/foreground.py"},
    "jinja2": {"engine/render.py"},
    "time": {"engine/clock.py"},
    "datetime": {"engine/clock.py"},
}

LONGEST_FILE = 350


def files(*rooms: str) -> list[Path]:
    """Our Python files below these, without what lies in ignored folders."""
    found = []
    for room in rooms:
        found += sorted((ROOT / room).rglob("*.py")) if (ROOT / room).is_dir() else [ROOT / f"{room}.py"]
    return [path for path in found if "__pycache__" not in path.parts]


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """The dotted name of every module that a file imports, and whether it is only for type checkers."""
    tree = ast.parse(path.read_text(), str(path))
    typing_only = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.unparse(block.test)
        for node in ast.walk(block)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, id(node) in typing_only) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written in full"
            # `from tools import az` may name a module or a thing in it: both are looked at.
            yield node.module or "", id(node) in typing_only
            yield from ((f"{node.module}.{alias.name}", id(node) in typing_only) for alias in node.names)


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_reading_of_imports_sees_every_form(tmp_path: Path) -> None:
    """The other tests are worth something only if this one holds."""
    source = tmp_path / "x.py"
    source.write_text(
        "import a.b, c as d\nfrom e import f\n"
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import g\n"
        "def later():\n    from h import i\n"
    )
    seen = set(imports(source))
    assert {("a.b", False), ("c", False), ("e", False), ("e.f", False), ("g", True), ("h.i", False)} <= seen


@pytest.mark.parametrize("room", OURS)
def test_imports_run_one_way(room: str) -> None:
    assert files(room)
    wrong = [
        f"{name(path)} imports {module}"
        for path in files(room)
        for module, _ in imports(path)
        if (other := module.partition(".")[0]) in OURS and other != room and other not in ALLOWED[room]
    ]
    assert wrong == []


def test_steps_do_not_import_each_other() -> None:
    """Who needs whom is said in tasks.py. The environment's model is no step."""
    wrong = [
        f"{name(path)} imports {module}"
        for path in files("steps")
        for module, _ in imports(path)
        if module.startswith("steps.") and not module.startswith("steps.environment")
    ]
    assert wrong == []


@pytest.mark.parametrize("module", DOORS)
def test_each_outside_thing_has_one_door(module: str) -> None:
    users = {
        name(path)
        for path in files("tasks", "steps", "tools", "engine")
        for imported, typing_only in imports(path)
        if imported.partition(".")[0] == module and not typing_only
    }
    assert users == DOORS[module]


def test_only_the_engine_knows_invoke() -> None:
    users = [
        name(path)
        for path in files("steps", "tools", "sandbox")
        for imported, _ in imports(path)
        if imported.partition(".")[0] == "invoke"
    ]
    assert users == []


def test_processes_are_not_started_through_os() -> None:
    starters = (
        "system",
        "popen",
        "execv",
        "execve",
        "execvp",
        "execvpe",
        "fork",
        "posix_spawn",
        "posix_spawnp",
        "spawnv",
    )
    users = [
        f"{name(path)}:{node.lineno} os.{node.attr}"
        for path in files("tasks", "steps", "tools", "engine")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "os" and node.attr in starters
    ]
    assert [user.partition(":")[0] for user in users] == ["tools/warm_server.py"]  # a program of its own


def test_engine_knows_no_word_of_azure() -> None:
    """In its code; a comment may tell where an example comes from."""
    words = ("azure", "kubectl", "helm", "entra")
    known = [
        f"{name(path)}: {word}"
        for path in files("engine")
        for word in words
        if any(word in text.lower() for text in _code(ast.parse(path.read_text())))
    ]
    assert known == []


def _code(tree: ast.Module) -> Iterator[str]:
    """Names and texts of a file, without its docstrings."""
    docstrings = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr


def test_files_are_small_and_say_what_they_are() -> None:
    everything = files(*OURS, "apps", "tests")
    long = [name(path) for path in everything if len(path.read_text().splitlines()) > LONGEST_FILE]
    silent = [name(path) for path in everything if not ast.get_docstring(ast.parse(path.read_text()))]
    assert (long, silent) == ([], [])


def test_files_are_named_by_nouns_that_mean_something() -> None:
    empty = {"utils", "util", "helpers", "helper", "manager", "base", "common", "misc"}
    assert [name(path) for path in files(*OURS, "apps", "tests") if path.stem in empty] == []


def test_test_files_have_names_of_their_own() -> None:
    """pytest imports them by their stem alone, and so are the modules beside them."""
    stems = Counter(path.stem for path in files("tests") if path.stem != "conftest")
    assert [stem for stem, times in stems.items() if times > 1] == []
