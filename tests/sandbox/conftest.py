"""Sandboxes as processes, started through the command line in homes of their own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Program:
    """``python -m sandbox`` on one home."""

    home: Path

    def begin(self, command: str, *options: str) -> "subprocess.Popen[str]":
        argv = [sys.executable, "-m", "sandbox", command, "--home", str(self.home), *options]
        return subprocess.Popen(argv, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, command: str, *options: str) -> tuple[int, str, str]:
        """(exit code, standard output, standard error)."""
        begun = self.begin(command, *options)
        out, err = begun.communicate(timeout=60)
        return begun.returncode, out, err

    def start(self, *options: str) -> Any:
        code, out, err = self.run("start", *options)
        assert code == 0, err
        return json.loads(out)


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    program = Program(tmp_path / "home")
    yield program
    program.run("stop")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
