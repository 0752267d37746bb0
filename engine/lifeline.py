"""What ends the commands of a runner that was killed: a shell that waits until this process is gone.

A killed runner (`kill -9`, out of memory) ends nothing any more, and its commands are in sessions of their own: they
would go on beside those of the next run. Linux can tie a child to its parent (PR_SET_PDEATHSIG), but not the child's
own children, ties it to the parent's *thread*, and needs code between fork and exec, for which `subprocess` copies
the whole process. The shell costs 2 ms a run and a write per command, on macOS too.
"""

from __future__ import annotations

import os
import subprocess
import threading

#: Reads "+group" and "-group" until its standard input ends, which is when the runner does, however that ends.
_WATCH = """
trap '' HUP INT TERM
groups=' '
while read -r sign group; do
    case $sign in
        +) groups="$groups$group " ;;
        -) case $groups in *" $group "*) groups="${groups%% $group *} ${groups#* $group }" ;; esac ;;
    esac
done
for group in $groups; do kill -9 "-$group"; done
"""

_guard = threading.Lock()
_tied: set[int] = set()
_pipe: int | None = None
_shell: subprocess.Popen[bytes]
"""Kept, because `subprocess` warns of a child that is forgotten while it runs."""


def ready() -> None:
    """Called before a group is begun that will be tied, so that only a moment lies in between."""
    with _guard:
        if _pipe is None:
            _say("")


def tie(group: int) -> None:
    """From now on this process group is killed when this process ends."""
    with _guard:
        _tied.add(group)
        _say(f"+ {group}\n")


def untie(group: int) -> None:
    """It may live on, or has ended; said before its leader is reaped, while its number is nobody else's."""
    with _guard:
        _tied.discard(group)
        _say(f"- {group}\n")


def _say(line: str) -> None:
    global _pipe
    if _pipe is None:
        _pipe, line = _started(), "".join(f"+ {group}\n" for group in _tied)
    try:
        os.write(_pipe, line.encode())
    except BrokenPipeError:  # somebody has killed the shell; the next line starts another
        os.close(_pipe)
        _pipe = None


def _started() -> int:
    """The end of the pipe that only this process holds: its children inherit no files."""
    global _shell
    theirs, ours = os.pipe()
    with open(theirs, "rb") as stdin:  # noqa: PTH123 - a descriptor
        _shell = subprocess.Popen(
            ["/bin/sh", "-c", _WATCH],
            stdin=stdin,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
        )
    return ours
