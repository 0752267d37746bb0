"""Strategic merge patch: the merge that knows which lists of a built-in type are maps, and its directives.

``$patch`` (replace, delete, merge), ``$retainKeys``, ``$setElementOrder/<list>``, ``$deleteFromPrimitiveList/<list>``.
"""

import copy
import functools
from collections.abc import Callable, Hashable
from typing import Any

from sandbox.kube.errors import bad_request
from sandbox.kube.schemas.shapes import ANY, Shape
from sandbox.store import Document

_ORDER, _DROPPED = "$setElementOrder/", "$deleteFromPrimitiveList/"


def merge(target: Any, patch: Any, shape: Shape) -> Any:
    """``patch`` merged into a copy of ``target``, an object of ``shape``."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    if (directive := patch.get("$patch")) == "replace":
        return {name: copy.deepcopy(value) for name, value in patch.items() if name != "$patch"}
    if directive == "delete":
        return {}
    merged: Document = dict(target) if isinstance(target, dict) else {}
    if "$retainKeys" in patch:
        merged = {name: value for name, value in merged.items() if name in patch["$retainKeys"]}
    for name, value in patch.items():
        if name.startswith(_DROPPED):
            name = name.removeprefix(_DROPPED)
            merged[name] = [one for one in merged.get(name, []) if one not in value]
    for name, value in patch.items():
        if name.startswith("$"):
            continue
        part = shape.part(name)
        if value is None or (isinstance(value, dict) and value.get("$patch") == "delete"):
            merged.pop(name, None)
        elif isinstance(value, list) and part.merge_key is not None:
            order = patch.get(_ORDER + name)
            merged[name] = _merge_list(merged.get(name) or [], value, part, order)
        else:
            merged[name] = merge(merged.get(name), value, part)
    for name, order in patch.items():
        listed = name.removeprefix(_ORDER)
        part = shape.part(listed)
        if name.startswith(_ORDER) and listed not in patch and listed in merged and part.merge_key is not None:
            key = functools.partial(_key, shape=part)
            merged[listed] = ordered(merged[listed], [key(one) for one in order], key)
    return merged


def _key(item: Any, shape: Shape) -> Hashable:
    return item.get(shape.merge_key) if isinstance(item, dict) and shape.merge_key else item


def _merge_list(target: list[Any], patch: list[Any], shape: Shape, order: list[Any] | None) -> list[Any]:
    def key(item: Any) -> Hashable:
        return _key(item, shape)

    if any(isinstance(item, dict) and item.get("$patch") == "replace" for item in patch):
        return [item for item in patch if "$patch" not in item]
    merged = list(target)
    for item in patch:
        if not isinstance(item, dict):
            if item not in merged:
                merged.append(item)
            continue
        if shape.merge_key and shape.merge_key not in item:
            raise bad_request(f"map: {item} does not contain declared merge key: {shape.merge_key}")
        found = next((index for index, one in enumerate(merged) if key(one) == key(item)), None)
        if item.get("$patch") == "delete":
            merged = [one for one in merged if key(one) != key(item)]
        elif found is None:
            merged.append(merge({}, item, shape.items or ANY))
        else:
            merged[found] = merge(merged[found], item, shape.items or ANY)
    return ordered(merged, [key(one) for one in order], key) if order is not None else merged


def ordered(items: list[Any], order: list[Hashable], key: Callable[[Any], Hashable]) -> list[Any]:
    """``items`` in the order of the keys in ``order``; one that is not named there stays behind its predecessor."""
    rank = {one: index for index, one in enumerate(order)}
    named = sorted((item for item in items if key(item) in rank), key=lambda item: rank[key(item)])
    result, previous = named, None
    for item in items:
        if key(item) not in rank:
            place = next((i + 1 for i, one in enumerate(result) if previous is not None and one is previous), 0)
            result = [*result[:place], item, *result[place:]]
        previous = item
    return result
