"""Brings goals about: ask, judge, act if it does not hold, wait until it shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from engine import clock
from engine.errors import CommandFailed, NotYet, Several, StepFailed, Stopped, TimedOut, Unmet
from engine.goal import Act, Change, Command, Differs, Goal, Holds, Missing, Settle, State
from engine.masking import clean
from engine.threads import side_by_side
from engine.verdict import Outcome

if TYPE_CHECKING:
    from engine.session import Session
    from engine.steplog import StepLog

T = TypeVar("T")

LANDED = "took effect, although its answer was lost"


class _Landed(Exception):
    """A write that seemed to fail had taken effect."""


class _Cleared(Exception):
    """What had to be done first needs no doing any more."""


class Pursuit:
    """The goals of one step, one after the other; `outcomes` grows as they are reached.

    unsure  this is a plan, and something before this step would change: a question that cannot be asked yet says
            nothing then
    passing this step is only passed on the way to another one: its goals are not looked at, unless they prepare this
            machine
    """

    def __init__(self, session: Session, log: StepLog, *, unsure: bool = False, passing: bool = False) -> None:
        self.session, self.log, self.unsure, self.passing = session, log, unsure, passing
        self.outcomes: list[Outcome] = []

    def all(self, goals: Any) -> None:
        """Everything that a step's body returned: None, a goal, or goals in order, with lists side by side.

        :raises StepFailed: a goal cannot be reached, or it cannot be told whether it holds
        """
        for item in _in_order(goals):
            if isinstance(item, Goal):
                self._record(self.reach(item))
            else:
                self._side_by_side(_group(item))

    def _side_by_side(self, goals: list[Goal]) -> None:
        """Side by side; what was reached is recorded, in the order of the goals, also when some of them failed."""
        reached: dict[int, Outcome] = {}
        failed: list[StepFailed] = []

        def one(index: int) -> None:
            try:
                reached[index] = self.reach(goals[index])
            except NotYet:  # no failure where it is a plan
                raise
            except StepFailed as error:
                failed.append(error)

        try:
            side_by_side([partial(one, index) for index in range(len(goals))])
        finally:
            for index in sorted(reached):
                self._record(reached[index])
        if failed:
            raise Several(failed) if len(failed) > 1 else failed[0]

    def reach(self, goal: Goal) -> Outcome:
        """One goal; in a plan, what would be done about it."""
        if self.session.dry and not goal.prepares:
            return Outcome(goal.name, "held") if self.passing else self._plan(goal)
        with self.session.locks.hold(goal.locks, self.log.step, partial(self.log.waiting, "lock")):
            if self.session.shell.stopping.is_set():
                raise Stopped(f"{goal.name}: not looked at, because the run was stopped")
            state = self._state(goal)
            if isinstance(state, Holds):
                return Outcome(goal.name, "held", state.note)
            how, first, landed = _how(state), _first(state), ""
            if goal.acts:
                self.log.acting(goal.name, how)
                landed = self._act(goal, state)
        if goal.settle is not None:
            state = self._settle(goal, goal.settle, None if goal.acts else state)
        elif not goal.acts:
            raise Unmet(goal.name, [f"{goal.name}: {line}" for line in how])
        if not goal.acts:
            return Outcome(goal.name, "held", state.note if isinstance(state, Holds) else "")
        acts = tuple(clean(str(act)) for act in (*first, *goal.acts))
        return Outcome(goal.name, "changed", note=landed, how=how, acts=acts)

    def _record(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        self.log.goal(outcome)

    def _state(self, goal: Goal) -> State:
        answers = side_by_side([partial(self.session.facts.answer, ask, self.log) for ask in goal.asks])
        return goal.judge(*answers)

    def _plan(self, goal: Goal) -> Outcome:
        try:
            state = self._state(goal)
        except NotYet as error:
            return Outcome(goal.name, "not known yet", how=(error.why,))
        except CommandFailed as error:
            if not self.unsure:
                raise
            return Outcome(goal.name, "not known yet", how=(f"cannot be asked yet: {error}",))
        if isinstance(state, Holds):
            return Outcome(goal.name, "held", state.note)
        if not goal.acts:
            if goal.settle is not None or self.unsure:
                return Outcome(goal.name, "not known yet", how=_how(state))
            raise Unmet(goal.name, [f"{goal.name}: {line}" for line in _how(state)])
        acts = tuple(map(_planned, (*_first(state), *goal.acts)))
        return Outcome(goal.name, "would change", how=_how(state), acts=acts, changes=_changes(goal.name, state))

    def _act(self, goal: Goal, state: State) -> str:
        """Does what has to be done first, then the acts; returns what is worth telling about how that went.

        Whatever happens, nothing that they may have changed is remembered as known. Before a command is repeated it is
        asked how things stand now: only its answer may have been lost, or its remains may be in the way."""

        def again(act: Command | Act) -> None:
            if goal.quiet is not None:
                self.session.facts.forget(goal.quiet.topics)
                self.reach(goal.quiet)
            now = self._state_anew(goal, goal.topics)
            if isinstance(now, Holds):
                raise _Landed
            if act not in goal.acts and act not in _first(now):
                raise _Cleared
            for one in _first(now) if act in goal.acts else ():
                run(one)

        def run(act: Command | Act) -> None:
            with suppress(_Cleared):
                self._do(act, partial(again, act))

        try:
            for act in (*_first(state), *goal.acts):
                run(act)
        except _Landed:
            self.log.note(f"{goal.name}: {LANDED}")
            return LANDED
        finally:
            self.session.facts.forget(goal.topics)
        return ""

    def _do(self, act: Command | Act, before_again: Callable[[], None] | None = None) -> None:
        if isinstance(act, Command):
            self.session.shell.run(act, self.log, before_again=before_again)
            return
        if self.session.shell.stopping.is_set():
            raise Stopped(f"{act.description}: not done, because the run was stopped")
        self.log.note(f"doing: {act.description}")
        self.log.screen.doing(self.log.step, act.description)
        said = act.do()
        if said:
            self.log.note(said)
        self.log.screen.doing(self.log.step, "")

    def _settle(self, goal: Goal, settle: Settle, state: State | None) -> State:
        """Asks until it holds; `state` is what was found just now, None when acts have changed it since."""
        ends_at = clock.monotonic() + settle.within_s
        if state is None:
            state = self._state_anew(goal)
        if isinstance(state, Holds):
            return state
        with self.log.waiting("effect", settle.awaited):
            while not isinstance(state, Holds):
                rest = ends_at - clock.monotonic()
                self._give_up(goal, settle, state, in_vain=rest <= 0)
                if clock.pause(min(settle.every_s, rest), self.session.shell.stopping):
                    raise Stopped(f"stopped while waiting for {settle.waiting_for}")
                state = self._state_anew(goal)
        return state

    def _give_up(self, goal: Goal, settle: Settle, state: State, *, in_vain: bool) -> None:
        """Ends a wait whose time is up, or that what is found makes hopeless; in any other case does nothing."""
        still = "; ".join(_how(state))
        sign = settle.signs.classify(still)
        _, meaning, advice = sign.told(still) if sign else ("", "", "")
        if sign is not None and sign.kind == "permanent":
            raise Unmet(goal.name, [f"{goal.name}: {line}" for line in _how(state)], meaning=meaning, advice=advice)
        if in_vain:
            waited = f"waited {clock.spoken(settle.within_s)} for {settle.waiting_for}"
            raise TimedOut(f"{goal.name}: {waited}; still {still}", meaning=meaning, advice=advice)

    def _state_anew(self, goal: Goal, topics: Iterable[str] = ()) -> State:
        self.session.facts.forget([*(ask.topic for ask in goal.asks), *topics])
        return self._state(goal)


def _in_order(goals: Any) -> Iterator[Goal | Iterable[Goal]]:
    if goals is None:
        return
    if isinstance(goals, Goal):
        yield goals
        return
    if not isinstance(goals, Iterable) or isinstance(goals, str | bytes | dict):
        raise TypeError(f"a step's body returns goals, not {goals!r}")
    yield from (item for item in goals if item is not None)


def _group(item: Any) -> list[Goal]:
    group = [one for one in item if one is not None] if isinstance(item, list | tuple) else [item]
    for one in group:
        if not isinstance(one, Goal):
            raise TypeError(f"a step's body yields goals or lists of goals, not {one!r}")
    return group


def _how(state: State) -> tuple[str, ...]:
    """In words, a line for each difference."""
    return tuple(line for change in _changes("", state) for line in change.lines)


def _changes(goal: str, state: State) -> tuple[Change, ...]:
    """Thing by thing; what is said in words only is a change to what the goal is about."""
    if isinstance(state, Missing):
        return (Change("create", clean(state.what)),)
    if not isinstance(state, Differs):
        raise TypeError(f"a judge returns Holds, Missing or Differs, not {state!r}")
    words = tuple(clean(one) for one in state.how if isinstance(one, str))
    things = [one for one in state.how if isinstance(one, Change)]
    cleaned = [Change(one.kind, clean(one.what), tuple(map(clean, one.how))) for one in things]
    return (*([Change("change", goal, words)] if words else []), *cleaned)


def _first(state: State) -> tuple[Command | Act, ...]:
    return state.first if isinstance(state, Differs) else ()


def _planned(act: Command | Act) -> str:
    text = clean(str(act))
    if isinstance(act, Command) and act.stdin is not None:
        lines = act.stdin.count("\n") + (not act.stdin.endswith("\n"))
        return f"{text}   # standard input: {lines} lines"
    return text
