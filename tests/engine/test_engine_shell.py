"""The one door to processes: output, input, variables, limits, and that nothing is left behind."""

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest
from engine_projects import alive

from engine.errors import CommandFailed, Stopped, TimedOut
from engine.goal import Command
from engine.masking import clean, mask


def sh(script: str, **options) -> Command:
    return Command(("sh", "-c", script), **options)


def wait_for(path: Path) -> str:
    deadline = time.monotonic() + 10
    while not (path.exists() and path.read_text().endswith("\n")):
        assert time.monotonic() < deadline, f"{path} was not written"
        time.sleep(0.01)
    return path.read_text()


def test_streams_are_told_apart_and_logged_with_the_command_line(session, log):
    completed = session.shell.run(sh("echo out; echo err >&2"), log)
    assert (completed.stdout, completed.stderr, completed.exit_code) == ("out\n", "err\n", 0)
    text = log.close().read_text()
    assert "[1] $ sh -c 'echo out; echo err >&2'\n" in text
    assert "[1] | out\n" in text
    assert "[1] ! err\n" in text
    assert "[1] = exit code 0 after" in text


def test_output_of_many_megabytes(session, log):
    completed = session.shell.run(
        Command(
            (sys.executable, "-c", "print('x' * 99 + '\\n' * 1, end='') or [print('y' * 99) for _ in range(200_000)]")
        ),
        log,
    )
    assert len(completed.stdout) == 200_001 * 100
    assert log.close().stat().st_size > 20_000_000


def test_one_line_of_many_megabytes(session, log):
    completed = session.shell.run(Command(("head", "-c", "8000000", "/dev/zero")), log)
    assert len(completed.stdout) == 8_000_000


def test_standard_input_is_the_text_given_or_nothing(session, log):
    big = "line\n" * 200_000
    assert session.shell.run(Command(("cat",), stdin=big), log).stdout == big
    assert session.shell.run(Command(("cat",)), log).stdout == ""
    assert session.shell.run(Command(("true",), stdin=big), log).exit_code == 0


def test_a_child_has_no_terminal(session, log):
    assert session.shell.run(sh("test -t 0 || : < /dev/tty"), log, frozenset(range(256))).exit_code != 0


def test_variables_are_the_process_s_the_run_s_and_the_command_s(session, log, monkeypatch):
    monkeypatch.setenv("A", "process")
    monkeypatch.setenv("B", "process")
    monkeypatch.setenv("C", "process")
    session.env |= {"B": "run", "C": "run"}
    completed = session.shell.run(sh("echo $A $B $C", env={"C": "command"}), log)
    assert completed.stdout == "process run command\n"


def test_a_folder_added_to_path_is_searched(session, log, tmp_path):
    tool = tmp_path / "bin" / "the-tool"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\necho found\n")
    tool.chmod(0o755)
    session.env["PATH"] = f"{tool.parent}:{os.environ['PATH']}"
    assert session.shell.run(Command(("the-tool",)), log).stdout == "found\n"


@pytest.mark.parametrize(
    ("argv", "code", "words"),
    [
        (("no-such-program",), 127, "not found"),
        (("/etc/passwd",), 126, "cannot be run"),
        (("/tmp",), 126, "cannot be run"),
        (("echo", "a\0b"), 126, "null byte"),
    ],
)
def test_what_cannot_be_started_fails_like_in_a_shell(session, log, argv, code, words):
    with pytest.raises(CommandFailed) as failure:
        session.shell.run(Command(argv), log)
    assert failure.value.completed.exit_code == code
    assert words in failure.value.completed.stderr


def test_an_exit_code_that_is_accepted_is_no_failure(session, log):
    assert session.shell.run(sh("exit 3"), log, frozenset({0, 3})).exit_code == 3
    with pytest.raises(CommandFailed, match=r"sh: Error: no luck \(exit code 4\)"):
        session.shell.run(sh("echo first >&2; echo Error: no luck >&2; echo last >&2; exit 4"), log, frozenset({3}))


def test_a_timeout_ends_the_children_of_the_child(session, log, tmp_path):
    command = sh("sleep 60 & echo $! > child; wait", timeout_s=0.5)
    started = time.monotonic()
    with pytest.raises(TimedOut, match=r"sh had not ended after 0\.5 s"):
        session.shell.run(command, log)
    assert time.monotonic() - started < 5
    assert not alive(int((tmp_path / "child").read_text()))


def test_a_child_that_ignores_the_interrupt_is_killed(session, log, tmp_path, monkeypatch):
    monkeypatch.setattr("engine.process.GRACE_S", 0.3)
    script = """
import os, signal, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
open("pid", "w").write(f"{os.getpid()}\\n")
time.sleep(60)
"""
    started = time.monotonic()
    with pytest.raises(TimedOut):
        session.shell.run(Command((sys.executable, "-c", script), timeout_s=1.0), log)
    assert time.monotonic() - started < 5
    assert not alive(int((tmp_path / "pid").read_text()))


def test_the_limit_of_the_run_is_the_shorter_one(session, log):
    session.shell.limit_s = 0.3
    with pytest.raises(TimedOut, match=r"0\.3 s"):
        session.shell.run(Command(("sleep", "60"), timeout_s=50), log)


def test_a_grandchild_that_keeps_the_pipes_does_not_keep_us(session, log):
    started = time.monotonic()
    completed = session.shell.run(sh("echo done; setsid sleep 5 & exit 0"), log)
    assert completed.stdout == "done\n"
    assert time.monotonic() - started < 3


def test_stop_ends_what_runs_and_lets_nothing_start(session, log, tmp_path):
    raised = []

    def run():
        try:
            session.shell.run(sh("echo $$ > pid; sleep 60"), log)
        except Stopped as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    pid = int(wait_for(tmp_path / "pid"))
    session.shell.stop()
    thread.join(5)
    assert raised
    assert not alive(pid)
    with pytest.raises(Stopped):
        session.shell.run(sh("echo never"), log)


def test_a_secret_command_leaves_no_output_in_the_log(session, log):
    session.shell.run(sh("echo hush; echo warning >&2", secret=True, stdin="quiet"), log)
    text = log.path.read_text()
    assert "hush" not in text.replace("echo hush", "")
    assert "quiet" not in text
    with pytest.raises(CommandFailed, match="no access"):
        session.shell.run(sh("echo hush2; echo no access >&2; exit 1", secret=True), log)
    text = log.path.read_text().replace("echo hush2", "")
    assert "hush2" not in text
    assert "no access" in text


JWT = "eyJhbGciOiJSUzI1NiIsInR5cCI6.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    "text",
    [
        JWT,
        f"https://x.blob/y?sv=1&sig={JWT[10:30]}%3D&se=2",
        f"    client-key-data: {JWT[3:30]}",
        f"Authorization: Bearer {JWT[3:30]}",
        f'{{"accessToken": "{JWT[3:30]}"}}',
        f"-----BEGIN RSA PRIVATE KEY-----\n{JWT[3:30]}\n-----END RSA PRIVATE KEY-----",
    ],
)
def test_what_looks_like_a_secret_is_hidden(session, log, text):
    session.shell.run(Command(("cat",), stdin=text), log)
    written = log.close().read_text() + session.journal.path.read_text()
    assert "***" in written
    assert JWT[10:30] not in written


def test_a_registered_secret_is_hidden_on_command_lines_too(session, log):
    mask("hunter2-hunter2")
    session.shell.run(Command(("echo", "hunter2-hunter2")), log)
    assert "hunter2" not in log.close().read_text()
    assert "hunter2" not in session.journal.path.read_text()


def test_of_a_secret_that_is_a_part_of_another_nothing_is_left():
    mask("trustno1")
    mask("trustno1-at-all")
    assert clean("trustno1-at-all, trustno1!") == "***, ***!"


def test_a_signal_is_a_negative_exit_code(session, log):
    with pytest.raises(CommandFailed) as failure:
        session.shell.run(sh("kill -TERM $$"), log)
    assert failure.value.completed.exit_code == -signal.SIGTERM


def test_a_grandchild_that_goes_on_talking_does_not_keep_us(session, log):
    chatter = "setsid sh -c 'for i in $(seq 200); do echo more; sleep 0.03; done' & echo done; exit 0"
    started = time.monotonic()
    completed = session.shell.run(sh(chatter), log)
    assert "done\n" in completed.stdout
    assert time.monotonic() - started < 3
