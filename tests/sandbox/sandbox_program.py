"""The sandbox's command line as tests call it."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
