"""The tools once for all tests, as `inv tools` brings them; a lab of its own for each module."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from labs import PROJECT, TestLab

SHARED = Path(os.environ.get("AKS_LAB_HOME") or PROJECT / ".lab")


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the tools, filled by the lab's own step."""
    folder = SHARED / "tools"
    folder.mkdir(parents=True, exist_ok=True)
    ended = TestLab(tmp_path_factory.mktemp("tools") / "lab", folder).inv("tools")
    assert ended.code == 0, ended.text
    return folder


@pytest.fixture(scope="module")
def lab(tools: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestLab]:
    """A lab in which nothing has been done yet."""
    lab = TestLab(tmp_path_factory.mktemp("lab") / "home", tools)
    yield lab
    lab.close()


@pytest.fixture(scope="module")
def before(lab: TestLab) -> dict[str, list[str]]:
    """What there is before a lab is made: ask for it first."""
    started = lab.inv("sandbox.start")
    assert started.code == 0, started.text
    return lab.inventory()
