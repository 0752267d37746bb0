"""What can go wrong, or cannot be told yet, while an expression is evaluated."""

from collections.abc import Awaitable, Callable
from typing import Any


class ExpressionFault(Exception):
    """An expression that is malformed or cannot be evaluated; its text is Azure's, without the place."""


class Pending(Exception):
    """An expression needs an answer that must be awaited first (a ``listKeys``): await ``fetch``, then evaluate
    again."""

    def __init__(self, fetch: Callable[[], Awaitable[Any]]) -> None:
        super().__init__("an answer is awaited")
        self.fetch = fetch


class Undecided(Exception):
    """A step of an evaluation hangs on a value that is unknown before the deployment (a filter's condition, say)."""


class Unknown(str):
    """A value that only the deployment itself will tell, as the text of its expression (what what-if shows for it).

    The empty text means: whatever the whole value reads.
    """

    __slots__ = ()


class Provisional(dict[str, Any]):
    """The present state of a resource that the deployment may change: what it lacks is not absent but unknown."""


def is_unknown(value: object) -> bool:
    """Whether the value, or anything in it, is unknown."""
    if isinstance(value, dict):
        return any(map(is_unknown, value.values()))
    if isinstance(value, list):
        return any(map(is_unknown, value))
    return isinstance(value, Unknown)
