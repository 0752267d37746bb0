"""The engine's own rules: which way imports run, one door to each thing that is not ours, no word of any cloud."""

import ast
import re
from pathlib import Path

import pytest

ENGINE = Path(__file__).parents[2] / "engine"
FILES = sorted(ENGINE.glob("*.py"))

DOORS = {
    "subprocess": {"process.py", "lifeline.py"},
    "time": {"clock.py"},
    "datetime": {"clock.py"},
    "jinja2": {"render.py"},
    "rich": {"live.py", "paper.py"},
    "tenacity": {"attempts.py"},
    "pydantic": {"settings.py", "schema.py"},
    "opentelemetry": {"collector.py"},
    "yaml": {"document.py", "render.py"},
    "fcntl": {"locks.py"},
    "signal": {"process.py", "run.py", "goal.py", "foreground.py", "interruption.py"},
}


def imported(file: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names


def test_the_engine_imports_nothing_above_it():
    for file in FILES:
        assert not imported(file) & {"tools", "steps", "sandbox", "tasks"}, file.name


@pytest.mark.parametrize("library", DOORS)
def test_each_library_has_its_doors(library):
    assert {file.name for file in FILES if library in imported(file)} == DOORS[library]


def test_no_word_of_any_cloud():
    words = re.compile(r"\b(azure|az|aks|kubectl|kubernetes|helm|arm|acr|entra)\b", re.IGNORECASE)
    for file in FILES:
        code = ast.unparse(_without_docstrings(ast.parse(file.read_text())))
        assert not words.search(code), f"{file.name}: {words.search(code)}"


def test_each_file_says_what_it_is_and_is_small():
    for file in FILES:
        text = file.read_text()
        assert ast.get_docstring(ast.parse(text)), file.name
        assert text.count("\n") <= 350, file.name


def _without_docstrings(tree: ast.Module) -> ast.Module:
    """Examples in the docs may name what the engine is used for."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            kept = [one for one in body if not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))]
            node.body = kept or [ast.Pass()]
    return tree
