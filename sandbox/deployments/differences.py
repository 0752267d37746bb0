"""Two states of a resource compared, in the shape that what-if answers."""

from typing import Any

from sandbox.deployments.language.logic import same
from sandbox.store import Document

#: What makes a resource the one that it is; never a difference.
_IDENTITY = frozenset({"id", "name", "type", "apiVersion"})


def completed(before: Document, after: Document) -> Document:
    """``after`` with what the server made: values that stand and that the request does not speak of. Tags are the
    author's alone, so there a missing one is a removed one."""
    result = {key: value for key, value in before.items() if key != "tags"}
    for key, value in after.items():
        result[key] = value if key == "tags" else _completed(before.get(key), value)
    return result


def _completed(before: Any, after: Any) -> Any:
    if isinstance(before, dict) and isinstance(after, dict):
        return {**before, **{key: _completed(before.get(key), value) for key, value in after.items()}}
    if isinstance(before, list) and isinstance(after, list):
        return [_completed(_partner(before, after, index), value) for index, value in enumerate(after)]
    return after


def _partner(before: list[Any], after: list[Any], index: int) -> Any:
    """The element that stood for this one: the one of the same name, else that at the same place."""
    value = after[index]
    if isinstance(value, dict) and "name" in value:
        return next((one for one in before if isinstance(one, dict) and one.get("name") == value["name"]), None)
    return before[index] if len(before) == len(after) else None


def delta(before: Document, after: Document) -> list[dict[str, Any]]:
    """The differences of two states: ``path``, ``propertyChangeType``, ``before``, ``after``, ``children``."""
    changes: list[dict[str, Any]] = []
    for key in sorted({*before, *after} - _IDENTITY):
        changes += _changes(key, before.get(key), after.get(key))
    return changes


def _changes(path: str, before: Any, after: Any) -> list[dict[str, Any]]:
    if same(before, after):
        return []
    if isinstance(before, dict) and isinstance(after, dict):
        keys = sorted({*before, *after})
        return [change for key in keys for change in _changes(f"{path}.{key}", before.get(key), after.get(key))]
    if isinstance(before, list) and isinstance(after, list):
        return [_change(path, "Array", None, None, _elements(before, after))]
    kind = "Create" if before is None else "Delete" if after is None else "Modify"
    return [_change(path, kind, before, after)]


def _elements(before: list[Any], after: list[Any]) -> list[dict[str, Any]]:
    """The differences of two arrays, by index."""
    children: list[dict[str, Any]] = []
    for index in range(max(len(before), len(after))):
        if index >= len(before):
            children.append(_change(str(index), "Create", None, after[index]))
        elif index >= len(after):
            children.append(_change(str(index), "Delete", before[index], None))
        elif isinstance(before[index], dict) and isinstance(after[index], dict):
            inner = delta(before[index], after[index]) + _identity_changes(before[index], after[index])
            if inner:
                children.append(_change(str(index), "Modify", None, None, inner))
        else:
            children += _changes(str(index), before[index], after[index])
    return children


def _identity_changes(before: dict[str, Any], after: dict[str, Any]) -> list[dict[str, Any]]:
    """An element of an array has no identity of its own: its ``name`` is a property like any other."""
    keys = sorted(_IDENTITY & ({*before} | {*after}))
    return [change for key in keys for change in _changes(key, before.get(key), after.get(key))]


def _change(
    path: str, kind: str, before: Any, after: Any, children: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    return {"path": path, "propertyChangeType": kind, "before": before, "after": after, "children": children}
