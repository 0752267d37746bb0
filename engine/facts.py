"""What is known about the world in this run: each question asked once, until a write touches its topic."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.errors import Absent, CommandFailed

if TYPE_CHECKING:
    from engine.goal import Question
    from engine.shell import Shell
    from engine.steplog import StepLog


class _Fact:
    """One answer, or the error instead of it; whoever comes while it is being asked waits for it."""

    __slots__ = ("error", "known", "topics", "value")

    def __init__(self) -> None:
        self.known = threading.Event()
        self.topics: set[str] = set()
        self.value: Any = None
        self.error: BaseException | None = None


class Facts:
    """Answers of the world by question; safe to use from any thread."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._guard = threading.Lock()
        self._facts: dict[Hashable, _Fact] = {}
        self._at: defaultdict[str, set[Hashable]] = defaultdict(set)
        self._below: defaultdict[str, set[Hashable]] = defaultdict(set)
        self._written: set[str] = set()
        self._written_below: set[str] = set()
        """The topics that were written, and all above them."""
        self._unanswered: set[Hashable] = set()

    def answer(self, question: Question, log: StepLog) -> Any:
        """The answer, or the `Absent` instance.

        :raises CommandFailed: it could not be asked; the next who wants to know asks again
        """
        try:
            if question.whole is not None and self._untouched(question.whole):
                whole = self.answer(replace(question.whole, lenient=True), log)
                if not isinstance(whole, Absent | CommandFailed):
                    assert question.part is not None
                    return _read(question.part, whole)
                self._unanswered.add(question.whole.identity)
            fact = self._fact(question, log)
            if fact.error is not None:
                raise fact.error
            return fact.value if question.read is None else _read(question.read, fact.value)
        except CommandFailed as error:
            if not question.lenient:
                raise
            return error

    def forget(self, topics: Iterable[str]) -> None:
        """A write has touched these topics: what is equal to one, below or above it, is asked again."""
        with self._guard:
            for topic in topics:
                self._written.add(topic)
                self._written_below.update(_upwards(topic))
                touched = set(self._below.get(topic, ()))
                for above in _upwards(topic):
                    touched |= self._at.get(above, set())
                for identity in touched:
                    self._drop(identity)

    def _untouched(self, whole: Question) -> bool:
        """Whether nothing has been written that it tells of, and it could be answered so far."""
        with self._guard:
            above = any(topic in self._written for topic in _upwards(whole.topic))
            related = above or whole.topic in self._written_below
            return not related and whole.identity not in self._unanswered

    def _fact(self, question: Question, log: StepLog) -> _Fact:
        identity = question.identity
        with self._guard:
            fact = self._facts.get(identity)
            mine = fact is None
            if fact is None:
                fact = self._facts[identity] = _Fact()
            self._file(identity, fact, question.topic)
        log.asking(shared=not mine)
        if not mine:
            if not fact.known.is_set():
                with log.waiting("answer", f"the answer to {question}"):
                    fact.known.wait()
            return fact
        try:
            fact.value = self._find_out(question, log)
        except BaseException as error:  # noqa: BLE001 - every waiter gets it, and nobody after them
            fact.error = error
            with self._guard:
                if self._facts.get(identity) is fact:
                    self._drop(identity)
        finally:
            fact.known.set()
        return fact

    def _find_out(self, question: Question, log: StepLog) -> Any:
        if question.command is not None:
            return self._shell.run(question.command, log, question.accepts)
        assert question.ask is not None
        log.note(f"asking {question.key}")
        try:
            return question.ask()
        except Absent as absent:
            return absent

    def _file(self, identity: Hashable, fact: _Fact, topic: str) -> None:
        if topic not in fact.topics:
            fact.topics.add(topic)
            self._at[topic].add(identity)
            for above in _upwards(topic):
                self._below[above].add(identity)

    def _drop(self, identity: Hashable) -> None:
        fact = self._facts.pop(identity, None)
        for topic in fact.topics if fact else ():
            self._at[topic].discard(identity)
            for above in _upwards(topic):
                self._below[above].discard(identity)


def _read(read: Callable[[Any], Any], value: Any) -> Any:
    try:
        return read(value)
    except Absent as absent:
        return absent


def _upwards(topic: str) -> Iterable[str]:
    """The topic itself and those above it: a/b/c, a/b, a."""
    while topic:
        yield topic
        topic = topic.rpartition("/")[0]
