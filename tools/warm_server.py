"""Runs inside az's own interpreter: loads azure-cli once and forks a child for each command.

Only modules are loaded here, no command is ever run, so that a child starts with az as it is after its import. Which
modules a command takes is learned from the children and kept for the next time: usage

    python -I warm_server.py LEARNED.json SOCKET

SOCKET is the number of a unix stream socket. Each byte on it comes with five descriptors: the command's own line, its
standard input, output and error, and a pipe for the word to begin. On the line stands {"words": […], "env": {…}, "cwd":
"…"} and a newline. What comes back on it are messages of a letter and four bytes with a number. The child says its
process id, and waits for a byte on the pipe, without which it never begins; or the server says why there is none: the
number of the system's error, or 0. At the end the server says the exit code, negative for a signal. Closing the line
ends what still runs of the command; closing the socket ends everything.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import platform
import runpy
import selectors
import signal
import socket
import struct
import sys
import threading
import traceback
from contextlib import suppress
from itertools import takewhile
from pathlib import Path
from typing import Any

MODULE = "azure.cli"
MESSAGE = struct.Struct("!ci")
BEGUN, REFUSED, ENDED = b"b", b"r", b"e"
#: So many new objects between two looks for garbage, in a process that lives for a moment (Python's own: 700).
COLLECT_AFTER = 50_000
#: A process's short name, as Linux has it.
TITLE = Path("/proc/self/comm")
#: Its threads, as Linux has them: also those that Python does not know.
THREADS = Path("/proc/self/task")


def main(learned: str, control: str) -> None:
    gc.disable()  # nothing is thrown away here
    here = str(Path(__file__).parent)
    sys.path[:] = [folder for folder in sys.path if folder != here]  # `import http` shall not find a file of ours
    import azure.cli.core.intercept_survey  # noqa: F401 - what azure/cli/__main__.py imports
    from azure.cli.core import telemetry

    # Names that nobody has promised, and that a child takes: where one is gone, no server comes up.
    _ = (telemetry._session, threading._shutdown, atexit._run_exitfuncs)  # type: ignore[attr-defined]
    platform.platform()  # remembered; it starts a process, and is part of what az calls itself in each request
    server = Forks(socket.socket(fileno=int(control)), Learned(Path(learned)))
    server.serve()


class Learned:
    """Which modules a command takes beyond those of every command, by its words: "aks show"."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._new = False
        self._by_words: dict[str, list[str]] = {}
        try:
            self._by_words = json.loads(file.read_text())
        except (OSError, ValueError):
            return  # nothing learned yet

    @staticmethod
    def words_of(arguments: list[str]) -> str:
        """Without options and what they are set to, which are nobody's to keep."""
        return " ".join(takewhile(lambda word: not word.startswith("-") and "=" not in word, arguments))

    def load(self, words: str) -> None:
        """Imports what is known to be needed. What cannot be imported is left to the child, which will say why."""
        for module in self._by_words.get(words, ()):
            if module not in sys.modules:
                try:
                    importlib.import_module(module)
                except Exception:  # noqa: BLE001
                    continue

    def add(self, words: str, modules: list[str]) -> None:
        known = self._by_words.setdefault(words, [])
        fresh = [module for module in modules if module not in known]
        known += fresh
        self._new = self._new or bool(fresh)

    def keep(self) -> None:
        if not self._new:
            return
        draft = self._file.with_name(f".{self._file.name}.{os.getpid()}")
        with suppress(FileNotFoundError):  # the folder may be gone by now, and is nobody's to make again
            draft.write_text(json.dumps(self._by_words))
            draft.replace(self._file)


class Child:
    """One command under way. `line` is its connection, `report` where it tells which modules it has imported."""

    def __init__(self, pid: int, words: str, line: socket.socket, report: int) -> None:
        self.pid, self.words, self.report = pid, words, report
        self.line: socket.socket | None = line
        self.told: list[bytes] = []
        self.ended = False


class Forks:
    """Forks a child for each command, says how it ended, and leaves none behind."""

    def __init__(self, control: socket.socket, learned: Learned) -> None:
        self._control, self._learned = control, learned
        self._children: dict[int, Child] = {}
        self._selector = selectors.DefaultSelector()
        self._wake, self._woken = socket.socketpair()
        # Children hold the reading end: when this process is gone, however it went, they read its end there.
        self._lifeline, self._life = os.pipe()

    def serve(self) -> None:
        self._woken.setblocking(False)
        self._wake.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.set_wakeup_fd(self._wake.fileno())
        self._selector.register(self._control, selectors.EVENT_READ)
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._control.sendall(b"+")
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._control:
                    if not self._accept():
                        return self._end()
                elif key.fileobj is self._woken:
                    self._woken.recv(4096)
                    self._look_who_ended()
                elif isinstance(key.fileobj, int):
                    self._hear(key.data)
                else:
                    self._let_go(key.data)

    def _accept(self) -> bool:
        """Starts the next command; False when there are no more."""
        try:
            data, descriptors, _, _ = socket.recv_fds(self._control, 1, 5)
        except ConnectionResetError:
            return False
        if not data:
            return False
        line = socket.socket(fileno=descriptors[0])
        with line.makefile("rb") as request_file:
            said = request_file.readline()
        if not said.endswith(b"\n"):  # whoever asked has gone
            line.close()
        else:
            self._fork(json.loads(said), line, descriptors[1:4], descriptors[4])
        for descriptor in descriptors[1:]:
            os.close(descriptor)
        return True

    def _fork(self, request: dict[str, Any], line: socket.socket, streams: list[int], word: int) -> None:
        words = Learned.words_of(request["words"])
        self._learned.load(words)
        report = told = -1
        try:
            if not _alone():
                raise OSError
            report, told = os.pipe()
            gc.freeze()  # what is here is neither collected nor touched, and so not copied, in a child
            pid = os.fork()
        except OSError as error:  # too many processes or open files: what runs goes on
            with suppress(OSError), line:
                line.sendall(MESSAGE.pack(REFUSED, error.errno or 0))
            for end in {report, told} - {-1}:
                os.close(end)
            return
        if pid == 0:
            try:
                os.close(report)
                self._become(request, line, streams, word, told)
            except BaseException:  # noqa: BLE001 - the last that is heard of it
                traceback.print_exc()
            finally:
                os._exit(1)
        os.close(told)
        child = self._children[pid] = Child(pid, words, line, report)
        self._selector.register(line, selectors.EVENT_READ, child)
        self._selector.register(report, selectors.EVENT_READ, child)

    def _become(self, request: dict[str, Any], line: socket.socket, streams: list[int], word: int, told: int) -> None:
        """In the child: from here on it is az, and it does not come back."""
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for number, descriptor in enumerate(streams):
            os.dup2(descriptor, number)
            os.close(descriptor)
        self._selector.close()
        os.close(self._life)
        for end in (self._control, self._wake, self._woken):
            end.close()
        for child in self._children.values():
            if child.line is not None:
                child.line.close()
            if child.report >= 0:
                os.close(child.report)
        line.sendall(MESSAGE.pack(BEGUN, os.getpid()))
        line.close()
        threading.Thread(target=_live_with, args=(self._lifeline,), daemon=True).start()
        if not os.read(word, 1):
            return  # it was given up: whoever asked runs it in another way
        os.close(word)
        os.environ.clear()
        os.environ.update(request["env"])
        os.chdir(request["cwd"])
        with suppress(OSError):
            TITLE.write_text("az " + " ".join(request["words"]))  # the kernel takes its first 15 bytes
        gc.set_threshold(COLLECT_AFTER)
        gc.enable()
        before = set(sys.modules)
        code = _run(request["words"])
        fresh = [module for module in sys.modules if module not in before and not module.startswith("azext_")]
        with os.fdopen(told, "w") as report:
            report.write(json.dumps(fresh))
        os._exit(code)

    def _hear(self, child: Child) -> None:
        """A child tells what it has imported; the next of its kind finds that here."""
        chunk = os.read(child.report, 1 << 16)
        if chunk:
            child.told.append(chunk)
            return
        self._selector.unregister(child.report)
        os.close(child.report)
        child.report = -1
        if child.told and child.told[-1].endswith(b"]"):
            self._learned.add(child.words, json.loads(b"".join(child.told)))

    def _look_who_ended(self) -> None:
        for child in list(self._children.values()):
            if not child.ended and (code := _exit_code(child.pid)) is not None:
                child.ended = True
                if child.line is None:
                    self._forget(child)
                    continue
                try:
                    child.line.sendall(MESSAGE.pack(ENDED, code))
                except OSError:
                    continue  # it is about to be closed from there

    def _let_go(self, child: Child) -> None:
        """Whoever asked for it has closed its line: it is killed if it still runs, and its process id is free."""
        assert child.line is not None
        self._selector.unregister(child.line)
        child.line.close()
        child.line = None
        if child.ended:
            self._forget(child)
        else:
            _kill(child.pid)

    def _forget(self, child: Child) -> None:
        with suppress(ChildProcessError):  # where looking has taken it away already
            os.waitpid(child.pid, 0)
        del self._children[child.pid]

    def _end(self) -> None:
        for child in self._children.values():
            if not child.ended:
                _kill(child.pid)
        self._learned.keep()


def _alone() -> bool:
    """Whether this process has one thread: what others hold, a child would wait for without end."""
    return threading.active_count() == 1 and (not THREADS.exists() or len(list(THREADS.iterdir())) == 1)


def _exit_code(pid: int) -> int | None:
    """How a child ended, None while it runs. Where the system lets us, its process id stays taken."""
    if hasattr(os, "waitid"):
        found = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return None if found is None else found.si_status if found.si_code == os.CLD_EXITED else -found.si_status
    ended, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def _kill(pid: int) -> None:
    for kill in (os.killpg, os.kill):  # the group first, which it may not lead yet
        with suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)


def _live_with(lifeline: int) -> None:
    """Ends this process and its children when the server has ended."""
    os.read(lifeline, 1)
    os.killpg(0, signal.SIGKILL)


def _run(words: list[str]) -> int:
    """`python -m azure.cli words…`, as far as its exit code and what is done at the interpreter's end."""
    from azure.cli.core import telemetry

    telemetry._session.__init__()  # or all commands would bear one correlation id
    sys.argv = ["az", *words]
    code = 0
    try:
        runpy.run_module(MODULE, run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        if isinstance(ended.code, str):
            sys.stderr.write(f"{ended.code}\n")
        code = 1 if isinstance(ended.code, str) else ended.code or 0
    except BaseException:  # noqa: BLE001 - what the interpreter does with it
        traceback.print_exc()
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        code = 120  # the interpreter's own, for output that could not be written
    return code & 0xFF


if __name__ == "__main__":
    main(*sys.argv[1:])
