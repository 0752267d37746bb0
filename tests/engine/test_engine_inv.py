"""The real `inv` on small projects: what it prints, how it ends, and what it leaves behind."""

import json
import os
import signal
import time

import pytest
from engine_projects import alive, steady

from engine import journal

LAB = """
def network(lab):
    '''The network is there.'''
    return thing("network")

@typical(minutes=5)
def cluster(lab):
    '''The cluster runs.'''
    return thing("cluster")

def app(lab):
    '''The app runs.'''

network = step(network)
cluster = step(cluster, network)
app = step(app, cluster, network)

@task
def status(c):
    '''Says hello.'''
    c.run("echo hello from invoke")
"""


def test_a_first_run_a_second_one_and_a_repair(project):
    project.tasks(LAB)
    first = project.inv("app")
    assert first.returncode == 0, first.stderr
    assert steady(first.stdout) == (
        "environment default\n"
        "changed   network N s  the network\n"
        "running   cluster              usually 5 min\n"
        "changed   cluster N s  the cluster\n"
        "held      app N s\n"
        "\n"
        "2 changed, 1 held in N s\n"
        "logs: .lab/environments/default/runs/RUN\n"
    )
    second = project.inv("app")
    assert steady(second.stdout) == (
        "environment default\n"
        "held      network N s  there\n"
        "held      cluster N s  there\n"
        "held      app N s\n"
        "\n"
        "3 held in N s\n"
        "logs: .lab/environments/default/runs/RUN\n"
    )
    (project.folder / "world" / "cluster").unlink()
    repair = project.inv("app")
    assert "held      network" in repair.stdout
    assert "changed   cluster" in repair.stdout


def test_a_plan_changes_nothing_and_tells_what_would(project):
    project.tasks("""
    def network(lab):
        '''The network is there.'''
        yield thing("network")
        yield thing(lab.get(fact("network")))

    def role(lab):
        '''The role is given.'''
        def judge():
            return Differs(("- Reader", "+ AcrPull"))
        return Goal("the role", (), judge, (Command(("az", "role"), stdin="{\\n}\\n"),))

    network = step(network)
    role = step(role, network)
    """)
    plan = project.inv("--dry", "role")
    assert plan.returncode == 0, plan.stderr
    assert steady(plan.stdout) == (
        "environment default - a plan: nothing is changed\n"
        "would change  network\n"
        "  ~ the network\n"
        "      network is missing\n"
        "      $ sh -c 'echo there > world/network'\n"
        "  ? then not known yet: world/network does not exist\n"
        "would change  role\n"
        "  ~ the role\n"
        "      - Reader\n"
        "      + AcrPull\n"
        "      $ az role   # standard input: 2 lines\n"
        "\n"
        "2 would change in N s\n"
        "logs: .lab/environments/default/runs/RUN\n"
    )
    assert list((project.folder / "world").iterdir()) == []


def test_failures_are_told_with_all_that_helps_and_the_rest_goes_on(project):
    project.tasks("""
    GONE = Row("gone away", "permanent", meaning="the server is gone", advice="start it again")

    def bad(lab):
        '''Fails.'''
        script = "echo working; echo 'Error: the server has gone away' >&2; exit 3"
        goal = thing("bad", script)
        act = goal.acts[0]
        return Goal(goal.name, goal.asks, goal.judge, (Command(act.argv, retry=Retry((GONE,))),))

    def good(lab):
        '''Is well.'''
        return thing("good")

    def bug(lab):
        '''Has a bug.'''
        return {}["nothing"]

    bad = step(bad)
    good = step(good)
    bug = step(bug, good)
    after = step(lambda lab: None, bad, name="after")
    all = step(lambda lab: None, after, good, bug, name="all")
    """)
    run = project.inv("all", INVOKE_LAB_JOBS="1")
    assert run.returncode == 1
    assert run.stderr == ""
    assert steady(run.stdout) == (
        "environment default\n"
        "failed    bad N s  sh: Error: the server has gone away (exit code 3)\n"
        "blocked   after              bad failed\n"
        "blocked   all                bad failed\n"
        "changed   good N s  the good\n"
        "failed    bug N s  unexpected KeyError: 'nothing'\n"
        "\n"
        "failed  bad\n"
        "  $ sh -c 'echo working; echo '\"'\"'Error: the server has gone away'\"'\"' >&2; exit 3'\n"
        "  exit code 3, after N s\n"
        "  | Error: the server has gone away\n"
        "  meaning: the server is gone\n"
        "  what to do: start it again\n"
        "  log: .lab/environments/default/runs/RUN/bad.log\n"
        "  go on with: inv bad\n"
        "\n"
        "failed  bug\n"
        "  unexpected KeyError: 'nothing'\n"
        "  log: .lab/environments/default/runs/RUN/bug.log\n"
        "  go on with: inv bug\n"
        "\n"
        "blocked\n"
        "  after -> bad (failed)\n"
        "  all -> after -> bad (failed)\n"
        "\n"
        "2 failed, 2 blocked, 1 changed in N s\n"
        "logs: .lab/environments/default/runs/RUN\n"
    )
    assert "Traceback" in (project.runs[-1] / "bug.log").read_text()


def test_waits_are_announced_once(project):
    project.tasks("""
    def role(lab):
        '''The role works.'''
        looks = []
        def judge():
            looks.append(1)
            return Holds() if len(looks) > 3 else Missing("the role")
        yield Goal("the role", (), judge, settle=Settle(9, "the role to take effect", 0.05, "1 to 5 min"))
        retry = Retry((Row("not yet", wait_s=0.05, meaning="the server to wake up"),))
        script = "echo x >> tries; test $(wc -l < tries) = 3 || { echo not yet >&2; exit 1; }"
        yield Goal("the server", (), lambda: Missing("it"), (Command(("sh", "-c", script), retry=retry),))
    role = step(role)
    """)
    assert steady(project.inv("role").stdout).splitlines()[1:4] == [
        "waiting   role              for the role to take effect, usually 1 to 5 min",
        "waiting   role              for the server to wake up",
        "changed   role N s  the server",
    ]


def test_plain_tasks_keep_their_place_on_the_command_line(project):
    project.tasks(LAB)
    run = project.inv("status", "app", "status")
    assert run.returncode == 0
    lines = run.stdout.splitlines()
    assert lines[0] == "hello from invoke"
    assert lines[1] == "environment default"
    assert lines[-1] == "hello from invoke"


def test_after_a_failure_no_plain_task_runs(project):
    project.tasks(LAB + "\ncluster.body = lambda lab: 1 / 0\n")
    run = project.inv("app", "status")
    assert run.returncode == 1
    assert "hello" not in run.stdout


def test_a_step_gets_its_arguments_and_runs_once(project):
    project.tasks("""
    def images(lab, tag="latest", push=False):
        '''The images are there.'''
        lab.say(f"tag {tag} push {push}")

    images = step(images, help={"tag": "which"})
    all = step(lambda lab: None, images, name="all")
    """)
    run = project.inv("images", "--tag", "x", "--push", "all", "images")
    assert run.stdout.count("tag x push True") == 1
    assert "the images are there" in project.inv("--help", "images").stdout.lower()


def test_help_names_the_prerequisites_and_the_list_does_not(project):
    project.tasks(LAB)
    assert "Needs: cluster, network" in project.inv("--help", "app").stdout
    listed = project.inv("--list").stdout
    assert "The app runs." in listed
    assert "Needs" not in listed


def test_listing_imports_nothing_heavy(project):
    project.tasks(LAB)
    project.write(
        "sitecustomize.py",
        """
    import atexit, sys
    heavy = {"pydantic", "rich", "jinja2", "azure", "tenacity", "httpx", "starlette"}
    atexit.register(lambda: print("heavy:", sorted(heavy & set(sys.modules)), file=sys.stderr))
    """,
    )
    path = f"{project.folder}{os.pathsep}{project.command()[1]['PYTHONPATH']}"
    listed = project.inv("--list", PYTHONPATH=path)
    assert listed.returncode == 0
    assert listed.stderr == "heavy: []\n"


def test_invoke_s_own_executor_runs_the_same_tasks_one_after_the_other(project):
    project.tasks(LAB)
    project.write("invoke.yaml", "run: {}\n")
    run = project.inv("app")
    assert run.returncode == 0, run.stderr
    assert [line.split()[:2] for line in run.stdout.splitlines()] == [
        ["changed", "network"],
        ["running", "cluster"],
        ["changed", "cluster"],
        ["held", "app"],
    ]
    project.tasks(LAB + "\nnetwork.body = lambda lab: thing('other', 'exit 3')\n")
    run = project.inv("app")
    assert run.returncode == 1
    assert run.stderr == "step network failed: sh ended (exit code 3)\n"


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


def test_the_graph_as_text_and_as_mermaid(project):
    project.tasks(LAB + "\nfrom engine.commands import graph\n")
    assert project.inv("graph").stdout == "network\ncluster  <- network\napp      <- cluster, network\n"
    assert project.inv("graph", "--step", "cluster", "--format", "mermaid").stdout == (
        'flowchart LR\n    s_network["network"]\n    s_cluster["cluster"]\n    s_network --> s_cluster\n'
    )
    wrong = project.inv("graph", "--step", "clutser")
    assert (wrong.returncode, wrong.stderr) == (2, "there is no step 'clutser' - did you mean 'cluster'?\n")
    assert project.inv("graph", "--format", "svg").returncode == 2


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


SLOW = """
def slow(lab):
    '''Takes long.'''
    return thing("slow", "echo $$ > pids; sleep 60 & echo $! >> pids; touch begun; wait")
slow = step(slow)
after = step(lambda lab: None, slow, name="after")
"""


def wait_until_begun(project):
    deadline = time.monotonic() + 20
    while not (project.folder / "begun").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def assert_gone(project):
    for pid in (project.folder / "pids").read_text().split():
        assert not alive(int(pid))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_the_runner_ends_everything(project, number):
    project.tasks(SLOW)
    with project.start("after") as run:
        wait_until_begun(project)
        started = time.monotonic()
        run.send_signal(number)
        output = run.communicate(timeout=10)[0]
    assert run.returncode == 128 + number
    assert time.monotonic() - started < 5
    assert_gone(project)
    assert "Traceback" not in output
    assert steady(output).splitlines()[1:3] == [
        "blocked   after              not started: the run was stopped",
        "failed    slow N s  sh was ended because the run was stopped",
    ]
    assert f"stopped by {number.name}; go on with: " in output
    assert journal.read(project.runs[-1] / "journal.jsonl")[-1]["exit_code"] == 128 + number


def test_a_second_ctrl_c_is_immediate(project):
    project.tasks(SLOW.replace("echo $$ > pids;", "trap '' INT; echo $$ > pids;"))
    with project.start("after") as run:
        wait_until_begun(project)
        run.send_signal(signal.SIGINT)
        time.sleep(0.3)
        assert run.poll() is None
        started = time.monotonic()
        run.send_signal(signal.SIGINT)
        run.communicate(timeout=10)
    assert time.monotonic() - started < 1.5
    assert run.returncode == 130
    assert_gone(project)


def test_a_step_that_never_ends_by_itself_does_not_keep_the_run(project):
    project.tasks("""
    import time
    def stuck(lab):
        '''Hangs in this process.'''
        Path("begun").touch()
        time.sleep(60)
    stuck = step(stuck)
    """)
    with project.start("stuck") as run:
        wait_until_begun(project)
        run.send_signal(signal.SIGINT)
        run.send_signal(signal.SIGINT)
        output = run.communicate(timeout=10)[0]
    assert run.returncode == 130
    assert "did not end when the run was stopped" in output
    assert "stopped in the middle\n  stuck\n" in output


def test_a_second_run_on_the_same_environment_is_told_who_has_it(project):
    project.tasks(SLOW)
    with project.start("after") as run:
        wait_until_begun(project)
        second = project.inv("slow")
        plan = project.inv("--dry", "slow")
        run.send_signal(signal.SIGTERM)
        run.communicate(timeout=10)
    assert second.returncode == 2
    assert f"environment 'default' is in use by process {run.pid}" in second.stderr
    assert plan.returncode == 0


def test_a_killed_runner_leaves_a_journal_that_can_be_read_and_no_lock(project):
    project.tasks(SLOW)
    with project.start("after") as run:
        wait_until_begun(project)
        run.kill()
        run.communicate(timeout=10)
    with (project.runs[-1] / "journal.jsonl").open("a") as file:
        file.write('{"v": 1, "torn')
    events = journal.read(project.runs[-1] / "journal.jsonl")
    assert [event["event"] for event in events][:2] == ["run.started", "step.started"]
    os.kill(int((project.folder / "pids").read_text().split()[0]), signal.SIGKILL)
    project.tasks(LAB)
    assert project.inv("app").returncode == 0


def test_the_journal_tells_the_run(project):
    project.tasks(LAB)
    project.inv("app")
    lines = (project.runs[-1] / "journal.jsonl").read_text().splitlines()
    events = [json.loads(line) for line in lines]
    assert all(event["v"] == 1 and event["at"].endswith("Z") and event["t"] >= 0 for event in events)
    assert events[0]["steps"] == {"network": [], "cluster": ["network"], "app": ["cluster", "network"]}
    ended = {event["step"]: event["verdict"] for event in events if event["event"] == "step.ended"}
    assert ended == {"network": "changed", "cluster": "changed", "app": "held"}
    commands = [event["command"] for event in events if event["event"] == "command.started"]
    assert commands[:2] == ["cat world/network", "sh -c 'echo there > world/network'"]
    assert events[-1]["counts"] == {"changed": 2, "held": 1}


def test_a_reader_that_goes_away_does_not_stop_the_run(project):
    project.tasks(LAB.replace('thing("network")', 'thing("network", "sleep 0.5; echo there > world/network")'))
    with project.start("app") as run:
        run.stdout.readline()
        run.stdout.close()
        run.wait(20)
    assert run.returncode == 0
    assert (project.folder / "world" / "cluster").exists()


def test_echo_shows_each_command_and_T_limits_it(project):
    project.tasks(LAB.replace('thing("network")', 'thing("network", "sleep 30")'))
    run = project.inv("--echo", "-T", "1", "app")
    assert run.returncode == 1
    assert "runs      network              $ sh -c 'sleep 30'\n" in run.stdout
    assert "sh had not ended after 1.0 s" in run.stdout
