"""A lab of its own for tests: the real `inv` as a process, its sandbox, and the real clients at it."""

import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[2]
INV = Path(sys.executable).with_name("inv")


#: A line of a step's log that is about a command: its number, the mark, and the text.
ABOUT = re.compile(r"[\d:.]+ \[(?P<n>\d+)\] (?P<mark>[$<|!=]) ?(?P<text>.*)")


def commands_of(log: str) -> Iterator[dict[str, str]]:
    """Each command of a step's log, by the marks of engine/steplog.py: `$` its line, `<` what it got, `|` and `!` what
    it said, `=` how it ended."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for line in filter(None, map(ABOUT.fullmatch, log.splitlines())):
        found[line["n"]][line["mark"]].append(line["text"])
    for one in found.values():
        yield {mark: "\n".join(one[mark]) for mark in "$<|!="}


@dataclass(frozen=True)
class Ended:
    """How a process ended."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return f"{self.out}\n{self.err}"

    def json(self) -> Any:
        return json.loads(self.out)


class TestLab:
    """One place (``home``) in which `inv` runs against a sandbox that nobody else uses."""

    __test__ = False

    def __init__(self, home: Path, tools: Path) -> None:
        self.home = home
        home.mkdir(parents=True, exist_ok=True)
        (home / "tools").symlink_to(tools)
        self.environ = {**os.environ, "AKS_LAB_HOME": str(home), "NO_COLOR": "1"}

    def run(self, *argv: str, stdin: str | None = None, timeout_s: float = 280, **env: str) -> Ended:
        done = subprocess.run(
            argv,
            cwd=PROJECT,
            env={**self.environ, **env},
            input=stdin,
            stdin=None if stdin is not None else subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def inv(self, *words: str, stdin: str | None = None) -> Ended:
        return self.run(str(INV), *words, stdin=stdin)

    def client(self, *argv: str, stdin: str | None = None) -> Ended:
        """az, kubectl or helm, as a user would type it after `eval "$(inv sandbox.env)"`."""
        script = f'eval "$({INV} sandbox.env)" && exec "$@"'
        return self.run("sh", "-c", script, "sh", *argv, stdin=stdin)

    def asked(self, *argv: str) -> Any:
        """What a client answers, as JSON; it has to succeed."""
        ended = self.client(*argv, "--output", "json")
        assert ended.code == 0, f"{argv}: {ended.text}"
        return ended.json()

    def writes(self) -> int:
        """How many requests have changed something in the sandbox so far, counted there."""
        ended = self.inv("sandbox.status")
        assert ended.code == 0, ended.text
        return int(ended.json()["writes"])

    def journal(self, environment: str = "sandbox") -> list[dict[str, Any]]:
        """The newest run's journal."""
        newest = max((self.home / "environments" / environment / "runs").iterdir())
        return [json.loads(line) for line in (newest / "journal.jsonl").read_text().splitlines()]

    def verdicts(self) -> dict[str, str]:
        """The newest run's verdict of each step."""
        return {event["step"]: event["verdict"] for event in self.journal() if event["event"] == "step.ended"}

    def commands(self, environment: str = "sandbox") -> Iterator[dict[str, str]]:
        """What each command of the newest run was, got and said, as `commands_of` has it."""
        newest = max((self.home / "environments" / environment / "runs").iterdir())
        for log in sorted(newest.glob("*.log")):
            yield from commands_of(log.read_text())

    def inventory(self) -> dict[str, list[str]]:
        """Everything in the subscription and the directory that a lab could leave behind, as az lists it."""
        zone = ("-g", "rg-core-dns", "-z", "contoso.localhost")
        roles = self.asked("az", "role", "assignment", "list", "--all", "--fill-principal-name", "false")
        records = self.asked("az", "network", "dns", "record-set", "list", *zone)
        principals = self.asked("az", "ad", "sp", "list", "--all")
        return {
            "groups": sorted(one["name"] for one in self.asked("az", "group", "list")),
            "resources": sorted(one["id"] for one in self.asked("az", "resource", "list")),
            "roles": sorted(one["id"] for one in roles),
            "records": sorted(one["id"] for one in records),
            "directory groups": sorted(one["id"] for one in self.asked("az", "ad", "group", "list")),
            "principals": sorted(one["id"] for one in principals),
        }

    def close(self) -> None:
        self.inv("sandbox.stop")
