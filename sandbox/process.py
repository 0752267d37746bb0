"""The sandbox as a process: started detached or joined, asked, stopped. Safe against two who do so at
once."""

import http.client
import json
import os
import signal
import ssl
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from sandbox.home import Home

START_WAIT_S = 30.0
STOP_WAIT_S = 10.0


class ProcessError(Exception):
    """The sandbox did not start, stop or answer; the text says why, and what to do."""


@contextmanager
def _alone(home: Home) -> Iterator[None]:
    """Keep everyone else from starting or stopping this sandbox meanwhile."""
    home.root.mkdir(mode=0o700, parents=True, exist_ok=True)  # tokens and keys are in it
    try:
        with FileLock(home.starting, timeout=START_WAIT_S + STOP_WAIT_S):
            yield
    except Timeout as error:
        text = f"another process has been starting or stopping {home.root} for too long"
        raise ProcessError(text) from error


def running(home: Home) -> bool:
    """Whether a process serves this home: it holds the lock, which dies with it, however it dies."""
    if not home.serving.exists():
        return False
    try:
        with FileLock(home.serving, timeout=0):
            return False
    except Timeout:
        return True


def endpoint(home: Home) -> dict[str, Any]:
    """``{"url", "pid", "identity_header"}`` of the running sandbox. Raises ProcessError where none runs."""
    if running(home) and home.endpoint.exists():
        return json.loads(home.endpoint.read_text())
    raise ProcessError(f"no sandbox is running in {home.root}; start one: python -m sandbox start")


def ask(home: Home, method: str, path: str, body: object = None) -> Any:
    """A request at the sandbox's own door (``/_sandbox/...``); returns the answer's JSON."""
    address = urllib.parse.urlsplit(endpoint(home)["url"])
    trust = ssl.create_default_context(cafile=home.tls / "ca.pem")
    connection = http.client.HTTPSConnection("localhost", address.port, timeout=10, context=trust)
    try:
        connection.request(method, path, json.dumps(body) if body is not None else None)
        answer = connection.getresponse()
        text = answer.read()
    except OSError as error:
        raise ProcessError(f"the sandbox at {address.geturl()} does not answer: {error}") from error
    finally:
        connection.close()
    if answer.status != 200:
        raise ProcessError(f"{method} {path} was answered {answer.status}: {text.decode(errors='replace')}")
    return json.loads(text)


def start(
    home: Home, pace: float | None = None, port: int | None = None, ingress_port: int | None = None
) -> dict[str, Any]:
    """Join the sandbox that runs in ``home``, or start it detached; return its endpoint once it answers.

    ``pace`` None leaves a running one as it is and starts another at 0; ``ingress_port`` is for one that has had no
    ingress. Raises ProcessError: it died while starting (with the end of its log), or it runs on another ``port`` than
    the one wanted.
    """
    with _alone(home):
        if running(home):
            _await_answer(home, None)
            found = endpoint(home)
            if port and urllib.parse.urlsplit(found["url"]).port != port:
                raise ProcessError(f"{home.root} is served at {found['url']} already; stop it first")
            if pace is not None:
                ask(home, "PUT", "/_sandbox/pace", {"factor": pace})
            return found
        home.endpoint.unlink(missing_ok=True)
        _await_answer(home, _detach(home, pace or 0.0, port, ingress_port))
        return endpoint(home)


def _detach(home: Home, pace: float, port: int | None, ingress_port: int | None) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "sandbox", "serve", "--home", str(home.root), "--pace", str(pace)]
    if port:
        command += ["--port", str(port)]
    if ingress_port:
        command += ["--ingress-port", str(ingress_port)]
    # The working folder may be deleted or be no place to import from: name the one that this package lies in.
    importable = os.pathsep.join(filter(None, [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH")]))
    with home.log.open("ab") as log:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=home.root,
            env=os.environ | {"PYTHONPATH": importable},
            start_new_session=True,
        )


def _await_answer(home: Home, child: subprocess.Popen[bytes] | None) -> None:
    deadline = time.monotonic() + START_WAIT_S
    while True:
        if child is not None and child.poll() is not None:
            raise ProcessError(f"the sandbox stopped while starting:\n{_end_of(home.log)}")
        if home.endpoint.exists() and running(home):
            ask(home, "GET", "/_sandbox/status")
            return
        if time.monotonic() > deadline:
            raise ProcessError(f"the sandbox does not answer after {START_WAIT_S:.0f} s; its log: {home.log}")
        time.sleep(0.02)


def _end_of(log: Path, lines: int = 12) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def stop(home: Home) -> bool:
    """End the running sandbox and wait until it is gone; False where none runs. Raises ProcessError."""
    with _alone(home):
        return _stop(home)


def reset(home: Home) -> None:
    """Stop the sandbox and delete its state."""
    if home.root.exists():
        with _alone(home):
            _stop(home)
            home.clear()


def _stop(home: Home) -> bool:
    if not running(home):
        home.endpoint.unlink(missing_ok=True)
        return False
    os.kill(endpoint(home)["pid"], signal.SIGTERM)
    deadline = time.monotonic() + STOP_WAIT_S
    while running(home):
        if time.monotonic() > deadline:
            raise ProcessError(f"the sandbox has not stopped in {STOP_WAIT_S:.0f} s; its log: {home.log}")
        time.sleep(0.02)
    return True
