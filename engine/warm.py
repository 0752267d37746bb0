"""Programs that are slow to start, kept warm: a server in the program's own interpreter forks a child per command.

A server is started with the first command that it can run, and ends when this process does, however that ends. It gets
a command's words, variables and folder over a socket, and the ends of its pipes with them. The child leads a session
and a process group of its own: it is read, signalled and killed like any other, and its server keeps its process id
taken until we let go of it.

What may have begun is never repeated: a server that dies takes its children with it, and they count as killed. A child
begins at our word only, so that a command which is given up before it never runs. From then on, and where no server
comes up at all, commands run as usual.
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
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import BinaryIO

from engine import clock
from engine.process import KILLED, Service, signal_group

READY_WITHIN_S = 30.0
"""A server that has not loaded its program by then is ended; one that has not begun a command gets no more of them."""

_GONE_WITHIN_S = 3.0
"""How long a server has at the end of the run to keep what it has learned."""

_TICK_S = 0.1
_MESSAGE = struct.Struct("!ci")
_BEGUN, _REFUSED = b"b", b"r"
"""What a server says of a child: its process id; or that there is none, with the number of the system's error; and at
last, with a letter of its own, its exit code."""


@dataclass(frozen=True)
class Server:
    """How a program is kept warm.

    argv   the command that serves; the number of its socket is added
    env    variables that the program's own starter sets, and their values
    bound  patterns of variables that may be read while the program is loaded: other values need another server
    """

    argv: tuple[str, ...]
    env: tuple[tuple[str, str], ...] = ()
    bound: tuple[str, ...] = ()


Finder = Callable[[Path, str, Path], Server | str]
"""Gets a program's file, its PATH, and a folder for what its servers keep; a text tells why it is not kept warm."""


class Cold(Exception):
    """No server has begun a command, or will, and why."""


class Warm:
    """The servers of one run, each started on first use. Safe to use from any thread.

    finders  by the name of a program
    folder   for what servers keep from one run to the next
    """

    def __init__(self, finders: Mapping[str, Finder], folder: Path) -> None:
        self._finders, self._folder = finders, folder
        self._guard = threading.Lock()
        self._found: dict[tuple[str, str], Server | str] = {}
        self._running: dict[tuple[Server | str, tuple[tuple[str, str], ...]], _Running] = {}

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
            if server.give_up("its server has ended"):
                say(f"{argv[0]} is no longer kept warm, and what was running counts as killed: {server.last_words()}")

        try:
            return server.start(argv[1:], env, cwd, stdin, stopping, lost)
        except Cold as why:
            if server.give_up(str(why)) and not stopping.is_set():
                say(f"{argv[0]} is not kept warm, so each call of it takes longer: {why}")
            return None

    def expect(self, name: str, env: Mapping[str, str], stopping: threading.Event) -> None:
        """A command of this program comes soon: its server starts meanwhile, if it is kept warm."""
        server = self._server(name, env)
        if server is not None and not server.over:
            threading.Thread(target=server.load, args=(env, stopping), daemon=True).start()

    def close(self) -> None:
        """Ends all servers, after they have kept what they learned. A command that comes later starts another."""
        with self._guard:
            running, self._running = list(self._running.values()), {}
        for server in running:
            server.end()

    def _server(self, name: str, env: Mapping[str, str]) -> _Running | None:
        path = env.get("PATH", os.defpath)
        file = shutil.which(name, path=path) if name in self._finders else None
        if file is None:
            return None
        with self._guard:
            if (file, path) not in self._found:
                self._found[file, path] = self._finders[name](Path(file), path, self._folder)
            how = self._found[file, path]
            patterns = () if isinstance(how, str) else how.bound
            bound = [item for item in env.items() if any(fnmatchcase(item[0], one) for one in patterns)]
            return self._running.setdefault((how, tuple(sorted(bound))), _Running(how))


class _Running:
    """One server; its process starts with its first command."""

    def __init__(self, how: Server | str) -> None:
        self._how = how if isinstance(how, Server) else Server(())
        self._guard = threading.Lock()
        self._service: Service | None = None
        self._control: socket.socket | None = None
        self._given_up = False
        self.over = how if isinstance(how, str) else ""
        """Why it gets no commands; empty while it may."""

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
        :raises Cold: the command was not begun, and will not be
        """
        env = {**env, **dict(self._how.env)}
        self.load(env, stopping)
        if self.over:
            raise Cold(self.over)
        request = json.dumps({"words": words, "env": env, "cwd": str(cwd)}).encode() + b"\n"
        child = Forked(stdin, lost)
        try:
            with self._guard:
                if self._control is None:
                    raise Cold(self.over)
                child.hand_over(self._control)
            child.ask(request)
            if child.begun(stopping):
                return child
        except ConnectionError as error:  # nobody is there any more
            child.let_go()
            raise Cold(self.last_words()) from error
        except (Cold, OSError) as error:
            child.let_go()
            raise error if isinstance(error, Cold) else Cold(str(error)) from error
        child.let_go()
        return None

    def last_words(self) -> str:
        return self._service.last_words() if self._service else self.over

    def give_up(self, why: str) -> bool:
        """It gets no more commands; those that it runs go on. True the first time."""
        with self._guard:
            first, self._given_up = not self._given_up, True
            self.over = self.over or why
            return first

    def end(self) -> None:
        """Ends it with its children, once it has kept what it learned."""
        self.over = self.over or "the run is over"  # nobody waits for one that is still being loaded
        with self._guard:
            if self._control is not None:
                with suppress(OSError):  # of one that is gone
                    self._control.shutdown(socket.SHUT_WR)
                _readable(self._control, _GONE_WITHIN_S)
                self._control.close()
                self._control = None
            self.last_words()

    def load(self, env: Mapping[str, str], stopping: threading.Event) -> None:
        """Starts the process, if that was not done before, and waits until it is ready. `over` says why it is not."""
        with self._guard:
            if self._control is not None or self.over:
                return
            ours, theirs = socket.socketpair()
            with theirs:
                try:
                    argv = (*self._how.argv, str(theirs.fileno()))
                    self._service = service = Service(argv, {**env, **dict(self._how.env)}, theirs.fileno())
                except (OSError, ValueError) as error:
                    ours.close()
                    self.over = f"{self._how.argv[0]} cannot be run: {error}"
                    return
            until = clock.monotonic() + READY_WITHIN_S
            while not _readable(ours, _TICK_S):
                if stopping.is_set() or self.over or clock.monotonic() > until:
                    service.kill()
            if ours.recv(1):
                self._control = ours
            else:
                ours.close()
                self.over = self.over or service.last_words()


class Forked:
    """A child of a server (a `Child` of engine/process.py), and the ends of its pipes that are ours."""

    def __init__(self, stdin: bool, lost: Callable[[], None]) -> None:
        """
        :param stdin: something will be written to it
        :param lost: called when its server has died
        """
        self._lost = lost
        self._line, line = socket.socketpair()
        own_in: int | None = None
        if stdin:
            their_in, own_in = os.pipe()
        else:
            their_in = os.open(os.devnull, os.O_RDONLY)
        (own_out, their_out), (own_err, their_err), (their_word, self._word) = os.pipe(), os.pipe(), os.pipe()
        self._theirs = [line.detach(), their_in, their_out, their_err, their_word]
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
        self._line.settimeout(READY_WITHIN_S)
        self._line.sendall(request)
        self._line.settimeout(None)

    def begun(self, stopping: threading.Event) -> bool:
        """Waits until the child is there, and gives it the word to begin; False when the run is stopped meanwhile.

        :raises Cold, ConnectionError: there will be none
        """
        until = clock.monotonic() + READY_WITHIN_S
        while not _readable(self._line, _TICK_S):
            if stopping.is_set():
                return False
            if clock.monotonic() > until:
                raise Cold(f"its server had not begun a command after {READY_WITHIN_S:.0f} s")
        kind, number = self._message()
        if kind == _REFUSED:
            threads = "it has started threads while it was loaded, and cannot be forked"
            raise Cold(f"it cannot be forked: {os.strerror(number)}" if number else threads)
        if kind != _BEGUN:
            raise Cold(f"a child of it ended before it began (exit code {number})")
        self._pid = number
        with suppress(BrokenPipeError):  # it has been killed already: so its server will say
            os.write(self._word, b"+")
        self._close_word()
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
        self._close_word()
        for end in (self._line, self.stdin, self.stdout, self.stderr):
            if end is not None:
                end.close()

    def _end(self) -> None:
        try:
            _, self._code = self._message()
        except ConnectionResetError:
            self._lost()
            self._code = KILLED

    def _message(self) -> tuple[bytes, int]:
        """The next from the server.

        :raises ConnectionResetError: it has died, and its children with it
        """
        data = self._line.recv(_MESSAGE.size, socket.MSG_WAITALL)
        if len(data) < _MESSAGE.size:
            raise ConnectionResetError
        kind, number = _MESSAGE.unpack(data)
        return kind, number

    def _close_theirs(self) -> None:
        while self._theirs:
            os.close(self._theirs.pop())

    def _close_word(self) -> None:
        if self._word >= 0:
            os.close(self._word)
            self._word = -1


def _readable(end: socket.socket, timeout_s: float) -> bool:
    with selectors.DefaultSelector() as selector:  # select() knows no descriptor above 1023
        selector.register(end, selectors.EVENT_READ)
        return bool(selector.select(timeout_s))
