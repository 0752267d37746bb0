"""The live view, on a terminal of its own: what is left on it, and Ctrl-C typed by a user."""

import fcntl
import os
import pty
import re
import signal
import struct
import termios
import time

import pytest

from engine import journal

TASKS = """
def make(name, script, *pre):
    return step(lambda lab: thing(name, script + f"; echo there > world/{name}"), *pre, name=name)

network = make("network", "sleep 0.3")
broken = make("broken", "echo Error: a long story " + "of words " * 30 + " >&2; exit 1", network)
slow = make("slow", "touch begun; sleep 60", network)
all = step(lambda lab: None, network, broken, name="all")
"""


class Terminal:
    """`inv` in the foreground of a terminal with 80 columns."""

    def __init__(self, project, *words: str, ignoring: int | None = None, **more: str) -> None:
        argv, env = project.command(*words)
        env = {key: value for key, value in env.items() if key not in ("CI", "TF_BUILD", "NO_COLOR", "COLUMNS")}
        env |= {"TERM": "xterm-256color"} | more
        self.pid, self.screen = pty.fork()
        if self.pid == 0:
            os.chdir(project.folder)
            if ignoring is not None:
                signal.signal(ignoring, signal.SIG_IGN)
            os.execve(argv[0], argv, env)
        fcntl.ioctl(self.screen, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.shown = b""

    def read(self) -> str:
        """All that is shown until the program ends."""
        while True:
            try:
                chunk = os.read(self.screen, 65536)
            except OSError:  # the other end is closed
                break
            if not chunk:
                break
            self.shown += chunk
        os.close(self.screen)
        return self.shown.decode()

    def code(self) -> int:
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


@pytest.fixture
def project_with_tasks(project):
    project.tasks(TASKS)
    return project


def plain(text: str) -> list[str]:
    return [line.rstrip() for line in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).replace("\r", "\n").split("\n")]


def test_ended_steps_scroll_by_and_running_ones_are_redrawn(project_with_tasks):
    terminal = Terminal(project_with_tasks, "all")
    shown = terminal.read()
    assert terminal.code() == 1
    lines = plain(shown)
    assert any(re.match(r"▸ running network +0\.\d s sh -c 'sleep 0\.3; ", line) for line in lines)
    assert any(re.match(r"✓ changed network +0\.\d s the network$", line) for line in lines)
    assert any(re.match(r"✗ failed  broken +0\.\d s sh: Error: a long story .*…$", line) for line in lines)
    assert "0 of 3 steps" in shown
    assert "\x1b[?25h" in shown[shown.rindex("\x1b[?25l") :], "the cursor is back"
    assert "▸" not in shown[shown.index("1 failed, 1 blocked, 1 changed") :]


def test_a_plan_counts_its_steps_and_is_told_at_the_end(project_with_tasks):
    lines = plain(Terminal(project_with_tasks, "--dry", "all").read())
    assert any(line.startswith("3 of 3 steps · 2 would change · 1 not known yet") for line in lines)
    assert not any(line.startswith(("✓", "~ would")) for line in lines)
    assert lines.count("network") == 1
    assert lines.count("  + network") == 1


@pytest.mark.parametrize("variable", ["CI", "TF_BUILD"])
def test_a_pipeline_gets_plain_lines_even_on_a_terminal(project_with_tasks, variable):
    shown = Terminal(project_with_tasks, "network", **{variable: "True"}).read()
    assert "\x1b" not in shown
    assert "changed   network" in shown


def test_no_color_is_respected(project_with_tasks):
    shown = Terminal(project_with_tasks, "network", NO_COLOR="1").read()
    assert "✓" in shown
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", shown)


def test_ctrl_c_on_the_terminal(project_with_tasks):
    terminal = Terminal(project_with_tasks, "slow")
    deadline = time.monotonic() + 20
    while not (project_with_tasks.folder / "begun").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.write(terminal.screen, b"\x03")
    shown = terminal.read()
    assert terminal.code() == 130
    assert "Traceback" not in shown
    assert "\r\nstopped by SIGINT after " in re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown)
    assert "in the middle: slow\r\ngo on with: inv slow\r\n" in shown
    assert "\x1b[?25h" in shown[shown.rindex("\x1b[?25l") :]


def test_a_wait_stays_in_view_while_it_is_asked_again_and_again(project):
    project.tasks("""
        late = step(lambda lab: Goal(
            "late", (fact("late"),), lambda a: Missing("late") if isinstance(a, Absent) else Holds(),
            (Command(("sh", "-c", "(sleep 1.5; touch world/late) > /dev/null 2>&1 &")),),
            settle=Settle(30, "it to show", every_s=0.02),
        ), name="late")
    """)
    terminal = Terminal(project, "late")
    shown = terminal.read()
    assert terminal.code() == 0, shown
    assert shown.count("waiting for it to show") > 6, "eight times a second, for as long as it lasts"


def test_a_terminal_that_is_closed_stops_the_run_as_ctrl_c_does(project_with_tasks):
    terminal = Terminal(project_with_tasks, "slow")
    deadline = time.monotonic() + 20
    while not (project_with_tasks.folder / "begun").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.close(terminal.screen)
    assert terminal.code() == 129
    assert journal.read(project_with_tasks.runs[-1] / "journal.jsonl")[-1]["stopped_by"] == "SIGHUP"


def test_nohup_outlives_its_terminal(project_with_tasks):
    terminal = Terminal(project_with_tasks, "all", ignoring=signal.SIGHUP)
    os.read(terminal.screen, 1)
    os.close(terminal.screen)
    assert terminal.code() == 1
    assert journal.read(project_with_tasks.runs[-1] / "journal.jsonl")[-1]["counts"] == {
        "failed": 1,
        "blocked": 1,
        "changed": 1,
    }
