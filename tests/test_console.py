"""That a document which shows something else than what happens is told so."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from console import Bash, play, shown


@pytest.fixture
def bash(tmp_path: Path) -> Iterator[Bash]:
    bash = Bash(tmp_path, os.environ)
    yield bash
    bash.close()


def document(folder: Path, *lines: str) -> Path:
    path = folder / "page.md"
    path.write_text("\n".join(["# Words", "", "```console", *lines, "```", ""]))
    return path


def test_commands_share_a_shell_and_are_compared_as_a_terminal_shows_them(tmp_path: Path, bash: Bash) -> None:
    page = document(
        tmp_path, "$ one=1; cd /", "$ printf 'a\\tb  \\n%s\\n' \\", "    $one:$PWD", "a       b", "1:/",
        "$ false", "$ echo $?", "1", "$ echo before; date; echo behind >&2", "before", "...", "behind",
    )  # fmt: skip
    play(page, bash)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["$ echo one; echo; echo", "one", "", "two"], r"page\.md:4: \$ echo one.*\n +-two\n +\+"),
        (["$ true", "$ echo one"], r"page\.md:5: \$ echo one\nExpected nothing\nGot:\n +one\n"),
        (["$ true", "one"], r"page\.md:4: \$ true\nExpected:\n +one\nGot nothing\n"),
        (["$ echo one; (exit 3)", "one"], r"page\.md:4: .*\nended with 3: one\n"),
        (["$ true", "$ exit 1"], r"\$ exit 1\nends the shell"),
        (["$ echo unseen", "unseen"], r"page\.md does not show other"),
    ],
)  # fmt: skip
def test_a_difference_is_told(tmp_path: Path, bash: Bash, lines: list[str], told: str) -> None:
    unseen = {"other": "true"} if "unseen" in lines else {}
    with pytest.raises(AssertionError, match=f"(?s){told}"):
        play(document(tmp_path, *lines), bash, unseen)


@pytest.mark.parametrize(
    "lines", [["$ echo one", "..."], ["$ echo", " ... ", "..."], ["one"], ["```", "", "```", "$ x"]]
)
def test_what_would_hold_whatever_happens_is_refused(tmp_path: Path, lines: list[str]) -> None:
    with pytest.raises(ValueError, match=r"page\.md"):
        shown(document(tmp_path, *lines))
