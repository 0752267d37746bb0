"""Runs a command as often as its retry rows grant; tenacity carries the loop, the budget is wall time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import chain, count
from typing import TYPE_CHECKING

from engine import clock
from engine.errors import CommandFailed
from engine.retry import asked_s

if TYPE_CHECKING:
    from tenacity import RetryCallState

    from engine.goal import Completed
    from engine.retry import Retry, Row


def attempts(
    retry: Retry,
    attempt: Callable[[int], Completed],
    accepts: frozenset[int],
    announce: Callable[[str], None],
    pause: Callable[[float], None],
) -> Completed:
    """The first attempt that succeeded, or whose error means that its purpose is fulfilled.

    :param attempt: gets its number, 1 for the first; what it raises ends the loop
    :param announce: told before each pause what is being waited for
    :param pause: waits so many seconds, or raises when the run stops
    :raises CommandFailed: the error is final, or its budget is used up
    """
    begun: dict[Row, float] = {}
    pauses: Counter[Row] = Counter()

    def row_of(completed: Completed) -> Row | None:
        if completed.exit_code in accepts:
            # Understood, and yet perhaps a passing error: kubectl ends with 1 for "differs" and for "unreachable".
            row = retry.classify(completed.stderr, at_zero=not completed.exit_code)
            return row if row is not None and row.kind == "transient" else None
        return retry.classify(completed.wrote)

    def transient(completed: Completed) -> bool:
        row = row_of(completed)
        return row is not None and row.kind == "transient"

    first = attempt(1)
    if not transient(first):  # nearly always, and then without the import
        return _end(first, row_of(first), accepts)
    from tenacity import Retrying, retry_if_result

    def current(state: RetryCallState) -> tuple[Completed, Row, float]:
        """The attempt, its row, and how much is left of the row's budget."""
        completed: Completed = state.outcome.result()  # type: ignore[union-attr]
        row = row_of(completed)
        assert row is not None, "asked about an attempt that is not repeated"
        return completed, row, row.within_s - (clock.monotonic() - begun.setdefault(row, clock.monotonic()))

    def wait_s(state: RetryCallState) -> float:
        completed, row, left = current(state)
        if asked := asked_s(completed.wrote):  # 0 is no pause at all: then the row knows better
            return asked
        return max(0.0, min(left, row.pause_s(pauses[row])))  # the last attempt is made when the time is up

    def used_up(state: RetryCallState) -> bool:
        """No time is left; or the next pause, which the server asked for, would last longer than that."""
        completed, _, left = current(state)
        return left <= 0 or (asked_s(completed.wrote) or 0.0) > left

    def tell(state: RetryCallState) -> None:
        completed, row, _ = current(state)
        pauses[row] += 1
        announce(row.awaited or f"{completed.program} to succeed")

    carrier = Retrying(
        retry=retry_if_result(transient),
        wait=wait_s,
        stop=used_up,
        before_sleep=tell,
        sleep=pause,
        retry_error_callback=lambda state: state.outcome.result(),  # type: ignore[union-attr]
    )
    last: Completed = carrier(next, chain([first], map(attempt, count(2))))
    return _end(last, row_of(last), accepts)


def _end(completed: Completed, row: Row | None, accepts: frozenset[int]) -> Completed:
    hidden = row is not None and row.at_zero and not completed.exit_code
    if not hidden and (completed.exit_code in accepts or (row is not None and row.kind == "done")):
        return completed
    raise failure(completed, row)


def failure(completed: Completed, row: Row | None) -> CommandFailed:
    """The error of a command that has ended for good, with what its row makes of it."""
    if row is None:
        return CommandFailed(completed)
    words, meaning, advice = row.told(completed.wrote)
    if row.kind == "transient":
        tries = "1 attempt" if completed.attempts == 1 else f"{completed.attempts} attempts"
        asked = asked_s(completed.wrote) or 0.0
        patience = f", and asked to wait {clock.spoken(asked)}" if asked > row.within_s else ""
        still = f"still so after {tries}{patience}"
        meaning = f"{still}: {meaning}" if meaning else still
    return CommandFailed(completed, words=words, meaning=meaning, advice=advice)
