"""A class: of twelve environments four come up at once, nothing is in anybody's way, and one goes alone."""

from pathlib import Path

import pytest
from classroom import Classroom, wrong

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


def test_nothing_is_in_anybodys_way(tmp_path: Path) -> None:
    room = Classroom(tmp_path, labs=12, at_once=4)
    try:
        assert list(wrong(room)) == []
    finally:
        room.cloud.stop()
