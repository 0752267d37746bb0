"""One command as a process group of its own: its output line by line, its end, and how it is ended."""

import asyncio
import codecs
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

LAUNCHER = Path(__file__).with_name("launcher.py")
#: How long output may take to arrive after the end of its process.
LAST_OUTPUT_S = 1.0


class Process:
    """A command that runs from now on. ``say`` gets its output, some lines at a time. Needs a running event loop."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], folder: Path, say: Callable[[str], object]) -> None:
        self._argv, self._env, self._folder, self._say = argv, env, folder, say
        #: None while it runs; 128 and the signal's number where a signal has ended it.
        self.exit_code: int | None = None
        orders, self._orders = os.pipe()
        self.ended = asyncio.create_task(self._run(orders))

    def stop(self, grace_s: float) -> None:
        """SIGTERM now, SIGKILL after ``grace_s``. A process that has ended is no error."""
        with contextlib.suppress(OSError):
            os.write(self._orders, f"stop {grace_s}\n".encode())

    def mute(self) -> None:
        """Its output is of no interest any more."""
        self._say = lambda text: None

    async def _run(self, orders: int) -> None:
        output, written = os.pipe()
        launch = [sys.executable, "-I", "-S", str(LAUNCHER), *self._argv]
        try:
            begun = await asyncio.create_subprocess_exec(
                *launch, stdin=orders, stdout=written, stderr=written, env=self._env, cwd=self._folder,
                start_new_session=True,
            )  # fmt: skip
        finally:
            os.close(orders)
            os.close(written)
        reading = asyncio.create_task(self._read(output))
        try:
            code = await begun.wait()
            with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS: a group of dead ones is not ours
                os.killpg(begun.pid, signal.SIGKILL)  # what it left behind goes with it, as in a container
            await asyncio.wait([reading], timeout=LAST_OUTPUT_S)
            self.exit_code = code if code >= 0 else 128 - code
        finally:
            reading.cancel()
            os.close(self._orders)
            self._orders = -1

    async def _read(self, output: int) -> None:
        reader, text = asyncio.StreamReader(), codecs.getincrementaldecoder("utf-8")("replace")
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(output, "rb", buffering=0)
        )
        rest = ""
        try:
            while chunk := await reader.read(1 << 16):
                whole, newline, rest = (rest + text.decode(chunk)).rpartition("\n")
                if newline:
                    self._say(whole)
        finally:
            if rest:
                self._say(rest)
            transport.close()
