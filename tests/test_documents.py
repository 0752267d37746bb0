"""What the documents say can be done: tasks and options that exist, a graph that is so, files that are there."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from console import shown
from invoke import Exit, ParserContext, Program

import tasks
from engine.graph import Graph, Node
from engine.step import Step
from engine.words import Words

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of this language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def invocations(document: Path) -> Iterator[list[str]]:
    """The words behind each `inv` in blocks, at prompts and in running text."""
    text = document.read_text()
    prompts = [one.command.replace("\\\n", " ") for one in shown(document)]
    for line in [*"".join(blocks(text, "sh")).splitlines(), *prompts, *re.findall(r"`([^`\n]+)`", text)]:
        for command in re.split(r"&&|\||;|\$\(|\)", line.replace('"', " ")):
            words = shlex.split(command, comments=True)
            while words and re.fullmatch(r"[A-Z_]+=\S*", words[0]):
                words = words[1:]
            if words[:1] == ["inv"]:
                yield words[1:]


def parsed(words: list[str]) -> list[ParserContext]:
    """The tasks and their options, as Invoke reads them.

    :raises Exit: there is no such task or option
    """
    program = Program(namespace=tasks.ns)
    program.create_config()
    program.parse_core(["inv", *words])
    program.parse_collection()
    program.parse_tasks()
    found: list[ParserContext] = program.tasks
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_tasks_and_options_that_are_named_exist(document: Path) -> None:
    steps = {name for name in tasks.ns.task_names if isinstance(tasks.ns[name], Step)}
    for words in invocations(document):
        try:
            called = parsed(words)
        except Exit as refused:
            pytest.fail(f"inv {shlex.join(words)}: {refused}")
        told = [one.args["step"] for one in called if isinstance(one.args.get("step"), Words)]
        about = {step for argument in told for step in argument.value or ()}
        assert about <= steps, words


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_options_that_are_named_alone_exist(document: Path) -> None:
    contexts = [ParserContext(args=tasks.ns[name].get_arguments()) for name in tasks.ns.task_names]
    known = {flag for one in [*contexts, Program().initial_context] for flag in one.flags}
    assert set(re.findall(r"`(--[a-z-]+)[^`\n]*`", document.read_text())) <= known


@pytest.mark.parametrize("words", [["labb"], ["--drry", "lab"], ["plan", "--comands"], ["destroy", "--yess"]])
def test_a_task_or_an_option_that_is_none_is_noticed(words: list[str]) -> None:
    with pytest.raises(Exit):
        parsed(words)


def test_commands_are_found_in_the_readme() -> None:
    """The test above would hold for a document without any."""
    found = [words for words in invocations(ROOT / "README.md") if words]
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
