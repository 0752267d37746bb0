"""What is told of former runs: `inv status`, `inv why`, `inv history`, verdicts in the graph; and how old runs go."""

import json
import random
import re
import time

import pytest

from engine import past
from engine.history import history

TASKS = """
from engine.commands import COMMANDS

@local
def machine(lab):
    '''This machine is ready.'''
    lab.env["READY"] = "yes"
    return thing("machine", "exit 9")

def network(lab):
    '''The network is there.'''
    return thing("network")

def cluster(lab):
    '''The cluster runs.'''
    return thing("cluster", 'echo "$READY" > world/cluster; test ! -e slow || sleep 60')

def ask(lab):
    '''The app runs.'''
    def judge(answer):
        return Holds("as wanted") if answer == "yes" else Differs(f"ready: {answer} -> yes")
    read = lambda completed: completed.stdout.strip()
    asked = Question(Command(("sh", "-c", "echo $READY")), read, "ready")
    return [Goal("readiness", (asked,), judge, (Command(("true",)),)), thing("app")]

def gone(lab, yes=False):
    return Goal("nothing", (), lambda: Missing("nothing"), (Command(("rm", "-rf", "world/cluster")),))

machine = step(machine)
network = step(network)
cluster = step(cluster, network, machine)
app = step(ask, cluster, name="app")
broken = step(lambda lab: 1 / 0, name="broken")
after = step(lambda lab: None, broken, name="after")
destroy = step(gone, name="destroy", destroys=True)

ns = Collection(machine, network, cluster, app, broken, after, destroy, *COMMANDS)
"""


@pytest.fixture
def lab(project):
    project.tasks("from engine.step import local\n" + TASKS)
    world = project.folder / "world"
    world.mkdir()
    (world / "machine").write_text("there")
    return project


def home(project):
    return project.folder / ".lab" / "environments" / "default"


def table(text):
    """Rows without ages and the names of runs."""
    text = re.sub(r" +(just now|\d+ (s|min) ago)", " AGO", text)
    return re.sub(r"\d{8}-\d{6}-[0-9a-f]{4}", "RUN", text)


def test_before_the_first_run_there_is_a_sentence(lab):
    for command in ("status", "history"):
        shown = lab.inv(command)
        assert (shown.returncode, shown.stderr) == (0, "")
        assert shown.stdout == (
            "Nothing has been run in environment 'default' yet; inv plan shows what would be done.\n"
        )
    assert lab.inv("graph", "cluster", "--verdicts").stdout.startswith("cluster\n")
    assert not home(lab).exists(), "who only asks leaves nothing behind"


def test_status_has_each_step_with_its_last_verdict(lab):
    lab.inv("cluster")
    lab.inv("after")
    lab.inv("plan", "app")
    shown = lab.inv("status")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert table(shown.stdout) == (
        "✓ held          machine AGO  RUN\n"
        "✓ held          network AGO  RUN\n"
        "✓ held          cluster AGO  RUN\n"
        "~ would change  app AGO  RUN  the app\n"
        "✗ failed        broken AGO  RUN  unexpected ZeroDivisionError: division by zero\n"
        "- blocked       after AGO  RUN  broken failed\n"
        "  never run     destroy\n"
        "\n"
        "1 failed, 1 blocked, 1 would change, 3 held, 1 never run\n"
    )
    part = lab.inv("status", "network").stdout
    assert table(part) == "✓ held          network AGO  RUN\n\n1 held\n"
    drawn = lab.inv("graph", "app", "--verdicts").stdout
    assert "app  would change\n└─ cluster  held\n" in drawn
    assert lab.inv("status", "clutser").stderr == "there is no step 'clutser' - did you mean 'cluster'?\n"


def test_what_a_destroy_has_overtaken_is_said_so(lab):
    lab.inv("cluster")
    assert lab.inv("destroy", "--yes").returncode == 0
    shown = table(lab.inv("status").stdout)
    assert "cluster AGO  RUN  before destroy" in shown
    assert lab.inv("graph", "cluster", "--verdicts").stdout == "cluster\n├─ network\n└─ machine\n"


def test_why_asks_about_this_step_alone(lab):
    lab.inv("cluster")
    for name in ("network", "cluster"):
        (lab.folder / "world" / name).unlink()
    shown = lab.inv("why", "app")
    assert shown.returncode == 0, shown.stderr
    assert table(shown.stdout.rpartition("\n\n")[0]) == (
        "app: The app runs.\n"
        "\n"
        "needs\n"
        "  ✓ changed       cluster AGO\n"
        "\n"
        "never looked at in a former run that is kept\n"
        "\n"
        "environment default - a plan: nothing is changed\n"
        "app\n"
        "  ✓ readiness: as wanted\n"
        "  + app\n"
        "      $ sh -c 'echo there > world/app'"
    )
    events = [json.loads(line) for line in (lab.runs[-1] / "journal.jsonl").read_text().splitlines()]
    asked = [event["command"] for event in events if event["event"] == "command.started"]
    assert asked == ["sh -c 'echo $READY'", "cat world/app"]
    assert list(events[0]["steps"]) == ["app"]
    shown = table(lab.inv("why", "cluster").stdout)
    assert "needed by app\n" in shown
    assert "in former runs\n  ✓ changed       RUN AGO  inv cluster\n      the cluster\n" in shown


def test_why_wants_one_step(lab):
    for words in (("why",), ("why", "app", "cluster")):
        wrong = lab.inv(*words)
        assert (wrong.returncode, wrong.stdout) == (2, "")
        assert wrong.stderr == "inv why tells about one step: inv why STEP\n"


def test_history_has_each_run_the_newest_first(lab):
    lab.inv("cluster")
    lab.inv("after")
    lab.inv("plan", "app")
    shown = lab.inv("history")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert re.sub(r"[\d.]+ s ", "N s ", table(shown.stdout)) == (
        "RUN AGO        N s  plan         inv plan app\n"
        "    1 would change, 3 held\n"
        "RUN AGO        N s  exit code 1  inv after\n"
        "    1 failed, 1 blocked\n"
        "RUN AGO        N s  done         inv cluster\n"
        "    2 changed, 1 held\n"
        f"in {home(lab) / 'runs'}\n"
    )
    assert lab.inv("history", "--last", "1").stdout.count("inv ") == 1
    assert "    cluster changed\n" in lab.inv("history", "cluster").stdout
    assert "inv after" not in lab.inv("history", "cluster").stdout
    for last in ("0", "x", "-1"):
        wrong = lab.inv("history", "--last", last)
        assert (wrong.returncode, wrong.stdout) == (2, "")


def test_a_run_that_goes_on_and_one_that_was_killed(lab):
    (lab.folder / "slow").touch()
    run = lab.start("app")
    deadline = time.monotonic() + 20
    while not (lab.folder / "world" / "cluster").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert "▸ running       cluster" in lab.inv("status").stdout
    assert "running      inv app\n" in lab.inv("history").stdout
    run.kill()
    run.communicate()
    killed = lab.inv("status").stdout
    assert "! cut off       cluster" in killed
    assert "never run     app" in killed
    assert "unfinished   inv app" in lab.inv("history").stdout
    assert "cut off, 1 not begun: cluster" in lab.inv("history").stdout


def test_old_runs_go_and_plans_are_counted_apart(lab):
    file = lab.folder / "invoke.yaml"
    file.write_text(file.read_text() + "  keep_runs: 1\n")
    lab.inv("plan", "network")
    lab.inv("network")
    lab.inv("network")
    assert len(lab.runs) == 2
    newest = lab.runs[-1]
    lab.inv("plan", "network")
    assert newest in lab.runs
    assert len(lab.runs) == 2
    wrong = lab.inv("network", INVOKE_LAB_KEEP_RUNS="0")
    assert (wrong.returncode, wrong.stderr) == (2, "lab.keep_runs is how many runs are kept, 1 or more, not 0\n")


VALUES = [None, 0, -1, 1e300, 10**40, "", "x", [], [[]], {}, {"a": []}, True, "2026-01-01T00:00:00"]


def broken(lines, chance):
    """The lines of a journal with something wrong in them."""
    lines, at = list(lines), chance.randrange(len(lines))
    event = json.loads(lines[at])
    key = chance.choice(list(event))
    match chance.randrange(5):
        case 0:
            lines[at] = json.dumps(event | {key: chance.choice(VALUES)}).encode()
        case 1:
            lines[at] = json.dumps({name: value for name, value in event.items() if name != key}).encode()
        case 2:
            lines[at] = lines[at][: chance.randrange(len(lines[at]))]
        case 3:
            lines[at] = bytes(chance.randrange(256) for _ in range(20))
        case 4:
            chance.shuffle(lines)
    return lines


def test_no_journal_however_broken_is_in_the_way(lab):
    """What can be told is told, of the rest that it cannot."""
    lab.inv("after")
    whole = (lab.runs[0] / "journal.jsonl").read_bytes().splitlines()
    chance = random.Random(4)
    for number in range(400):
        folder = home(lab) / "runs" / f"20260101-000000-{number:04x}"
        folder.mkdir()
        torn = chance.choice([b"", b"\n", b'\n{"v": 1, "ev'])
        (folder / "journal.jsonl").write_bytes(b"\n".join(broken(whole, chance)) + torn)
    for former in past.formers(home(lab)):
        assert list(history([former], []))
        assert list(history([former], ["after"]))
    assert set(past.last(home(lab), ["after", "broken", "never"], ["destroy"])) == {"after", "broken"}
    assert len(list(past.verdicts(home(lab), "broken"))) > 100
    past.prune(home(lab), 10)
    assert len(list((home(lab) / "runs").iterdir())) <= 20
