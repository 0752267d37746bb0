"""The words behind a task that belong to it: `inv plan cluster` is about the step, and does not bring it about."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from invoke import Argument, Task

WORDS = ("step", "run", "name")
"""The parameters that take them."""


class Words(Argument):
    """A positional argument that takes any number of words, or none. Invoke's own have to be given, one word each.

    While it is `open`, it says that it has no value yet, and Invoke gives it the next word. All words are taken, so
    that no step is ever run by a command that only tells about it.
    """

    def __init__(self, name: str, **options: Any) -> None:
        super().__init__(name, kind=list, positional=True, **options)
        self.open = True

    @property
    def value(self) -> Any:
        return None if self.open else self._value

    @value.setter
    def value(self, word: str) -> None:
        self.raw_value = word
        self._value = [*(self._value or []), word]


class Telling(Task):
    """A task that brings no step about: its parameter `step`, `run` or `name` is the list of the words behind it."""

    def get_arguments(self, ignore_unknown_help: bool | None = None) -> list[Argument]:
        arguments = super().get_arguments(ignore_unknown_help)
        return [Words(one.name, help=one.help) if one.name in WORDS else one for one in arguments]


def words_only(handle: Callable[..., None]) -> Callable[..., None]:
    """Wraps `ParseMachine.handle`: what begins with a hyphen is left to Invoke."""

    @wraps(handle)
    def wrapped(machine: Any, token: str) -> None:
        for argument in _words(machine):
            argument.open = not token.startswith("-")
        handle(machine, token)

    return wrapped


def closing(complete_context: Callable[..., None]) -> Callable[..., None]:
    """Wraps `ParseMachine.complete_context`: the words are over."""

    @wraps(complete_context)
    def wrapped(machine: Any) -> None:
        for argument in _words(machine):
            argument.open = False
        complete_context(machine)

    return wrapped


def _words(machine: Any) -> list[Words]:
    arguments = machine.context.positional_args if machine.context else []
    return [one for one in arguments if isinstance(one, Words)]
