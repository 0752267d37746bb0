"""Runs that are stopped, killed, left alone by their reader, or in each other's way."""

import os
import signal
import subprocess
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
    command = "sh -c 'echo $$ > pids; sleep 60 & echo $! >> pids; touch begun; wait'"
    assert steady(output).splitlines()[1:-1] == [
        f"{number.name}: what runs has 3 s to end; once more, and it is ended at once",
        f"failed    slow N s  stopped: {command}",
        "",
        f"stopped by {number.name} after N s: 1 in the middle, 1 not started",
        "in the middle: slow",
        "go on with: inv after",
    ]
    assert journal.read(project.runs[-1] / "journal.jsonl")[-1]["exit_code"] == 128 + number


STUBBORN = SLOW.replace("echo $$ > pids;", "trap '' INT TERM HUP; echo $$ > pids;")


def test_what_does_not_end_by_itself_is_killed_with_its_children(project):
    project.tasks(STUBBORN)
    with project.start("after") as run:
        wait_until_begun(project)
        started = time.monotonic()
        run.send_signal(signal.SIGTERM)
        run.communicate(timeout=10)
    assert 3 <= time.monotonic() - started < 5
    assert run.returncode == 143
    assert_gone(project)


def test_a_second_ctrl_c_is_immediate(project):
    project.tasks(STUBBORN)
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
    assert "in the middle: stuck\n" in output


def test_what_failed_before_a_stop_and_what_that_blocks_is_told_in_full(project):
    project.tasks(
        SLOW
        + """
bad = step(lambda lab: thing("bad", "echo oh no >&2; exit 3"), name="bad")
behind = step(lambda lab: None, bad, name="behind")
every = step(lambda lab: None, after, behind, name="every")
"""
    )
    with project.start("every") as run:
        wait_until_begun(project)
        time.sleep(0.3)
        run.send_signal(signal.SIGINT)
        output = run.communicate(timeout=10)[0]
    told = steady(output)
    assert "blocked\n  behind -> bad (failed)\n  every -> behind -> bad (failed)\n\nfailed  bad\n" in told
    assert (
        "failed  bad\n  $ sh -c 'echo oh no >&2; exit 3'\n  exit code 3, after N s, not tried again\n  | oh no\n  log: "
        in told
    )
    assert "after N s: 1 in the middle, 1 not started, 1 failed, 2 blocked\nin the middle: slow\n" in told


def test_a_killed_command_is_said_to_be(project):
    project.tasks(SLOW)
    with project.start("after") as run:
        wait_until_begun(project)
        os.kill(int((project.folder / "pids").read_text().split()[0]), signal.SIGKILL)
        output = run.communicate(timeout=10)[0]
    assert run.returncode == 1
    assert "ended by SIGKILL, by hand or for want of memory, after" in output


def test_nohup_keeps_the_run_from_its_terminals_end(project):
    project.tasks(SLOW.replace("sleep 60", "sleep 1"))
    argv, env = project.command("after")
    with subprocess.Popen(["nohup", *argv], cwd=project.folder, env=env, stdout=subprocess.DEVNULL) as run:
        wait_until_begun(project)
        run.send_signal(signal.SIGHUP)
    assert run.returncode == 0


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
    project.tasks(STUBBORN)
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
