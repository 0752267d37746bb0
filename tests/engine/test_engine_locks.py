"""The lock of an environment: who holds it is told, and a dead process holds nothing."""

import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest

from engine.errors import EnvironmentBusy
from engine.locks import NamedLocks, environment_lock

HOLD = """
import sys, time
from pathlib import Path
from engine.locks import environment_lock
with environment_lock(Path(sys.argv[1]), "azure"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    with subprocess.Popen([sys.executable, "-c", HOLD, tmp_path], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_another_process_is_told_who_has_it(holder, tmp_path):
    expected = f"'azure' is in use by process {holder.pid} on .*, since 20"
    with pytest.raises(EnvironmentBusy, match=expected) as busy, environment_lock(tmp_path, "azure"):
        pass
    assert busy.value.exit_code == 2


def test_a_killed_process_holds_nothing(holder, tmp_path):
    holder.kill()
    holder.wait()
    with environment_lock(tmp_path, "azure"):
        pass


def test_other_environments_are_not_disturbed(holder, tmp_path):
    with environment_lock(tmp_path / "other", "other"):
        pass


def test_waiting_for_a_name_is_told_with_its_holder():
    locks, told, inside = NamedLocks(), [], threading.Event()

    @contextmanager
    def waiting(what):
        told.append(what)
        yield
        told.append("over")

    def second():
        with locks.hold(["helm:x", "a"], "second", waiting):
            inside.set()

    with locks.hold(["helm:x"], "first", waiting):
        thread = threading.Thread(target=second)
        thread.start()
        assert not inside.wait(0.2)
    thread.join(5)
    assert inside.is_set()
    assert told == ["helm:x, held by first", "over"]


def test_a_run_that_has_ended_holds_nothing(tmp_path):
    with environment_lock(tmp_path, "azure"):
        assert (tmp_path / "lock").read_text()
    assert (tmp_path / "lock").read_text() == ""
