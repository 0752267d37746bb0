"""Azure Pipelines: how its agent is told something, in lines of standard output.

Source: learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands
"""

from pathlib import Path
from typing import Literal

#: What a command's text must not have, with what stands for it. The percent sign comes first.
ESCAPES = {"%": "%AZP25", ";": "%3B", "\r": "%0D", "\n": "%0A", "]": "%5D"}


class AzurePipelines:
    """The agent's logging commands."""

    def group(self, title: str) -> str:
        return f"##[group]{title}"

    def end_group(self) -> str:
        return "##[endgroup]"

    def issue(self, kind: Literal["error", "warning"], text: str) -> str:
        return f"##vso[task.logissue type={kind}]{escaped(text)}"

    def progress(self, percent: int, step: str) -> str:
        return f"##vso[task.setprogress value={percent};]{escaped(step)}"

    def secret(self, value: str) -> str:
        return f"##vso[task.setsecret]{escaped(value)}"

    def summary(self, path: Path) -> str:
        return f"##vso[task.uploadsummary]{escaped(str(path))}"


def escaped(text: str) -> str:
    """The text as it may stand in a command."""
    for letter, code in ESCAPES.items():
        text = text.replace(letter, code)
    return text
