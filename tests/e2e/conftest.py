"""A lab of its own for each module."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from labs import TestLab


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
