"""Runs that are stopped, killed, left alone by their reader, or in each other's way."""

import signal
import time

import pytest
from engine_projects import LAB, alive, steady

from engine import journal

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


def wait_until_gone(project, within_s):
    deadline = time.monotonic() + within_s
    while any(alive(int(pid)) for pid in (project.folder / "pids").read_text().split()):
        assert time.monotonic() < deadline
        time.sleep(0.02)


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


def test_a_killed_runner_leaves_a_journal_that_can_be_read_no_lock_and_no_command(project):
    project.tasks(SLOW.replace("echo $$ > pids;", "trap '' INT TERM HUP; echo $$ > pids;"))
    with project.start("after") as run:
        wait_until_begun(project)
        run.kill()
        run.wait(10)
        wait_until_gone(project, within_s=2)
    with (project.runs[-1] / "journal.jsonl").open("a") as file:
        file.write('{"v": 1, "torn')
    events = journal.read(project.runs[-1] / "journal.jsonl")
    assert [event["event"] for event in events][:2] == ["run.started", "step.started"]
    project.tasks(LAB)
    assert project.inv("app").returncode == 0


def test_a_reader_that_goes_away_does_not_stop_the_run(project):
    project.tasks(LAB.replace('thing("network")', 'thing("network", "sleep 0.5; echo there > world/network")'))
    with project.start("app") as run:
        run.stdout.readline()
        run.stdout.close()
        run.wait(20)
    assert run.returncode == 0
    assert (project.folder / "world" / "cluster").exists()
