"""Wrong words, files and settings are told in a sentence and with exit code 2; the right environment is acted on."""

import re

import pytest
from engine_projects import LAB


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("clutser",), "there is no task 'clutser' - did you mean 'cluster'?"),
        (("zzzzz",), "there is no task 'zzzzz'; `inv --list` shows all"),
        (("--help", "netwrk"), "there is no task 'netwrk' - did you mean 'network'?"),
        (("-f", "no.yaml", "app"), "no.yaml: no such file"),
        (("-f", ".", "app"), ".: is a folder"),
        (("-f", "list.yaml", "app"), "list.yaml:1: a settings file is a mapping (key: value)"),
        (("-f", "broken.yaml", "status"), "broken.yaml:2: not YAML: while parsing a flow mapping expected ',' or '}',"),
        (("-f", "broken.toml", "app"), "broken.toml"),
    ],
)
def test_wrong_usage_is_2_with_one_sentence_and_nothing_runs(project, words, message):
    project.tasks(LAB)
    project.write("list.yaml", "- a\n")
    project.write("broken.yaml", "a: {b: 1\nc: 2\n")
    project.write("broken.toml", "a = 1\n")
    run = project.inv(*words)
    assert run.returncode == 2
    assert run.stdout == ""
    assert message in run.stderr
    assert len(run.stderr.splitlines()) == 1
    assert not (project.folder / ".lab").exists()


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("- a list\n", "invoke.yaml: a configuration file of Invoke is a mapping"),
        ("a: {b\n", "is not YAML"),
        ("tasks: {executor_class: engine.executor.GraphExecutor}\nlab: [1]\n", "`lab` in invoke.yaml is a mapping"),
        ("tasks: {executor_class: engine.executor.GraphExecutor}\nlab: {jobs: 0}\n", "lab.jobs is how many steps"),
        (
            "tasks: {executor_class: engine.executor.GraphExecutor}\nlab: {settings: 'nowhere:M', default: x.yaml}\n",
            "'nowhere:M', which cannot be imported",
        ),
    ],
)
def test_a_broken_invoke_yaml_is_2(project, file, message):
    project.tasks(LAB)
    project.write("invoke.yaml", file)
    project.write("x.yaml", "a: 1\n")
    run = project.inv("app")
    assert (run.returncode, run.stdout) == (2, "")
    assert message in run.stderr
    assert "Traceback" not in run.stderr


def test_a_variable_that_is_no_number_is_2(project):
    project.tasks(LAB)
    run = project.inv("app", INVOKE_LAB_JOBS="many")
    assert run.returncode == 2
    assert "INVOKE_" in run.stderr
    assert "Traceback" not in run.stderr


def test_a_cycle_is_2_with_its_path(project):
    project.tasks(LAB + "\nnetwork.pre.append(app)\n")
    run = project.inv("cluster")
    assert run.returncode == 2
    assert run.stderr.startswith("these steps wait for each other: ")


SETTINGS = """
tasks:
  executor_class: engine.executor.GraphExecutor
lab:
  settings: model:Model
  describe: model:describe
  default: config/local.yaml
  home_variable: THE_HOME
  jobs: 4
"""


@pytest.fixture
def with_settings(project):
    project.write("invoke.yaml", SETTINGS)
    project.write(
        "model.py",
        """
    from pydantic import BaseModel
    class Model(BaseModel):
        region: str
        run: str = ""
    def describe(settings):
        return f"acts on {settings.region}"
    """,
    )
    project.write("config/local.yaml", "region: here\n")
    project.write("config/far.yaml", "region: far\nrun: a text where Invoke has a mapping\n")
    project.tasks(LAB + "\nnetwork.body = lambda lab: lab.say(f'{lab.environment} {lab.settings.region} {lab.home}')\n")
    return project


def test_the_environment_is_the_default_s_or_the_one_given_with_f(with_settings):
    run = with_settings.inv("app")
    assert run.stdout.startswith("acts on here\n")
    assert f"local here {with_settings.folder}/.lab/environments/local\n" in run.stdout
    run = with_settings.inv("-f", "config/far.yaml", "app", THE_HOME=str(with_settings.folder / "else"))
    assert run.stdout.startswith("acts on far\n")
    assert f"far far {with_settings.folder}/else/environments/far\n" in run.stdout


def test_mistakes_in_the_environment_are_2_before_anything_runs(with_settings):
    with_settings.write("config/bad.yaml", "regoin: x\nrun: 5\n")
    run = with_settings.inv("-f", "config/bad.yaml", "app")
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.splitlines() == [
        "config/bad.yaml:1: region: is missing",
        "config/bad.yaml:1: regoin: unknown key - did you mean 'region'?",
        'config/bad.yaml:2: run: should be a valid string (5) - write it in quotes: "5"',
    ]


def test_the_way_to_go_on_names_the_environment(with_settings):
    with_settings.tasks(LAB + "\nnetwork.body = lambda lab: 1 / 0\n")
    assert "  go on with: inv -f config/far.yaml network\n" in with_settings.inv("-f", "config/far.yaml", "app").stdout


def test_a_file_that_a_step_reads_is_bad_input_too(project):
    project.tasks(
        LAB
        + """
from engine.errors import Problem, SettingsError
def tools(lab):
    raise SettingsError([Problem("tools.yaml", 3, "az", "is missing")])
network.body = tools
"""
    )
    run = project.inv("app")
    assert run.returncode == 2
    assert "failed  network\n  tools.yaml:3: az: is missing\n" in run.stdout


def test_a_file_without_a_name_is_no_environment(with_settings):
    with_settings.write("...yaml", "region: here\n")
    run = with_settings.inv("-f", "...yaml", "app")
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == "an environment is called like its file, and '...yaml' has no name\n"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("app = step(app, netwrok)", "name 'netwrok' is not defined - did you mean 'network'?"),
        (
            "app = step(app, 'network')",
            "a prerequisite of 'app' is 'network', which is no step; write the step itself, without quotes",
        ),
        ("from engine.step import typicla", "cannot import name 'typicla' from 'engine.step' "),
    ],
)
def test_a_mistake_in_tasks_py_is_told_with_its_line(project, line, told):
    project.tasks(LAB.replace("app = step(app, cluster, network)", line))
    run = project.inv("app")
    assert (run.returncode, run.stdout) == (2, "")
    where, what = run.stderr.splitlines()
    assert re.fullmatch(rf"tasks\.py:\d+: {re.escape(line)}", where)
    assert what.startswith(f"  {told}")


def test_a_bug_in_tasks_py_keeps_its_traceback(project):
    project.tasks(LAB + "\n1 / 0\n")
    run = project.inv("app")
    assert run.returncode == 1
    assert run.stderr.startswith("Traceback") and "ZeroDivisionError" in run.stderr
