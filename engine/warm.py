"""Programs that are slow to start, kept warm: a server in the program's own interpreter forks a child per command.

A server is started with the first command that it can run, and ends when this process does, however that ends. It gets
a command's words, variables and folder over a socket, and the ends of its pipes with them. The child leads a session
and a process group of its own: it is read, signalled and killed like any other, and its server keeps its process id
taken until we let go of it.

What may have begun is never repeated: a server that dies takes its children with it, and they count as killed. From
then on, and where no server comes up at all, commands run as usual.
"""

from __future__ import annotations

import json
import os
import selectors
import shutil
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import BinaryIO

from engine import clock
from engine.process import KILLED, Service, signal_group

READY_WITHIN_S = 30.0
"""A server that has not loaded its program by then, or has not begun a command, is given up."""

_TICK_S = 0.1
_NUMBER = struct.Struct("!i")
"""What a server says of a child: its process id, later its exit code."""


@dataclass(frozen=True)
class Server:
    """How a program is kept warm.

    argv   the command that serves; the number of its socket is added
    env    variables that the program's own starter sets
    bound  patterns of variables that may be read while the program is loaded: other values need another server
    """

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    bound: tuple[str, ...] = ()


Finder = Callable[[Path, Path], Server | None]
"""Gets a program's file, and a folder for what its servers keep; None: how to keep this one warm is not known."""


class Cold(Exception):
    """There is no server for a command, and why."""


class Warm:
    """The servers of one run, each started on first use. Safe to use from any thread.

    finders  by the name of a program
    folder   for what servers keep from one run to the next
    """

    def __init__(self, finders: Mapping[str, Finder], folder: Path) -> None:
        self._finders, self._folder = finders, folder
        self._guard = threading.Lock()
        self._found: dict[str, Server | None] = {}
        self._running: dict[tuple[str, tuple[tuple[str, str], ...]], _Running] = {}

    def start(
        self,
        argv: tuple[str, ...],
        env: Mapping[str, str],
        cwd: Path,
        stdin: bool,
        stopping: threading.Event,
        say: Callable[[str], None],
    ) -> Forked | None:
        """The command as a child of a warm server. None: nobody keeps it warm, or no longer, or `stopping` is set.

        :param stdin: something will be written to it
        :param say: told once of each server that cannot be had or has died
        """
        server = self._server(argv[0], env)
        if server is None or any("\0" in word for word in argv):  # no program can be called like that
            return None

        def lost() -> None:
            if server.end():
                say(f"{argv[0]} is no longer kept warm, and what was running counts as killed: {server.last_words()}")

        try:
            return server.start(argv[1:], env, cwd, stdin, stopping, lost)
        except Cold as why:
            if server.end() and not stopping.is_set():
                say(f"{argv[0]} is not kept warm, so each call of it takes longer: {why}")
            return None

    def expect(self, name: str, env: Mapping[str, str], stopping: threading.Event) -> None:
        """A command of this program comes soon: its server starts meanwhile, if it is kept warm."""
        server = self._server(name, env)
        if server is not None:
            threading.Thread(target=server.load, args=(env, stopping), daemon=True).start()

    def _server(self, name: str, env: Mapping[str, str]) -> _Running | None:
        file = shutil.which(name, path=env.get("PATH")) if name in self._finders else None
        if file is None:
            return None
        with self._guard:
            if file not in self._found:
                self._found[file] = self._finders[name](Path(file), self._folder)
            how = self._found[file]
            if how is None:
                return None
            bound = [item for item in env.items() if any(fnmatchcase(item[0], one) for one in how.bound)]
            server = self._running.setdefault((file, tuple(sorted(bound))), _Running(how))
        return None if server.over else server


class _Running:
    """One server; its process starts with its first command."""

    def __init__(self, how: Server) -> None:
        self._how = how
        self._guard = threading.Lock()
        self._service: Service | None = None
        self._control: socket.socket | None = None
        self._told = False
        self.over = ""
        """Why it is no longer there; empty while it may still be."""

    def start(
        self,
        words: tuple[str, ...],
        env: Mapping[str, str],
        cwd: Path,
        stdin: bool,
        stopping: threading.Event,
        lost: Callable[[], None],
    ) -> Forked | None:
        """
        :raises Cold: it is certain that the command was not begun
        """
        env = {**env, **self._how.env}
        request = json.dumps({"words": words, "env": env, "cwd": str(cwd)}).encode() + b"\n"
        child = Forked(stdin, lost)
        try:
            self.load(env, stopping)
            with self._guard:
                if self._control is None:
                    raise Cold(self.over)
                child.hand_over(self._control)
            child.ask(request)
        except (Cold, OSError) as error:
            child.let_go()
            raise error if isinstance(error, Cold) else Cold(self.last_words()) from error
        return child if child.begun(stopping) else None

    def last_words(self) -> str:
        return self._service.last_words() if self._service else self.over

    def end(self) -> bool:
        """Ends it with its children; True the first time."""
        with self._guard:
            first, self._told = not self._told, True
            self.over = self.over or "its server has ended"
            if self._control is not None:
                self._control.close()
                self._control = None
            return first

    def load(self, env: Mapping[str, str], stopping: threading.Event) -> None:
        """Starts the process, if that was not done before, and waits until it is ready. `over` says why it is not."""
        with self._guard:
            if self._control is not None or self.over:
                return
            ours, theirs = socket.socketpair()
            with theirs:
                try:
                    argv = (*self._how.argv, str(theirs.fileno()))
                    self._service = service = Service(argv, {**env, **self._how.env}, theirs.fileno())
                except (OSError, ValueError) as error:
                    ours.close()
                    self.over = f"{self._how.argv[0]} cannot be run: {error}"
                    return
            until = clock.monotonic() + READY_WITHIN_S
            while not _readable(ours, _TICK_S):
                if stopping.is_set() or clock.monotonic() > until:
                    service.kill()
            if ours.recv(1):
                self._control = ours
            else:
                ours.close()
                self.over = service.last_words()


class Forked:
    """A child of a server (a `Child` of engine/process.py), and the ends of its pipes that are ours."""

    def __init__(self, stdin: bool, lost: Callable[[], None]) -> None:
        """
        :param stdin: something will be written to it
        :param lost: called when its server has died, or hangs
        """
        self._lost = lost
        self._line, line = socket.socketpair()
        own_in: int | None = None
        if stdin:
            their_in, own_in = os.pipe()
        else:
            their_in = os.open(os.devnull, os.O_RDONLY)
        (own_out, their_out), (own_err, their_err) = os.pipe(), os.pipe()
        self._theirs = [line.detach(), their_in, their_out, their_err]
        self.stdin: BinaryIO | None = None if own_in is None else os.fdopen(own_in, "wb", 0)
        self.stdout: BinaryIO = os.fdopen(own_out, "rb", 0)
        self.stderr: BinaryIO = os.fdopen(own_err, "rb", 0)
        self._pid: int | None = None
        self._code: int | None = None

    def hand_over(self, control: socket.socket) -> None:
        """Gives the server the ends that are the child's."""
        socket.send_fds(control, [b"+"], self._theirs)
        self._close_theirs()

    def ask(self, request: bytes) -> None:
        self._line.sendall(request)

    def begun(self, stopping: threading.Event) -> bool:
        """Waits until the child runs; False when the run is stopped meanwhile. It is ended then."""
        until = clock.monotonic() + READY_WITHIN_S
        while not _readable(self._line, _TICK_S):
            if stopping.is_set():
                self.let_go()
                return False
            if clock.monotonic() > until:
                self._lost()  # it hangs: that ends it
        self._pid = self._number()
        if self._pid is None:
            self._code = KILLED
        return True

    def ended(self) -> bool:
        if self._code is None and _readable(self._line, 0):
            self._end()
        return self._code is not None

    def signal(self, number: int) -> None:
        if self._pid is not None:
            signal_group(self._pid, number)

    def reap(self) -> int:
        if self._code is None:
            self._end()
        self._line.close()  # now its server lets go of the process id
        assert self._code is not None
        return self._code

    def let_go(self) -> None:
        """Closes everything; if there is a child, its server ends it."""
        self._close_theirs()
        for end in (self._line, self.stdin, self.stdout, self.stderr):
            if end is not None:
                end.close()

    def _end(self) -> None:
        number = self._number()
        self._code = KILLED if number is None else number

    def _number(self) -> int | None:
        """The next number from the server; None: it has died, and its children with it."""
        try:
            data = self._line.recv(_NUMBER.size, socket.MSG_WAITALL)
        except ConnectionResetError:
            data = b""
        if len(data) < _NUMBER.size:
            self._lost()
            return None
        return int(_NUMBER.unpack(data)[0])

    def _close_theirs(self) -> None:
        while self._theirs:
            os.close(self._theirs.pop())


def _readable(end: socket.socket, timeout_s: float) -> bool:
    with selectors.DefaultSelector() as selector:  # select() knows no descriptor above 1023
        selector.register(end, selectors.EVENT_READ)
        return bool(selector.select(timeout_s))
