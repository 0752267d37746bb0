"""`inv --list` is quick because it imports nothing but Invoke and what says which steps there are."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]

LISTED = """
import contextlib, io, sys
from invoke.main import program
with contextlib.redirect_stdout(io.StringIO()) as listed:
    program.run(["inv", "--list"], exit=False)
assert "Available tasks" in listed.getvalue()
print("\\n".join(sys.modules))
"""


def imported(folder: Path) -> set[str]:
    """Every module that a process has imported that lists the tasks of this folder."""
    command = [sys.executable, "-c", LISTED]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return set(subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=True).stdout.split())


def test_a_list_of_the_steps_imports_no_library_beyond_what_invoke_itself_does(tmp_path):
    (tmp_path / "tasks.py").write_text("from invoke import task\n\n@task\ndef one(c):\n    pass\n")
    ours = imported(ROOT) - imported(tmp_path) - {"__future__", *sys.builtin_module_names}
    assert "steps.world" in ours
    assert {name.partition(".")[0] for name in ours} <= {"tasks", "steps", "engine", "tools"}


def test_a_list_of_the_steps_brings_in_no_verb_and_nothing_that_runs():
    needless = {
        "engine.goal",
        "engine.session",
        "engine.run",
        "engine.executor",
        "engine.shell",
        "engine.journal",
        "engine.screen",
    }
    found = {name for name in imported(ROOT) if name.startswith("tools.") or name in needless}
    assert found == set()
