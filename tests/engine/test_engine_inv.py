"""The real `inv` on small projects: what it prints, how it ends, and what it leaves behind."""

import json
import os

from engine_projects import LAB, steady


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
        "changed   good N s  the good\n"
        "failed    bug N s  unexpected KeyError: 'nothing'\n"
        "\n"
        "blocked\n"
        "  after -> bad (failed)\n"
        "  all -> after -> bad (failed)\n"
        "\n"
        "failed  bad\n"
        "  $ sh -c 'echo working; echo '\"'\"'Error: the server has gone away'\"'\"' >&2; exit 3'\n"
        "  exit code 3, after N s, not tried again\n"
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
        retry = Retry((Row("not yet", first_s=0.05, waiting_for="the server to wake up"),))
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


def test_echo_shows_each_command_and_T_limits_it(project):
    project.tasks(LAB.replace('thing("network")', 'thing("network", "sleep 30")'))
    run = project.inv("--echo", "-T", "1", "app")
    assert run.returncode == 1
    assert "runs      network              $ sh -c 'sleep 30'\n" in run.stdout
    assert "sh had not ended after 1.0 s" in run.stdout


def test_all_that_fails_side_by_side_is_told(project):
    project.tasks("""
    def pair(lab):
        '''Both are there.'''
        retry = Retry((Row("no left", "permanent", meaning="it leans to the right"),))
        left = Command(("sh", "-c", "until test -e right; do sleep 0.02; done; echo no left >&2; exit 3"), retry=retry)
        right = Command(("sh", "-c", "touch right; echo no right >&2; exit 4"))
        yield [Goal(name, (), lambda: Missing("it"), (act,)) for name, act in (("left", left), ("right", right))]
    pair = step(pair)
    """)
    run = project.inv("pair")
    assert run.returncode == 1
    for lines in (
        "exit code 3, after N s, not tried again\n  | no left\n  meaning: it leans to the right\n",
        "exit code 4, after N s, not tried again\n  | no right\n",
    ):
        assert lines in steady(run.stdout)
    kept = (project.runs[-1] / "junit.xml").read_text()
    assert "no left" in kept and "no right" in kept
