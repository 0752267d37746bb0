"""The documents, as a reader follows them: what they show at a prompt is run, and prints what is shown."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from client_shell import PROJECT
from console import Bash, play

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

#: What a working copy has beside the project's files.
LEFT = (".git", ".lab", ".venv", "__pycache__", ".*_cache", ".hypothesis", "build", "*.egg-info")

#: Variables by which a run would do or say something else.
TELLING = ("AKS_LAB_", "INVOKE_", "TF_BUILD", "GITHUB_ACTIONS", "OTEL_")


@pytest.fixture
def bash(tools: Path, tmp_path: Path) -> Iterator[Bash]:
    """A shell in a copy of the project in which nothing has been done yet."""
    copy = tmp_path / "project"
    shutil.copytree(PROJECT, copy, ignore=shutil.ignore_patterns(*LEFT))
    (copy / ".lab").mkdir()
    (copy / ".lab/tools").symlink_to(tools)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environ = {name: value for name, value in os.environ.items() if not name.startswith(TELLING)}
    bash = Bash(copy, {**environ, "PATH": path, "NO_COLOR": "1"})
    yield bash
    bash.run("inv sandbox.stop")
    bash.close()


#: What is wrong in the lab that the README looks at, by the command that finds it.
WRONG = {
    "inv doctor": 'inv lab && eval "$(inv sandbox.env)" && subject workload:Backend',
    "inv plan": "subject workload:somebody && helm uninstall cert-manager --namespace cert-manager --wait",
}
SUBJECT = """subject() {
    az identity federated-credential update --name fic-workload-backend --identity-name id-dev-workload \\
        --resource-group rg-dev-identities --subject "system:serviceaccount:$1"
}"""


def test_the_guide(bash: Bash) -> None:
    play(PROJECT / "docs/guide.md", bash)


def test_the_readme(bash: Bash) -> None:
    bash.run(SUBJECT)
    play(PROJECT / "README.md", bash, WRONG)


def test_how_a_step_is_added(bash: Bash) -> None:
    document = PROJECT / "CONTRIBUTING.md"
    for kind, name, block in re.findall(
        r"^```(diff|yaml) (\S+)\n(.*?)^```$", document.read_text(), re.DOTALL | re.MULTILINE
    ):
        if kind == "yaml":
            (bash.folder / name).write_text(block)
        else:
            change(bash.folder / name, block)
    play(document, bash)
    writes = "inv sandbox.status | grep writes"
    before = bash.run(writes)
    assert bash.run("inv workload-quota")[1] == 0
    assert bash.run(writes) == before != ("", 1)


def change(path: Path, difference: str) -> None:
    """Applies a difference, whose lines stand in the file once."""
    was, will = (
        re.sub(rf"^[ {kept}]|^[{lost}].*\n", "", difference, flags=re.MULTILINE) for kept, lost in ("-+", "+-")
    )
    text = path.read_text()
    assert text.count(was) == 1, f"{path.name} has not, or more than once: {was}"
    path.write_text(text.replace(was, will))
