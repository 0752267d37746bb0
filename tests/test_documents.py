"""What the documents say can be done: commands that exist, a graph that is so, files that are there."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

import tasks
from engine.graph import Graph, Node

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

#: Invoke's own flags that take a value.
WITH_VALUE = ("-f", "-T")


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of this language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def invocations(text: str) -> Iterator[list[str]]:
    """The words behind each `inv` in blocks and in running text."""
    shown = "\n".join([*blocks(text, "sh"), *re.findall(r"`([^`\n]+)`", text)])
    for line in shown.splitlines():
        for command in re.split(r"&&|\$\(|\)", line.replace('"', " ")):
            words = shlex.split(command, comments=True)
            while words and re.fullmatch(r"[A-Z_]+=\S*", words[0]):
                words = words[1:]
            if words[:1] == ["inv"]:
                yield words[1:]


def tasks_of(words: list[str]) -> list[str]:
    """The task names among Invoke's flags."""
    names, skip = [], False
    for word in words:
        if skip or word.startswith("-"):
            skip = not skip and word in WITH_VALUE
        else:
            names.append(word)
    return names


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_tasks_that_are_named_exist(document: Path) -> None:
    known = set(tasks.ns.task_names)
    for words in invocations(document.read_text()):
        assert set(tasks_of(words)) <= known, words


def test_commands_are_found_in_the_readme() -> None:
    """The test above would hold for a document without any."""
    found = [words for words in invocations((ROOT / "README.md").read_text()) if words]
    assert ["lab"] in found
    assert ["-f", "config/mine.yaml", "plan"] in found
    assert ["sandbox.env"] in found


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", document.read_text()):
        if "://" not in target:
            assert (document.parent / target).exists(), target


def test_arrows_of_the_readme_are_in_the_graph() -> None:
    """It shows the main parts only: an arrow there is a way here, however long."""
    graph = Graph.of([(tasks.lab, {})], lambda step: step.name)
    nodes = {node.name: node for node in graph.nodes}
    (picture,) = blocks((ROOT / "README.md").read_text(), "mermaid")
    arrows = re.findall(r"^\s+(\S+) --> (\S+)$", picture, re.MULTILINE)
    assert len(arrows) == len(picture.strip().splitlines()) - 1
    for before, after in arrows:
        assert before in behind(nodes[after]), f"{after} does not need {before}"


def behind(node: Node) -> set[str]:
    """The names of all that a step needs."""
    names: set[str] = set()
    waiting = [node]
    while waiting:
        for before in waiting.pop().pre:
            if before.name not in names:
                names.add(before.name)
                waiting.append(before)
    return names
