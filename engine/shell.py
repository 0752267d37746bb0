"""The one door to processes: runs a command, again where its errors are worth it, and ends all when the run stops."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from engine import clock
from engine.attempts import attempts
from engine.errors import Stopped, TimedOut
from engine.goal import Command, Completed
from engine.process import Child, Process, Spawned
from engine.retry import NEVER

if TYPE_CHECKING:
    from engine.steplog import StepLog
    from engine.warm import Warm

_OK = frozenset({0})
_CANNOT_RUN = 126
_NOT_FOUND = 127


class Shell:
    """Runs the commands of one run, on any thread.

    env        variables for every command, beside this process's own; shared with `Lab.env`
    limit_s    the longest that any command may take (`inv -T`)
    warm       has servers for programs that are slow to start
    """

    def __init__(self, env: dict[str, str], cwd: Path, limit_s: float | None = None, warm: Warm | None = None) -> None:
        self.env, self.cwd, self.limit_s, self.warm = env, cwd, limit_s, warm
        self.stopping = threading.Event()
        self._running: set[Process] = set()
        self._guard = threading.Lock()

    def run(
        self,
        command: Command,
        log: StepLog,
        accepts: frozenset[int] = _OK,
        before_again: Callable[[], None] | None = None,
    ) -> Completed:
        """The command's end, after as many attempts as its retry rows grant.

        :param accepts: exit codes that are no failure
        :param before_again: called before each further attempt; what it raises ends them
        :raises CommandFailed: with the meaning that its retry rows give to the error
        :raises TimedOut: after `timeout_s` of the command or the run's limit
        :raises Stopped: the run is being stopped
        """

        def attempt(number: int) -> Completed:
            if number > 1 and before_again is not None:
                before_again()
            return self._once(command, log, number)

        what = ""

        def announce(text: str) -> None:
            nonlocal what
            what = text

        def pause(seconds: float) -> None:
            with log.waiting("attempt", what):
                self._pause(seconds)

        return attempts(command.retry if log.patient else NEVER, attempt, accepts, announce, pause)

    def expect(self, program: str) -> None:
        """A command of this program comes soon; see `Lab.expect`."""
        if self.warm is not None:
            self.warm.expect(program, {**os.environ, **self.env}, self.stopping)

    def close(self) -> None:
        """The run is over: what was kept warm ends."""
        if self.warm is not None:
            self.warm.close()

    def stop(self, *, at_once: bool = False) -> None:
        """No command starts any more; those that run are asked to end, or with `at_once` killed."""
        self.stopping.set()
        with self._guard:
            running = list(self._running)
        for process in running:
            process.kill() if at_once else process.interrupt()

    def _pause(self, seconds: float) -> None:
        if clock.pause(seconds, self.stopping):
            raise Stopped("stopped while it waited for another attempt")

    def _once(self, command: Command, log: StepLog, number: int) -> Completed:
        known = log.command_started(command, number)
        started = clock.monotonic()
        held_back: list[str] = []

        def lines(mark_: str, text: str) -> None:
            if not command.secret:
                log.output(known, mark_, text)
            elif mark_ == "!":
                held_back.append(text)

        limits = [limit for limit in (command.timeout_s, self.limit_s) if limit]
        timeout_s = min(limits) if limits else None
        process = self._start(command, log, log.variables(known))
        if isinstance(process, Completed):
            completed, timed_out = process, False
            lines("!", completed.stderr)
        else:
            try:
                code, out, err, timed_out = process.read_to_end(lines, timeout_s)
            finally:
                with self._guard:
                    self._running.discard(process)
            completed = Completed(command, code, out, err, clock.monotonic() - started, number)
        if completed.exit_code and held_back:
            log.output(known, "!", "\n".join(held_back))
        log.command_ended(known, completed.exit_code, completed.seconds)
        if self.stopping.is_set():
            raise Stopped(f"stopped: {command}")
        if timed_out and timeout_s:
            after = clock.spoken(timeout_s)
            raise TimedOut(f"{command.program} had not ended after {after}", completed=completed)
        return completed

    def _start(self, command: Command, log: StepLog, more: Mapping[str, str]) -> Process | Completed:
        """The running process; or, when it cannot be started, what a shell would have answered."""
        env = {**os.environ, **self.env, **more, **command.env}
        try:
            child = self._child(command, env, log)
        except FileNotFoundError:
            what = f"{command.argv[0]}: not found (PATH is {env.get('PATH', 'not set')})"
            return Completed(command, _NOT_FOUND, "", what, 0.0)
        except (OSError, ValueError) as error:  # not executable, too long, a NUL among the arguments
            return Completed(command, _CANNOT_RUN, "", f"{command.argv[0]}: cannot be run: {error}", 0.0)
        process = Process(child, command.stdin)
        with self._guard:
            self._running.add(process)
        if self.stopping.is_set():  # since we looked: `stop` may not have seen it
            process.interrupt()
        return process

    def _child(self, command: Command, env: dict[str, str], log: StepLog) -> Child:
        stdin, forked = command.stdin is not None, None
        if self.warm is not None and not self.stopping.is_set():
            forked = self.warm.start(command.argv, env, self.cwd, stdin, self.stopping, log.say)
        if forked is not None:
            return forked
        if self.stopping.is_set():
            raise Stopped(f"stopped before: {command}")
        return Spawned(command.argv, env, self.cwd, stdin)
