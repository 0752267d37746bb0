"""Events from the lines of a journal: what a field has to be stands in the events' annotations, and is held here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from functools import cache, partial
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from engine.events import EVENTS, OPTIONAL, Event

_NAMED = {event.event: event for event in EVENTS}


def event_of(line: Mapping[str, Any]) -> Event | None:
    """The event of a journal's line; None when this project does not know it.

    :raises ValueError: a field is missing, or is not what it has to be
    """
    kind = _NAMED.get(str(line["event"]))
    return _told(kind, line) if kind else None


def _told(kind: Any, line: Mapping[str, Any]) -> Any:
    """A dataclass from what JSON made of it; fields that it does not have are left out."""
    given = {}
    for name, of in _readers(kind):
        if name in line:
            given[name] = of(line[name])
    try:
        return kind(**given)
    except TypeError as error:
        missing = [one.name for one in fields(kind) if one.name not in given and one.name not in OPTIONAL[kind]]
        raise ValueError(f"a line has no {', '.join(missing)}") from error


@cache
def _readers(kind: Any) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
    """Each field with what makes its value of what JSON has, or raises ValueError."""
    hints = get_type_hints(kind)
    return tuple((one.name, _reader(hints[one.name])) for one in fields(kind))


def _reader(hint: Any) -> Callable[[Any], Any]:
    origin, inner = get_origin(hint), get_args(hint)
    if origin is UnionType:  # FailedCommand | None
        return lambda value: None if value is None else _told(inner[0], _of(dict, value))
    fits: Any = {Literal: str, float: (int, float), Sequence: list, Mapping: dict}.get(origin or hint, hint)
    if origin not in (Sequence, Mapping):
        return partial(_of, fits)
    each = _reader(inner[-1])

    def many(value: Any) -> Any:
        for one in _of(fits, value) if origin is Sequence else _of(fits, value).values():
            each(one)
        return value

    return many


def _of(fits: Any, value: Any) -> Any:
    if not isinstance(value, fits):
        raise ValueError(f"in a line there is {value!r:.40}")
    return value
