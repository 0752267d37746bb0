"""A whole lab with az kept warm and one with plain az, each on a sandbox of its own: all that az said is the same."""

import re
import shlex
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from labs import INV, TestLab

from benchmarks.clients import kinds, masked

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

#: A line of a step's log that is about a command: its number, the mark, and the text.
ABOUT = re.compile(r"[\d:.]+ \[(?P<n>\d+)\] (?P<mark>[$<|!=]) ?(?P<text>.*)")

Said = dict[str, list[tuple[str, str, str]]]
"""Standard output, standard error and exit code of each call of a command."""


def from_nothing_to_nothing(lab: TestLab, warm: str) -> tuple[str, Said]:
    """`inv lab` and `inv destroy` one step after the other: what they printed, and what az said."""
    printed = ""
    for words in (["lab"], ["destroy", "--yes"]):
        ended = lab.run(str(INV), *words, timeout_s=500, INVOKE_LAB_JOBS="1", INVOKE_LAB_WARM=warm)
        assert ended.code == 0, ended.text
        printed += ended.text
    said: Said = defaultdict(list)
    for log in sorted(lab.home.glob("environments/*/runs/*/*.log")):
        for command, *answer in commands(log.read_text().replace(str(lab.home), "HOME")):
            if command.startswith("az "):
                said[command].append((answer[0], answer[1], answer[2]))
    return printed, said


def commands(log: str) -> Iterator[tuple[str, str, str, str]]:
    """Each command of a log, its standard output, standard error and exit code; masked."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for line in filter(None, map(ABOUT.fullmatch, log.splitlines())):
        found[line["n"]][line["mark"]].append(line["text"])
    for one in found.values():
        command, out, err = (masked((0, "\n".join(one[mark]), ""))[1] for mark in "$|!")
        yield command, out, err, one["="][0].partition(" after ")[0]


def test_az_kept_warm_says_all_that_plain_az_says(tools: Path, tmp_path: Path) -> None:
    labs = [TestLab(tmp_path / name, tools) for name in ("plain", "warm")]
    try:
        with ThreadPoolExecutor() as threads:
            (plainly, plain), (warmly, warm) = threads.map(from_nothing_to_nothing, labs, "01")
    finally:
        for lab in labs:
            lab.close()
    assert "kept warm" not in plainly + warmly
    assert [(lab.home / "warm").exists() for lab in labs] == [False, True]
    asked = kinds(tuple(shlex.split(command)) for command in plain)
    assert {"acr build", "ad group create", "rest post appRoleAssignedTo", "group delete"} <= asked.keys()
    assert len(asked) > 25, asked.keys()
    assert plain.keys() == warm.keys()
    for command in plain:
        assert sorted(plain[command]) == sorted(warm[command]), command
