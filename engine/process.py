"""One child process: started in a session of its own, read until its end, ended together with its children.

How it is started is another matter: `Spawned` here, or by a server that keeps the program warm (engine/warm.py).

The library `sh` was measured for this and does not fit: it forks this process by hand, with its threads and all of
its memory (13 ms a call against 2 ms, 29 ms once the parent has grown to 300 MB), starts three threads a call, and
takes thirty times as long over 8 MB of output. `subprocess` starts children without copying the parent.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO, Protocol

from engine import clock, lifeline

GRACE_S = 3.0
"""How long a child has, after it was asked to end, before it is killed with its children."""

_CHUNK = 1 << 16
_PIPE = 1 << 20
"""The most that a pipe holds: Linux lets a program make one so large, by default it is a sixteenth."""
_LINGER_S = 0.5
"""How long output is still read after a child ended, when children of its own keep its pipes open."""

KILLED = -signal.SIGKILL
"""The exit code of a child that was killed."""

Lines = Callable[[str, str], None]
"""Gets a mark (`|` standard output, `!` standard error) and whole lines."""


class Child(Protocol):
    """A started child that leads a session and a process group of its own."""

    stdin: BinaryIO | None
    stdout: BinaryIO
    stderr: BinaryIO

    def ended(self) -> bool:
        """Whether it ended. Its process id is kept, so that its group can still be signalled safely."""

    def signal(self, number: int) -> None:
        """To all of its group, as far as there still is one. Not after `reap`."""

    def reap(self) -> int:
        """Waits for its end and gives its process id free; the exit code, negative when a signal ended it."""


class Spawned:
    """A child of this process."""

    def __init__(self, argv: tuple[str, ...], env: Mapping[str, str], cwd: Path, stdin: bool) -> None:
        """
        :param stdin: something will be written to it
        :raises OSError, ValueError: it cannot be started
        """
        lifeline.ready()
        self._popen = subprocess.Popen(
            argv,
            env=env,
            cwd=cwd,
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,  # a group to signal, and no terminal to ask questions on
        )
        assert self._popen.stdout and self._popen.stderr
        self.stdin: BinaryIO | None = self._popen.stdin  # type: ignore[assignment]
        self.stdout: BinaryIO = self._popen.stdout  # type: ignore[assignment]
        self.stderr: BinaryIO = self._popen.stderr  # type: ignore[assignment]
        lifeline.tie(self._popen.pid)

    def ended(self) -> bool:
        if not hasattr(os, "waitid"):  # macOS before Python 3.13: then its id is free at once
            return self._popen.poll() is not None
        flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return self._popen.returncode is not None or os.waitid(os.P_PID, self._popen.pid, flags) is not None

    def signal(self, number: int) -> None:
        signal_group(self._popen.pid, number)

    def reap(self) -> int:
        if hasattr(os, "waitid"):
            os.waitid(os.P_PID, self._popen.pid, os.WEXITED | os.WNOWAIT)
        lifeline.untie(self._popen.pid)
        return self._popen.wait()


def signal_group(leader: int, number: int) -> None:
    """To a process group, as far as there still is one."""
    try:
        os.killpg(leader, number)
    except (ProcessLookupError, PermissionError):  # macOS says the latter of a group of zombies
        return


class Process:
    """A running child. `read_to_end` belongs to one thread; `interrupt` and `kill` may come from any other."""

    def __init__(self, child: Child, stdin: str | None) -> None:
        self._child = child
        self._stdin = memoryview((stdin or "").encode())
        self._guard = threading.Lock()
        self._reaped = False
        self._kill_at: float | None = None

    def interrupt(self) -> None:
        """Asks the child and its children to end, as Ctrl-C does; they are killed when the grace is over."""
        if self._kill_at is None:
            self._kill_at = clock.monotonic() + GRACE_S
            self._signal(signal.SIGINT)

    def kill(self) -> None:
        self._kill_at = 0.0
        self._signal(signal.SIGKILL)

    def read_to_end(self, lines: Lines, timeout_s: float | None) -> tuple[int, str, str, bool]:
        """Exit code (negative: ended by that signal), standard output, standard error, and whether time was up."""
        try:
            return self._read_to_end(lines, timeout_s)
        except BaseException:
            self.kill()
            self._reap()
            raise

    def _read_to_end(self, lines: Lines, timeout_s: float | None) -> tuple[int, str, str, bool]:
        deadline = None if timeout_s is None else clock.monotonic() + timeout_s
        timed_out = False
        out, err = _Stream("|", lines), _Stream("!", lines)
        linger_until: float | None = None
        nap = 0.001
        with selectors.DefaultSelector() as selector:
            self._register(selector, out, err)
            while True:
                moment = clock.monotonic()
                if deadline is not None and moment >= deadline and not timed_out:
                    timed_out = True
                    self.interrupt()
                if self._kill_at is not None and moment >= self._kill_at:
                    self._signal(signal.SIGKILL)
                if not selector.get_map():
                    if self._child.ended():
                        break
                    clock.sleep(nap)
                    nap = min(nap * 2, 0.05)
                    continue
                self._serve(selector, 0.1)
                if self._child.ended():
                    linger_until = linger_until or moment + _LINGER_S
                    if moment >= linger_until:  # what itself wrote is in the pipes, and they hold no more than this
                        for _ in range(_PIPE // _CHUNK):
                            self._serve(selector, 0)
                        break
        if self._kill_at is not None:
            self._signal(signal.SIGKILL)  # what its children left running; the group exists until it is reaped
        code = self._reap()
        return code, out.finish(), err.finish(), timed_out

    def _register(self, selector: selectors.BaseSelector, out: _Stream, err: _Stream) -> None:
        selector.register(self._child.stdout, selectors.EVENT_READ, out)
        selector.register(self._child.stderr, selectors.EVENT_READ, err)
        if self._child.stdin:
            os.set_blocking(self._child.stdin.fileno(), False)
            selector.register(self._child.stdin, selectors.EVENT_WRITE, None)

    def _serve(self, selector: selectors.BaseSelector, wait_s: float) -> None:
        for key, _ in selector.select(wait_s):
            self._serve_one(selector, key)

    def _serve_one(self, selector: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
        if key.data is None:
            try:
                self._stdin = self._stdin[os.write(key.fd, self._stdin[:_CHUNK]) :]
            except BrokenPipeError:  # it does not want the rest
                self._stdin = self._stdin[:0]
            if not self._stdin:
                selector.unregister(key.fileobj)
                self._child.stdin.close()  # type: ignore[union-attr]
            return
        chunk = os.read(key.fd, _CHUNK)
        if chunk:
            key.data.feed(chunk)
        else:
            selector.unregister(key.fileobj)

    def _reap(self) -> int:
        with self._guard:
            code = self._child.reap()
            self._reaped = True
        for pipe in (self._child.stdin, self._child.stdout, self._child.stderr):
            if pipe:
                pipe.close()
        return code

    def _signal(self, number: int) -> None:
        with self._guard:
            if not self._reaped:
                self._child.signal(number)


class _Stream:
    """Collects what comes out of a pipe, and passes whole lines on as they come."""

    def __init__(self, mark: str, lines: Lines) -> None:
        self._mark, self._lines = mark, lines
        self._chunks: list[bytes] = []
        self._begun: list[bytes] = []

    def feed(self, chunk: bytes) -> None:
        self._chunks.append(chunk)
        whole, newline, rest = chunk.rpartition(b"\n")
        if newline:
            self._pass_on(b"".join(self._begun) + whole)
            self._begun = []
        if rest:
            self._begun.append(rest)

    def finish(self) -> str:
        if self._begun:
            self._pass_on(b"".join(self._begun))
        return b"".join(self._chunks).decode("utf-8", "replace")

    def _pass_on(self, text: bytes) -> None:
        self._lines(self._mark, text.decode("utf-8", "replace"))


class Service:
    """A child that serves this process over a socket, and ends when that is closed."""

    def __init__(self, argv: tuple[str, ...], env: Mapping[str, str], socket: int) -> None:
        """
        :param socket: the descriptor of its end, which it has under the same number
        :raises OSError, ValueError: it cannot be started
        """
        # A pipe would fill, and hold it up, if it ever said much.
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 - for as long as the service
        self._popen = subprocess.Popen(
            argv,
            env=env,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._complaints,
            pass_fds=(socket,),
            start_new_session=True,  # Ctrl-C is ours to pass on
        )

    def kill(self) -> None:
        self._popen.kill()

    def last_words(self) -> str:
        """The last line on its standard error, and how it ended: it is ended by this."""
        self._popen.kill()
        code = self._popen.wait()
        self._complaints.seek(0)
        lines = self._complaints.read().decode("utf-8", "replace").split("\n")
        said = next((line.strip() for line in reversed(lines) if line.strip()), "")
        return f"{said} (exit code {code})" if said else f"its server ended with exit code {code}"
