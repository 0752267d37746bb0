"""Sandboxes as processes, started through the command line in homes of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sandbox_program import Program


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    program = Program(tmp_path / "home")
    yield program
    program.run("stop")
