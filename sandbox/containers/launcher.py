"""Runs one command and takes it down with the sandbox, however that dies: ``python launcher.py COMMAND...``.

Standard input is a pipe whose other end only the sandbox holds. A line ``stop <seconds>`` asks the command to end
within that time; the pipe's end means that the sandbox is gone, and ends everything at once. This works wherever
there are pipes and process groups. The file is run by itself: it may import nothing of the sandbox.
"""

import os
import select
import signal
import subprocess
import sys
import threading


def main() -> None:
    """Leads the process group that the command and all it starts belong to; ends with the command's exit code."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)  # meant for the command, which is in the same group
    child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
    threading.Thread(target=_obey, daemon=True).start()
    code = child.wait()
    os._exit(code if code >= 0 else 128 - code)


def _obey() -> None:
    order = os.read(0, 100).split()
    if order:
        os.killpg(os.getpgrp(), signal.SIGTERM)
        select.select([0], [], [], float(order[1]))
    os.killpg(os.getpgrp(), signal.SIGKILL)


if __name__ == "__main__":
    main()
