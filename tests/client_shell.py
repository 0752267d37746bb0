"""The real az, kubectl and helm, in the shell of a sandbox that nobody else uses."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[1]
#: The lab's own folder. Its tools are the tests' too, so that they are fetched once.
LAB_HOME = Path(os.environ.get("AKS_LAB_HOME") or PROJECT / ".lab").absolute()


@dataclass(frozen=True)
class Shell:
    """Commands with a sandbox's environment. ``folder`` is where they are run."""

    environ: dict[str, str]
    folder: Path

    def run(self, *argv: str, code: int = 0) -> str:
        """Standard output of a command that has to end with this exit code; all that it said where that is not 0."""
        program = shutil.which(argv[0], path=self.environ["PATH"])
        assert program, f"{argv[0]} is needed: inv tools"
        ended = subprocess.run([program, *argv[1:]], env=self.environ, cwd=self.folder, capture_output=True, text=True)
        assert ended.returncode == code, f"{argv}: {ended.returncode}\n{ended.stdout}{ended.stderr}"
        return ended.stdout + ended.stderr if code else ended.stdout

    def az(self, command: str, *more: str, code: int = 0) -> Any:
        """az's answer: JSON, or text where the command names another output or has to fail. ``more`` is not split."""
        words = command.split()
        output = self.run("az", *words, *more, *([] if "-o" in words else ["-o", "json"]), code=code)
        return output if code or "-o" in words else json.loads(output or "null")


def sandbox(*words: str | Path) -> str:
    """What ``python -m sandbox`` prints."""
    argv = [sys.executable, "-m", "sandbox", *words]
    return subprocess.run(argv, cwd=PROJECT, capture_output=True, text=True, check=True).stdout


def kubelogin_in(folder: Path) -> None:
    """A kubelogin that `inv tools` takes for the real one, which only the web has: it is the sandbox's."""
    program = folder / "kubelogin"
    program.write_text(KUBELOGIN.format(python=sys.executable, kubelogin=PROJECT / "sandbox/kubelogin.py"))
    program.chmod(0o755)


KUBELOGIN = """\
#!/bin/sh
[ "$1" = --version ] && echo "git hash: v0.2.19" && exit
exec {python} {kubelogin} "$@"
"""
