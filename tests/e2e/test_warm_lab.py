"""A whole lab with az kept warm and one with plain az, each on a sandbox of its own: all that az said is the same."""

import shlex
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from labs import INV, TestLab, commands_of

from benchmarks.clients import kinds, masked

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

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
        for one in commands_of(log.read_text().replace(str(lab.home), "HOME")):
            command, out, err = (masked((0, one[mark], ""))[1] for mark in "$|!")
            if command.startswith("az "):
                said[command].append((out, err, one["="].partition(" after ")[0]))
    return printed, said


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
