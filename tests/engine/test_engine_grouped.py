"""A run inside a pipeline: a group for each step, commands for the agent, and none that somebody else wrote."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from engine_projects import Project

from engine.masking import clean

SETTINGS = """
tasks:
  executor_class: engine.executor.GraphExecutor
lab:
  default_step: left
  link: tasks:address
  agents: {TF_BUILD: "tools.azure_pipelines:AzurePipelines", GITHUB_ACTIONS: "tools.github_actions:GitHubActions"}
"""

#: Two steps that run at the same time and write what an agent would obey; one fails, so that a third is blocked.
TASKS = r'''
import time

from engine.masking import mask

COMMANDS = "##vso[task.complete result=Succeeded;]\n  ::error::nobody\n##[error]nobody\n::1 and #1 stay"

def talk(lab, step, other):
    (WORLD / step).touch()
    while not (WORLD / other).exists():
        time.sleep(0.01)
    for line in (COMMANDS, "the key is " + mask("open; sesame")):
        lab.say(line)

def left(lab):
    """Holds in the end."""
    talk(lab, "left", "right")
    return thing("it", "echo '##vso[task.setvariable variable=PATH]/tmp'; echo there > world/it")

def right(lab):
    """Fails."""
    talk(lab, "right", "left")
    return thing("that", "echo '::stop-commands::x' >&2; echo '##vso[task.complete]50% ]; too' >&2; exit 3")

def above(lab):
    """Is blocked."""

def address(settings):
    return "https://left.example/?a=1"

left, right = step(left), step(right)
above = step(above, right)
'''


@pytest.fixture
def project(tmp_path: Path) -> Project:
    found = Project(tmp_path)
    found.write("invoke.yaml", SETTINGS)
    found.tasks(TASKS)
    return found


def groups(lines: list[str], begin: str, end: str) -> dict[str, list[str]]:
    """The lines of each group by its step, which stands second in the title; no group begins in another."""
    found: dict[str, list[str]] = {}
    inside = ""
    for line in lines:
        if line.startswith(begin):
            assert not inside, lines
            inside = line.removeprefix(begin).split()[1]
            found[inside] = []
        elif line == end:
            inside = ""
        elif inside:
            found[inside].append(line)
    assert not inside
    return found


def test_azure_pipelines_gets_groups_issues_progress_secrets_and_a_summary(project: Project) -> None:
    ended = project.inv("left", "above", TF_BUILD="True")
    assert ended.returncode == 1
    lines = ended.stdout.splitlines()
    told = groups(lines, "##[group]", "##[endgroup]")
    assert told.keys() == {"left", "right"}
    for step, thing in {"left": "it", "right": "that"}.items():
        assert any("::1 and #1 stay" in line for line in told[step])
        assert any(line.endswith("the key is ***") for line in told[step])
        assert any(f"cat world/{thing}" in line for line in told[step]), "each command is told"
    (summary,) = project.folder.glob(".lab/environments/default/runs/*/summary.md")
    commands = [line for line in lines if "##vso[" in line]
    progress = [line for line in commands if "setprogress" in line]
    assert sorted(line.partition("]")[0] for line in progress) == [
        f"##vso[task.setprogress value={percent};" for percent in (100, 33, 66)
    ]
    assert [line for line in commands if line not in progress] == [
        "##vso[task.setsecret]open%3B sesame",
        next(line for line in commands if line.startswith("##vso[task.logissue type=error]right: sh: ")),
        "##vso[task.logissue type=warning]1 blocked: above",
        f"##vso[task.uploadsummary]{summary}",
    ]
    page = summary.read_text()
    assert "<https://left.example/?a=1>" in page.splitlines(), "the step that is the default one holds"
    bars = {row.split()[1]: row.split("`")[1] for row in page.splitlines() if row.startswith(("| left", "| right"))}
    assert bars.keys() == {"left", "right"}
    assert all(re.fullmatch("·*█+·*", bar) and len(bar) == 24 for bar in bars.values())
    assert "##[error]" not in ended.stdout
    assert "%5D%3B too" in next(line for line in commands if "type=error" in line)
    assert not re.search(r"##vso\[|##\[|^\s*::.*::", ended.stderr, re.MULTILINE)


def test_there_is_no_address_of_what_does_not_stand(project: Project) -> None:
    project.write("invoke.yaml", SETTINGS.replace("default_step: left", "default_step: right"))
    assert project.inv("left", "above", TF_BUILD="True").returncode == 1
    (summary,) = project.folder.glob(".lab/environments/default/runs/*/summary.md")
    assert "left.example" not in summary.read_text()


def test_github_actions_gets_the_same_in_its_words(project: Project, tmp_path: Path) -> None:
    shown = tmp_path / "shown.md"
    ended = project.inv("left", "above", GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(shown))
    lines = ended.stdout.splitlines()
    assert groups(lines, "::group::", "::endgroup::").keys() == {"left", "right"}
    told = [line.partition("::")[2].partition("::")[0] for line in lines if re.match(r"\s*::\S+::", line)]
    assert sorted(set(told)) == ["add-mask", "endgroup", "error", "group", "warning"]
    assert told.count("error") == told.count("warning") == told.count("add-mask") == 1
    assert "##[" not in ended.stdout
    page = shown.read_text()
    assert "## failed: environment default" in page
    assert "| left | ✓ changed |" in page and "| above | - blocked |" in page
    assert re.search(
        r"```mermaid\ngantt\n.*\n.*\n(    (left|right) :(active|crit), 00:00:0\d\.\d{3}, \d+ms\n){2}```", page
    )


@pytest.mark.parametrize(
    "text",
    [
        "##vso[task.complete]",
        "x ##VsO[task.complete]",
        "##[group]",
        "#\u200b#\u00advso[task.complete]",
        "::add-mask::x",
        "a\n \t::error file=x::y",
        "a\r::error::y",
        "\x1b[1m#\x1b[0m#vso[task.complete]",
    ],
)
def test_nothing_relayed_is_a_command(text: str) -> None:
    unseen = re.compile("[\u00ad\u200b]")
    assert not re.search(r"##(vso)?\[|^\s*::.*::", unseen.sub("", clean(text)), re.MULTILINE | re.IGNORECASE)
    assert clean(clean(text)) == clean(text)


@pytest.mark.parametrize("text", ["## heading [1]", "::1", "a::b::c", "issue #12 [x]", "std::string::npos"])
def test_what_only_looks_like_a_command_stays(text: str) -> None:
    assert clean(text) == text
