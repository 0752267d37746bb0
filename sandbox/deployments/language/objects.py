"""Objects: made, merged, taken apart."""

from typing import Any

from sandbox.deployments.language.evaluation import property_name
from sandbox.deployments.language.faults import ExpressionFault, Provisional, Unknown
from sandbox.deployments.language.functions import function


@function("createObject", keeps_unknown=True)
def create_object(*pairs: object) -> dict[str, Any]:
    if len(pairs) % 2:
        raise ExpressionFault(
            "Unable to evaluate template language function 'createObject': the number of arguments must be even. "
            "Please see https://aka.ms/arm-functions#createobject for usage details."
        )
    names = pairs[::2]
    if not all(isinstance(name, str) for name in names):
        raise ExpressionFault("The template language function 'createObject' expects its keys to be strings.")
    return dict(zip(map(str, names), pairs[1::2], strict=True))


@function("items", structural=True)
def items(value: dict) -> list[dict[str, Any]]:
    """The properties as key and value, sorted by key."""
    return [{"key": key, "value": value[key]} for key in sorted(value)]


@function("objectKeys", structural=True)
def object_keys(value: dict) -> list[str]:
    return sorted(value)


@function("shallowMerge", structural=True)
def shallow_merge(values: list) -> dict[str, Any]:
    """Later objects win, property by property."""
    if not all(isinstance(value, dict) for value in values):
        raise ExpressionFault("The template language function 'shallowMerge' expects an array of objects.")
    return {key: inner for value in values for key, inner in value.items()}


def merged(left: dict[str, Any], right: dict[str, Any]) -> dict[str, Any]:
    """Both objects' properties; objects in them are merged as well, for anything else the right one wins."""
    result = dict(left)
    for key, value in right.items():
        name = property_name(result, key) or key
        present = result.get(name)
        result[name] = merged(present, value) if isinstance(present, dict) and isinstance(value, dict) else value
    return result


@function("tryGet", structural=True)
def try_get(value: object, first: str | int, *others: str | int) -> Any:
    """The property or element, null where it or anything on the way to it is missing."""
    for key in (first, *others):
        if isinstance(value, dict) and isinstance(key, str):
            name = property_name(value, key)
            if name is None and isinstance(value, Provisional):
                return Unknown("")
            value = None if name is None else value[name]
        elif isinstance(value, list) and isinstance(key, int):
            value = value[key] if -len(value) <= key < len(value) else None
        else:
            return None
        if isinstance(value, Unknown):
            return value
    return value
