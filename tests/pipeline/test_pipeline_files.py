"""Rendered pipelines: those in the project are the graph's, all are valid, and what cannot be rendered is told."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from engine.settings import load
from steps.environment import Environment

PROJECT = Path(__file__).parents[2]
SCHEMA = PROJECT.parent / "shared/data/azure-pipelines-schema.json"
COMMITTED = ["azure-pipelines.yml", "pipelines/class.yml", "pipelines/lab.yml"]


def inv(*words: str, code: int = 0, cwd: Path = PROJECT) -> str:
    """What `inv` says; it has to end with this code."""
    command = [sys.executable, "-m", "invoke", *words]
    ended = subprocess.run(command, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert ended.returncode == code, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what pipelines are rendered from, to be changed."""
    copy = tmp_path_factory.mktemp("project")
    for name in ("engine", "steps", "tools", "templates", "config", "pipelines"):
        shutil.copytree(PROJECT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("tasks.py", "invoke.yaml", "azure-pipelines.yml"):
        shutil.copy(PROJECT / name, copy)
    return copy


def test_the_committed_files_are_as_the_graph_has_them() -> None:
    said = inv("pipeline", "--check")
    assert said.splitlines() == [f"{name} is as the graph has it" for name in COMMITTED]


def test_another_graph_is_noticed_and_shown(project: Path) -> None:
    tasks = project / "tasks.py"
    before = tasks.read_text()
    tasks.write_text(
        before.replace("step(records.externaldns, credentials,", "step(records.externaldns, images_, credentials,")
    )
    assert tasks.read_text() != before
    said = inv("pipeline", "--check", code=3, cwd=project)
    mend = "inv -f config/azure.example.yaml pipeline --per part --output pipelines/lab.yml"
    assert "-    dependsOn: [cluster]\n+    dependsOn: [images, cluster]\n" in said
    assert mend in said
    assert inv(*mend.split()[1:], cwd=project) == "pipelines/lab.yml is written\n"
    again = inv("pipeline", "--check", "--output", "pipelines/lab.yml", cwd=project)
    assert again == "pipelines/lab.yml is as the graph has it\n"
    tasks.write_text(before)


@pytest.fixture(scope="module")
def schema() -> jsonschema.Draft7Validator:
    if not SCHEMA.exists():
        pytest.skip(f"the schema of Azure Pipelines is not at {SCHEMA}")
    return jsonschema.Draft7Validator(json.loads(SCHEMA.read_text()))


@pytest.mark.parametrize("per", ["part", "step", "class"])
def test_rendered_files_are_valid(schema: jsonschema.Draft7Validator, per: str) -> None:
    assert [error.message for error in schema.iter_errors(yaml.safe_load(rendered(per)))] == []


def test_a_rendered_file_is_valid_as_azure_reads_it(schema: jsonschema.Draft7Validator) -> None:
    """Each value is a text."""
    assert schema.is_valid(yaml.load((PROJECT / "azure-pipelines.yml").read_text(), yaml.BaseLoader))


def test_the_schema_is_a_strict_one(schema: jsonschema.Draft7Validator) -> None:
    """The tests above would hold if it took everything."""
    for place in ("job", "inputs"):
        wrong = yaml.safe_load((PROJECT / "azure-pipelines.yml").read_text())
        job = wrong["stages"][0]["jobs"][0]
        (job if place == "job" else sign_in(job)["inputs"])["unheardOf"] = "x"
        assert not schema.is_valid(wrong)


def rendered(per: str) -> str:
    if per == "class":
        return inv("pipeline", "--environments", "config/class.example.yaml")
    return inv("-f", "config/azure.example.yaml", "pipeline", "--per", per)


def steps_of(job: dict[str, Any]) -> list[dict[str, Any]]:
    return job["strategy"]["runOnce"]["deploy"]["steps"] if "deployment" in job else job["steps"]


def sign_in(job: dict[str, Any]) -> dict[str, Any]:
    (found,) = (one for one in steps_of(job) if one.get("task") == "AzureCLI@2")
    return found


@pytest.mark.parametrize("name", COMMITTED)
def test_each_job_signs_in_once_and_tells_its_results_however_it_ends(name: str) -> None:
    (stage,) = yaml.safe_load((PROJECT / name).read_text())["stages"]
    assert stage["lockBehavior"] == "sequential"
    assert stage["jobs"][0]["environment"] == "aks-lab"
    for job in stage["jobs"]:
        if job.get("deployment") == "environments":
            continue
        assert "inv" in sign_in(job)["inputs"]["inlineScript"]
        after = steps_of(job)[steps_of(job).index(sign_in(job)) + 1 :]
        assert [one.get("task", "publish") for one in after] == ["PublishTestResults@2", "publish"]
        assert {one["condition"] for one in after} == {"and(always(), eq(variables.begun, 'yes'))"}
        assert ("deployment" in job) is (steps_of(job)[0] == {"download": "none"}), "artifacts of jobs before it"
        assert int(job["timeoutInMinutes"]) == 90
        assert job.get("condition", "succeeded()") == "succeeded()"


def test_what_destroys_is_told_not_to_ask() -> None:
    text = inv("-f", "config/azure.example.yaml", "pipeline", "--step", "destroy")
    (job,) = yaml.safe_load(text)["stages"][0]["jobs"]
    assert sign_in(job)["inputs"]["inlineScript"].endswith("destroy --yes")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["pipeline"], "config/sandbox.yaml runs on the sandbox, and each agent would have its own"),
        (
            ["-f", "config/azure.example.yaml", "pipeline", "--per", "stage"],
            "--per is one of part, step, run, not 'stage'",
        ),
        (["-f", "config/azure.example.yaml", "pipeline", "--step", "tools"], "'tools' prepares the machine"),
        (["-f", "config/azure.example.yaml", "pipeline", "--output", "README.md"], "README.md was not rendered by"),
        (["pipeline", "--check", "--per", "run"], "only --output goes with it"),
        (["pipeline", "--check", "--output", "nothing.yml"], "nothing.yml was not rendered by"),
        (["pipeline", "--environments", "/dev/null"], "/dev/null is not in the project"),
        (["pipeline", "--environments", "config"], "'config' cannot stand in a pipeline"),
        (["pipeline", "--environments", "config/$(id).yaml"], "'config/$(id).yaml' cannot stand in a pipeline"),
        (["environments", "README"], "'README' cannot stand in a pipeline: name it with letters, digits, . _ - and"),
        (["environments", "README.md"], "'README.md' cannot stand in a pipeline"),
    ],
)
def test_what_cannot_be_rendered_is_told(words: list[str], says: str) -> None:
    assert says in inv(*words, code=2)


def test_parts_that_are_no_steps_are_told_with_their_file(project: Path) -> None:
    settings = project / "config/pipeline.yaml"
    before = settings.read_text()
    settings.write_text(before.replace("certmanager,", "certmanger,"))
    told = inv("-f", "config/azure.example.yaml", "pipeline", code=2, cwd=project)
    assert told.startswith("config/pipeline.yaml: parts: there is no step 'certmanger'")
    assert "did you mean 'certmanager'?" in told
    settings.write_text(before)


@pytest.mark.parametrize("name", ["my lab.yaml", "$(id).yaml", "a#b.yml", "-x.yaml", "lab"])
def test_a_name_that_would_be_taken_for_something_else_is_refused(project: Path, name: str) -> None:
    path = project / ("" if name.startswith("-") else "config") / name
    shutil.copy(project / "config/azure.example.yaml", path)
    told = inv(f"-f={path}", "pipeline", code=2, cwd=project)
    assert told.startswith(f"'{path.relative_to(project)}' cannot stand in a pipeline: name it with letters, digits")
    path.unlink()


@pytest.mark.parametrize("ending", ["yaml", "yml"])
def test_both_endings_of_yaml_lead_to_the_same_folders(project: Path, ending: str) -> None:
    shutil.copy(project / "config/azure.example.yaml", project / f"config/my.own.{ending}")
    (project / f"config/twins.{ending}").write_text("like: config/azure.example.yaml\nlabs: [{name: ada}]\n")
    (job,) = jobs(inv("-f", f"config/my.own.{ending}", "pipeline", "--per", "run", cwd=project))
    assert f" -f config/my.own.{ending} lab" in sign_in(job)["inputs"]["inlineScript"]
    *_, results, report = steps_of(job)
    runs = "$(AKS_LAB_HOME)/environments/my.own/runs"
    assert results["inputs"]["searchFolder"] == report["publish"] == runs

    _, job = jobs(inv("pipeline", "--environments", f"config/twins.{ending}", cwd=project))
    assert sign_in(job)["inputs"]["inlineScript"].endswith(" -f config/twins/$(lab).yaml lab")
    assert steps_of(job)[-1]["publish"] == "$(AKS_LAB_HOME)/environments/$(lab)/runs"
    assert inv("environments", f"config/twins.{ending}", cwd=project) == "config/twins/ada.yaml  ada.lab.contoso.com\n"


def jobs(text: str) -> list[dict[str, Any]]:
    (stage,) = yaml.safe_load(text)["stages"]
    return list(stage["jobs"])


def test_nothing_in_a_compared_file_is_a_command_to_the_agent(project: Path) -> None:
    path = project / "pipelines/lab.yml"
    path.write_text(f"{path.read_text()}##vso[task.setvariable variable=x]y\n  ::error::q\n")
    said = inv("pipeline", "--check", "--output", "pipelines/lab.yml", code=3, cwd=project)
    assert "-# #vso[task.setvariable variable=x]y\n-  ::error::q\n" in said
    assert "##vso[" not in said
    shutil.copy(PROJECT / "pipelines/lab.yml", path)


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("inv -f=config/azure.example.yaml pipeline --per=run", "azure-pipelines.yml is as the graph has it"),
        ("inv -f config/azure.example.yaml pipeline --pr run", "is no command that renders: put it right, or"),
        ("inv -f config/azure.example.yaml pipeline --per", "expected one argument"),
        ("inv -f 'config/azure.example.yaml pipeline", "No closing quotation"),
        ("inv pipeline --per run", "is no command that renders"),
        ("inv -f 'config/my lab.yaml' pipeline", "'config/my lab.yaml' cannot stand in a pipeline"),
    ],
)
def test_a_header_written_by_hand_is_understood_or_told(project: Path, header: str, says: str) -> None:
    """Where it is understood, all that differs is the line itself."""
    path, good = project / "azure-pipelines.yml", (PROJECT / "azure-pipelines.yml").read_text()
    ours = "inv -f config/azure.example.yaml pipeline --per run"
    path.write_text(good.replace(f"# Rendered by: {ours}\n", f"# Rendered by: {header}\n"))
    assert path.read_text() != good
    told = inv("pipeline", "--check", code=3 if "as the graph" in says else 2, cwd=project)
    if "as the graph" in says:
        changes = [line for line in told.splitlines() if line[0] in "+-" and not line.startswith(("+++", "---"))]
        assert changes == [f"-# Rendered by: {header}", f"+# Rendered by: {ours}"]
    else:
        assert told.startswith("azure-pipelines.yml: '") and says in told
    assert inv(*ours.split()[1:], "--output", "azure-pipelines.yml", cwd=project).endswith("is written\n")
    assert path.read_text() == good


def test_all_places_of_pipelines_are_looked_at(project: Path) -> None:
    inv("-f", "config/azure.example.yaml", "pipeline", "--output", ".azuredevops/deep/lab.yaml", cwd=project)
    (project / "pipelines/own.yml").write_text("steps: []\n")
    elsewhere = inv("-f", "config/azure.example.yaml", "pipeline", "--output", "elsewhere.yml", cwd=project)
    assert elsewhere == "elsewhere.yml is written; --check looks at it only with --output\n"
    said = inv("pipeline", "--check", cwd=project).splitlines()
    assert said == [
        "pipelines/own.yml was not rendered by `inv pipeline`, and is left out",
        *(f"{name} is as the graph has it" for name in (*COMMITTED, ".azuredevops/deep/lab.yaml")),
    ]


def test_a_file_of_somebody_elses_is_not_overwritten(project: Path) -> None:
    (project / "config/some.yaml").write_text("like: config/azure.example.yaml\nlabs: [{name: ada}, {name: blaise}]\n")
    inv("environments", "config/some.yaml", cwd=project)
    first, second = (project / f"config/some/{name}.yaml" for name in ("ada", "blaise"))
    before = first.read_text()
    assert before.startswith(
        "# yaml-language-server: $schema=../environment.schema.json\n# One of the environments in "
    )
    first.write_text(f"{before}# changed\n")
    second.write_text("name: blaise\n")
    told = inv("environments", "config/some.yaml", code=2, cwd=project)
    assert told.startswith("config/some/blaise.yaml: not written by `inv environments`")
    assert second.read_text() == "name: blaise\n" and first.read_text() != before, "nothing is done by halves"

    second.unlink()
    (project / "config/some.yaml").write_text("like: config/azure.example.yaml\nlabs: [{name: blaise}]\n")
    said = inv("environments", "config/some.yaml", cwd=project).splitlines()
    assert said == [
        "config/some/blaise.yaml  blaise.lab.contoso.com",
        "config/some/ada.yaml is in config/some.yaml no longer: inv -f config/some/ada.yaml destroy, then remove it",
    ]


def test_a_file_where_the_folder_should_be_is_told(project: Path) -> None:
    (project / "config/taken.yaml").write_text("like: config/azure.example.yaml\nlabs: [{name: ada}]\n")
    (project / "config/taken").write_text("")
    told = inv("environments", "config/taken.yaml", code=2, cwd=project)
    assert told == "config/taken/ada.yaml cannot be written: File exists\n"


def test_no_two_of_fifty_environments_make_a_thing_of_one_name(project: Path) -> None:
    labs = "".join(f"- {{name: lab{number}}}\n" for number in range(50))
    common = (PROJECT / "config/azure.example.yaml").read_text().replace("create: false", "create: true")
    (project / "config/common.yaml").write_text(common)
    (project / "config/fifty.yaml").write_text(f"like: config/common.yaml\nlabs:\n{labs}")
    said = inv("environments", "config/fifty.yaml", cwd=project)
    assert said.splitlines()[7] == "config/fifty/lab7.yaml  lab7.lab.contoso.com"
    found = [load(path, Environment) for path in sorted((project / "config/fifty").iterdir())]
    assert len(found) == 50
    made = [
        name
        for one in found
        for name in (
            *(one.name, one.host, one.names.registry, one.names.cluster, one.names.dns_owner),
            *(*one.names.groups, *one.names.identities.values(), one.cluster.admin_group.name),
        )
    ]
    assert len(set(made)) == len(made) == 50 * 15


LIST = """\
like: config/azure.example.yaml
labs:
- {name: ada}
- {name: blaise, host: ada}
- {name: ada, host: charles}
"""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (LIST, ["4: labs[1].host: ada.lab.contoso.com is ada's", "5: labs[2].name: ada is ada's"]),
        (
            "like: config/azure.example.yaml\nlabs: [{nam: ada}]\n",
            ["2: labs[0].nam: unknown key - did you mean 'name'?"],
        ),
        ("like: config/none.yaml\nlabs: [{name: ada}]\n", ["config/none.yaml: no such file"]),
    ],
)
def test_mistakes_in_a_list_are_told_with_their_lines(project: Path, text: str, says: list[str]) -> None:
    (project / "config/class.yaml").write_text(text)
    told = inv("environments", "config/class.yaml", code=2, cwd=project)
    assert all(line in told for line in says), told
    assert not (project / "config/class").exists()
