"""What documents show at a prompt, really run.

In a block ```console a line that begins with `$ ` is a command, which a backslash at its end continues. What follows is
all that it prints; `...` stands for what varies. A command ends with 0, unless the next one is `echo $?`.
"""

from __future__ import annotations

import doctest
import re
import subprocess
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

FLAGS = doctest.ELLIPSIS | doctest.REPORT_UDIFF | doctest.DONT_ACCEPT_BLANKLINE
CHECKER = doctest.OutputChecker()
CODE = "echo $?"

BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"\$ ((?:.*\\\n)*.*\n)((?:(?!\$ ).*\n)*)")


@dataclass(frozen=True)
class Shown:
    """A command and what a document says that it prints."""

    where: str
    command: str
    prints: str


class Bash:
    """A shell that commands are typed into, one after the other; nothing is there to answer their questions."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            ["bash"], cwd=folder, env=environ, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, text=True
        )

    def run(self, command: str) -> tuple[str, int]:
        """What it prints, as a terminal shows it, and its exit code, which `$?` is for the next one too."""
        mark = uuid.uuid4().hex
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(f"{{ {command}\n}} </dev/null; set -- $?; printf '\\n%s\\n' {mark}$1; (exit $1)\n")
        self.process.stdin.flush()
        lines: list[str] = []
        for line in self.process.stdout:
            if line.startswith(mark):
                return "".join(lines)[:-1], int(line.removeprefix(mark))
            lines.append(line.expandtabs().rstrip() + "\n")
        raise AssertionError(f"$ {command}\nends the shell: {''.join(lines)}")

    def close(self) -> None:
        self.process.communicate()


def shown(document: Path) -> list[Shown]:
    """The commands of a document, in their order.

    :raises ValueError: a block that would not be looked at, or an output that anything at all would match
    """
    text = document.read_text(encoding="utf-8")
    found: list[Shown] = []
    for block in BLOCK.finditer(text):
        parts = list(COMMAND.finditer(text, *block.span(1)))
        where = [f"{document.name}:{text.count(chr(10), 0, part.start()) + 1}" for part in parts]
        if "".join(part[0] for part in parts) != block[1]:
            raise ValueError(f"{document.name}: a block does not begin with a command: {block[1]!r}")
        found += [Shown(at, part[1].strip(), part[2]) for at, part in zip(where, parts, strict=True)]
    if re.search(r"^\s*\$ ", BLOCK.sub("", text), re.MULTILINE):
        raise ValueError(f"{document.name}: a prompt outside of a console block")
    for one in found:
        if one.prints and not one.prints.strip(". \n"):
            raise ValueError(f"{one.where}: any output is like this one")
    return found


def play(document: Path, shell: Bash, before: Mapping[str, str] | None = None) -> None:
    """Runs all commands of a document; `before` has what is done, unseen, ahead of one of them.

    :raises AssertionError: where a command first does something else than is shown
    """
    commands = shown(document)
    unseen = dict(before or {})
    for one, then in zip_longest(commands, commands[1:]):
        if one.command in unseen:
            said, code = shell.run(unseen.pop(one.command))
            assert code == 0, f"{one.where}: before {one.command}: {said}"
        printed, code = shell.run(one.command)
        if not CHECKER.check_output(one.prints, printed, FLAGS):
            example = doctest.Example(one.command, one.prints)
            raise AssertionError(f"{one.where}: $ {one.command}\n{CHECKER.output_difference(example, printed, FLAGS)}")
        assert code == 0 or (then and then.command == CODE), (
            f"{one.where}: $ {one.command}\nended with {code}: {printed}"
        )
    assert not unseen, f"{document.name} does not show {', '.join(unseen)}"
