"""What all rooms share: the tools, brought once as ``inv tools`` brings them, and a shell at a sandbox of its own."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from client_shell import LAB_HOME, PROJECT, Shell, sandbox
from filelock import FileLock

#: What a nohup, or a shell that runs us in the background, has left ignored: what the tests start is to heed it.
for number, handler in ((signal.SIGHUP, signal.SIG_DFL), (signal.SIGINT, signal.default_int_handler)):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, handler)


@pytest.fixture
def anyio_backend() -> str:
    """What asynchronous tests run on."""
    return "asyncio"


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the tools, filled by the lab's own step: kept from one run of the tests to the next."""
    folder = LAB_HOME / "tools"
    folder.mkdir(parents=True, exist_ok=True)
    home = tmp_path_factory.mktemp("tools")  # so that nobody who runs the lab meanwhile is in the way
    (home / "tools").symlink_to(folder)
    inv = [sys.executable, "-m", "invoke", "tools"]
    environ = {**os.environ, "AKS_LAB_HOME": str(home)}
    with FileLock(folder / "tests.lock"):  # one of pytest's workers fetches, the others find
        ended = subprocess.run(
            inv, cwd=PROJECT, env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=280
        )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return folder


@pytest.fixture(scope="session", autouse=True)
def clients(request: pytest.FixtureRequest) -> None:
    """az, kubectl and helm are on PATH, in the lab's own versions, where any test is run that calls them."""
    if any(item.get_closest_marker("e2e") for item in request.session.items):
        folder = request.getfixturevalue("tools") / "bin"
        os.environ["PATH"] = os.pathsep.join([str(folder), os.environ["PATH"]])


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """A shell whose clients talk to a new sandbox."""
    home = tmp_path_factory.mktemp("shell") / "sandbox"
    described = json.loads(sandbox("start", "--home", home))
    path = os.pathsep.join([*described["path"], os.environ["PATH"]])
    yield Shell({**os.environ, **described["env"], "PATH": path}, tmp_path_factory.mktemp("cwd"))
    sandbox("stop", "--home", home)


@pytest.fixture(scope="module")
def az(shell: Shell) -> Callable[..., Any]:
    """Runs az in that shell; see ``Shell.az``."""
    return shell.az
