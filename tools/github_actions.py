"""GitHub Actions: how its runner is told something, in lines of standard output and in the file for summaries.

Source: docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

import os
from pathlib import Path
from typing import Literal

#: What a command's text must not have, with what stands for it. The percent sign comes first.
ESCAPES = {"%": "%25", "\r": "%0D", "\n": "%0A"}


class GitHubActions:
    """The runner's workflow commands; it has none for progress."""

    def group(self, title: str) -> str:
        return f"::group::{escaped(title)}"

    def end_group(self) -> str:
        return "::endgroup::"

    def issue(self, kind: Literal["error", "warning"], text: str) -> str:
        return f"::{kind}::{escaped(text)}"

    def progress(self, percent: int, step: str) -> str:
        return ""

    def secret(self, value: str) -> str:
        return f"::add-mask::{escaped(value)}"

    def summary(self, path: Path) -> str:
        """Appends to the file that GITHUB_STEP_SUMMARY names: an earlier step may have written there too."""
        if shown := os.environ.get("GITHUB_STEP_SUMMARY"):
            with Path(shown).open("a", encoding="utf-8") as summaries:
                summaries.write(path.read_text(encoding="utf-8"))
        return ""


def escaped(text: str) -> str:
    """The text as it may stand behind a command."""
    for letter, code in ESCAPES.items():
        text = text.replace(letter, code)
    return text
