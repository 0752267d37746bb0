"""Arrays, and what works alike on arrays, objects and strings."""

from typing import Any

from sandbox.deployments.language.evaluation import property_name
from sandbox.deployments.language.faults import ExpressionFault
from sandbox.deployments.language.functions import function, kind
from sandbox.deployments.language.logic import same
from sandbox.deployments.language.objects import merged


@function("createArray", keeps_unknown=True)
def create_array(*values: object) -> list[Any]:
    return list(values)


@function("array", keeps_unknown=True)
def array(value: object) -> list[Any]:
    """The value as an array: itself if it is one."""
    return value if isinstance(value, list) else [value]


@function("range")
def integers(start: int, count: int) -> list[int]:
    if not 0 <= count <= 10000:
        raise ExpressionFault(
            "The template language function 'range' expects its second parameter to be an integer between 0 and 10000."
        )
    return list(range(start, start + count))


@function("contains")
def contains(container: str | list | dict, item: object) -> bool:
    match container:
        case str():
            return str(item) in container
        case list():
            return any(same(item, one) for one in container)
    return isinstance(item, str) and property_name(container, item) is not None


@function("empty", structural=True)
def empty(value: str | list | dict | None) -> bool:
    return not value


@function("length", structural=True)
def length(value: str | list | dict) -> int:
    return len(value)


@function("first", structural=True)
def first(value: str | list) -> Any:
    return value[0] if value else ("" if isinstance(value, str) else None)


@function("last", structural=True)
def last(value: str | list) -> Any:
    return value[-1] if value else ("" if isinstance(value, str) else None)


@function("take", structural=True)
def take(value: str | list, count: int) -> Any:
    return value[: max(count, 0)]


@function("skip", structural=True)
def skip(value: str | list, count: int) -> Any:
    return value[max(count, 0) :]


@function("flatten", structural=True)
def flatten(values: list) -> list[Any]:
    """One level of arrays taken away."""
    if not all(isinstance(value, list) for value in values):
        raise ExpressionFault("The template language function 'flatten' expects an array of arrays.")
    return [one for value in values for one in value]


def _alike(name: str, values: tuple[Any, ...]) -> None:
    if len({kind(value) for value in values}) > 1:
        raise ExpressionFault(
            f"The template language function '{name}' expects parameters of the same type: array or object. "
            f"Please see https://aka.ms/arm-functions#{name} for usage details."
        )


@function("union", structural=True)
def union(left: list | dict, right: list | dict, *others: list | dict) -> Any:
    """Objects are merged deep, the later wins; arrays keep each element once."""
    values = (left, right, *others)
    _alike("union", values)
    if isinstance(left, dict):
        result: dict[str, Any] = {}
        for value in values:
            if isinstance(value, dict):
                result = merged(result, value)
        return result
    together: list[Any] = []
    for value in values:
        together += [one for one in value if not any(same(one, kept) for kept in together)]
    return together


@function("intersection")
def intersection(left: list | dict, right: list | dict, *others: list | dict) -> Any:
    """What all have in common."""
    values = (right, *others)
    _alike("intersection", (left, *values))
    if isinstance(left, dict):
        return {
            key: inner
            for key, inner in left.items()
            if all(key in value and same(value[key], inner) for value in values)
        }
    return [one for one in left if all(any(same(one, other) for other in value) for value in values)]


@function("indexFromEnd", structural=True)
def index_from_end(value: list, position: int) -> Any:
    """Bicep's ``array[^1]``: positions count from 1 at the end."""
    if not 1 <= position <= len(value):
        raise ExpressionFault(f"The language expression property array index '{position}' is out of bounds.")
    return value[-position]
