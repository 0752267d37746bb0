"""`inv plan` and `inv --dry`: what they show, how they end, and that they leave the world alone."""

import pytest
from engine_projects import steady

from engine.goal import Change
from engine.plan import Door, closing, plan
from engine.verdict import Outcome, Verdict

TASKS = """
from engine.commands import COMMANDS

def network(lab):
    '''The network is there.'''
    yield thing("network")
    yield thing(lab.get(fact("network")))

def role(lab):
    '''The role is given.'''
    long = "system:serviceaccount:workload:"
    def judge():
        more = Change("remove", "role Owner"), Change("create", "AcrPull")
        return Differs((f"subject: {long}somebody -> {long}backend", *more))
    return Goal("the role", (), judge, (Command(("az", "role"), stdin="{\\n}\\n"),))

def page(lab):
    '''The page is shown.'''
    return thing(lab.get(fact("network")))

network = step(network)
role = step(role)
page = step(page, network, role)
broken = step(lambda lab: 1 / 0, name="broken")
holds = step(lambda lab: None, name="holds")
destroy = step(lambda lab: thing("destroyed"), name="destroy", destroys=True)

ns = Collection(network, role, page, broken, holds, destroy, *COMMANDS)
"""

PLAN = """\
environment default - a plan: nothing is changed
network
  + network
  ? then not known yet: world/network does not exist
role
  ~ the role
      - subject: system:serviceaccount:workload:somebody
      + subject: system:serviceaccount:workload:backend
  - role Owner
  + AcrPull
not known yet
  ? page  after network, role

2 steps would change (2 to create, 1 to change, 1 to remove), 1 not known yet in N s
logs: .lab/environments/default/runs/RUN
"""


@pytest.fixture
def planned(project):
    project.tasks("from engine.goal import Change\n" + TASKS)
    return project


def test_a_plan_tells_what_would_change_and_ends_with_3(planned):
    run = planned.inv("plan", "page")
    assert run.returncode == 3, run.stderr
    assert steady(run.stdout) == PLAN
    assert list((planned.folder / "world").iterdir()) == []


def test_a_dry_run_tells_the_same_with_the_commands_and_ends_with_0(planned):
    run = planned.inv("--dry", "page")
    assert run.returncode == 0, run.stderr
    shown = run.stdout.splitlines()
    assert [line for line in shown if line.startswith("      ") and not line.strip().startswith(("- ", "+ "))] == [
        "      $ sh -c 'echo there > world/network'",
        "      $ az role   # standard input: 2 lines",
        "      world/network does not exist",
    ]
    assert planned.inv("plan", "--commands", "page").stdout.splitlines()[:-2] == shown[:-2]
    assert list((planned.folder / "world").iterdir()) == []


def test_the_other_ways_in_which_a_plan_ends(planned):
    nothing = planned.inv("plan", "holds")
    assert nothing.returncode == 0
    assert "\nnothing to do: 1 step holds in" in nothing.stdout
    failed = planned.inv("plan", "broken", "page")
    assert failed.returncode == 1
    assert "unexpected ZeroDivisionError" in failed.stdout
    assert "1 failed, 2 steps would change" in failed.stdout
    for words, message in (
        (("plan", "pgae"), "there is no step 'pgae' - did you mean 'page'?\n"),
        (("plan", "plan"), "there is no step 'plan'\n"),
        (("plan", "--comands", "page"), "there is no option '--comands' here"),
    ):
        wrong = planned.inv(*words)
        assert (wrong.returncode, wrong.stdout) == (2, "")
        assert wrong.stderr.startswith(message)


def test_nothing_behind_plan_is_run(planned):
    planned.inv("plan", "network", "--commands", "role", "--echo")
    assert list((planned.folder / "world").iterdir()) == []
    both = planned.inv("network", "plan", "destroy")
    assert both.returncode == 3, both.stderr
    assert both.stdout.count("destroyed") == 1, "in the plan"
    assert {path.name for path in (planned.folder / "world").iterdir()} == {"network", "there"}


def test_without_a_step_it_is_about_the_one_that_invoke_yaml_names_or_all_that_destroy_nothing(planned):
    assert "destroyed" not in planned.inv("plan").stdout
    file = planned.folder / "invoke.yaml"
    file.write_text(file.read_text() + "  default_step: role\n")
    assert planned.inv("plan").stdout.splitlines()[1] == "role"
    assert (
        planned.inv("plan", INVOKE_LAB_DEFAULT_STEP="rloe").stderr == "there is no step 'rloe' - did you mean 'role'?\n"
    )


def test_what_is_hidden_stays_hidden(project):
    project.tasks("""
    from engine.commands import COMMANDS
    from engine.errors import NotYet
    from engine.masking import mask

    def secret(lab):
        word = mask("swordfish-1")
        yield Goal(f"a {word}", (), lambda: Differs(f"is: x -> {word}"), (Command(("echo", word)),))
        raise NotYet(f"no {word}")

    ns = Collection(step(secret), *COMMANDS)
    """)
    for shown in (project.inv("plan", "secret"), project.inv("--dry", "secret"), project.inv("why", "secret")):
        assert "is: x -> ***" in shown.stdout, shown.stderr
        assert "swordfish" not in shown.stdout + shown.stderr
    assert "swordfish" not in (project.runs[-1] / "journal.jsonl").read_text()


def test_without_the_graph_executor_there_is_a_sentence(project):
    project.tasks(TASKS.replace("from engine.commands", "from engine.goal import Change\nfrom engine.commands"))
    project.write("invoke.yaml", "run: {}\n")
    run = project.inv("plan", "network")
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.startswith("the graph is known to the graph executor only")


def test_a_diff_keeps_its_lines():
    hunk = ("@@ -6,4 +6,4 @@", " spec:", "-  replicas: 3", "+  replicas: 1")
    change = Change("change", "Deployment web", hunk)
    verdict = Verdict("web", "would change", outcomes=(Outcome("web", "would change", changes=(change,)),))
    assert list(plan([verdict], {"web": []}, Door())) == [
        ("bold", "web"),
        ("would change", "  ~ Deployment web"),
        ("dim", "      @@ -6,4 +6,4 @@"),
        ("dim", "       spec:"),
        ("red", "      -  replicas: 3"),
        ("green", "      +  replicas: 1"),
    ]
    assert closing([verdict, Verdict("a", "held"), Verdict("b", "held")]) == "1 step would change (1 to change), 2 held"
    assert list(change.lines) == ["Deployment web: -  replicas: 3", "Deployment web: +  replicas: 1"]
