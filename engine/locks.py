"""Names that no two goals may hold at once, and the lock of a whole environment."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from engine import clock
from engine.errors import EnvironmentBusy

Waiting = Callable[[str], AbstractContextManager[None]]


class NamedLocks:
    """Locks of this process by name. They are taken in the order of their names, so that nobody waits in a circle."""

    def __init__(self) -> None:
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._holders: dict[str, str] = {}
        self._guard = threading.Lock()

    @contextmanager
    def hold(self, names: Iterable[str], holder: str, waiting: Waiting) -> Iterator[None]:
        """Holds every name; `waiting` is told what is waited for, once a name, and is entered as long as it lasts."""
        taken: list[str] = []
        try:
            for name in sorted(set(names)):
                with self._guard:
                    lock = self._locks[name]
                if not lock.acquire(blocking=False):
                    other = self._holders.get(name, "another step")
                    own = other == holder  # a step that does several things at once need not say so
                    with nullcontext() if own else waiting(f"{name}, held by {other}"):
                        lock.acquire()
                self._holders[name] = holder
                taken.append(name)
            yield
        finally:
            for name in reversed(taken):
                self._holders.pop(name, None)
                self._locks[name].release()


@contextmanager
def environment_lock(home: Path, environment: str) -> Iterator[None]:
    """Keeps every other run off this environment. The kernel frees the lock when its process ends, however it ends.

    :raises EnvironmentBusy: another run has it; the message tells which
    """
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(home / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise EnvironmentBusy(_busy(environment, os.pread(descriptor, 4096, 0))) from None
        command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])
        holder = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "since": clock.stamp(clock.now()),
            "command": command,
        }
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(holder).encode(), 0)
        yield
        os.ftruncate(descriptor, 0)  # whoever has the lock next is not taken for this run before it says who it is
    finally:
        os.close(descriptor)


def _busy(environment: str, content: bytes) -> str:
    try:
        holder = json.loads(content)
        who = f"process {holder['pid']} on {holder['host']} ({holder['command']}), since {holder['since']}"
    except (ValueError, KeyError, TypeError):  # it has the lock and has not yet written who it is
        who = "another run, which has only just begun"
    return f"environment '{environment}' is in use by {who}. Wait until it has ended, or end it with Ctrl-C."
