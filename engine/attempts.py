"""Runs a command as often as its retry rows grant; tenacity carries the loop, the budget is wall time."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import chain, count
from typing import TYPE_CHECKING

from engine import clock
from engine.errors import CommandFailed

if TYPE_CHECKING:
    from tenacity import RetryCallState

    from engine.goal import Completed
    from engine.retry import Retry, Row

_RETRY_AFTER = re.compile(r"retry[- ]after['\"]?\s*[:=]?\s*['\"]?(\d+)", re.IGNORECASE)


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

    def row_of(completed: Completed) -> Row | None:
        if completed.exit_code in accepts:
            # Understood, and yet perhaps a passing error: kubectl ends with 1 for "differs" and for "unreachable".
            row = retry.classify(completed.stderr) if completed.exit_code else None
            return row if row is not None and row.kind == "transient" else None
        return retry.classify(f"{completed.stderr}\n{completed.stdout}")

    def transient(completed: Completed) -> bool:
        row = row_of(completed)
        return row is not None and row.kind == "transient"

    first = attempt(1)
    if not transient(first):  # nearly always, and then without the import
        return _end(first, row_of(first), accepts)
    from tenacity import Retrying, retry_if_result

    def current(state: RetryCallState) -> tuple[Completed, Row]:
        completed = state.outcome.result()  # type: ignore[union-attr]
        row = row_of(completed)
        assert row is not None, "asked about an attempt that is not repeated"
        begun.setdefault(row, clock.monotonic())
        return completed, row

    def wait_s(state: RetryCallState) -> float:
        completed, row = current(state)
        asked = _RETRY_AFTER.search(completed.stderr)
        return float(asked[1]) if asked else row.wait_s

    def used_up(state: RetryCallState) -> bool:
        _, row = current(state)
        return clock.monotonic() - begun[row] + state.upcoming_sleep > row.within_s

    def tell(state: RetryCallState) -> None:
        completed, row = current(state)
        announce(row.meaning or f"{completed.program} to succeed")

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
    if completed.exit_code in accepts or (row is not None and row.kind == "done"):
        return completed
    if row is None:
        raise CommandFailed(completed)
    meaning = row.meaning
    if row.kind == "transient":
        tries = "1 attempt" if completed.attempts == 1 else f"{completed.attempts} attempts"
        still = f"still so after {tries} in {clock.spoken(row.within_s)}"
        meaning = f"{still}: {meaning}" if meaning else still
    raise CommandFailed(completed, meaning=meaning, advice=row.advice)
