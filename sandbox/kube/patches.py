"""The plain patches: JSON patch (RFC 6902) and JSON merge patch (RFC 7386)."""

import copy
from typing import Any

from sandbox.kube.errors import ApiError, bad_request


def merge(target: Any, patch: Any) -> Any:
    """A merge patch applied: objects merge, null removes, everything else replaces."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge(merged.get(name), value)
    return merged


def apply_operations(target: Any, operations: Any) -> Any:
    """A JSON patch applied to a copy. Raises ApiError 422 where a test fails or a path is missing."""
    if not isinstance(operations, list):
        raise bad_request("error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch")
    target = copy.deepcopy(target)
    for operation in operations:
        try:
            target = _apply(target, operation)
        except (KeyError, IndexError, ValueError, TypeError) as error:
            path = operation.get("path") if isinstance(operation, dict) else operation
            message = f"the server rejected our request due to an error in our request: {path}: {error}"
            raise ApiError(422, "Invalid", message, {}) from error
    return target


def _apply(target: Any, operation: dict[str, Any]) -> Any:
    op, path = operation["op"], _parts(operation["path"])
    if op in ("move", "copy"):
        value = copy.deepcopy(_get(target, _parts(operation["from"])))
        if op == "move":
            target = _remove(target, _parts(operation["from"]))
        return _add(target, path, value)
    if op == "add":
        return _add(target, path, operation["value"])
    if op == "remove":
        return _remove(target, path)
    if op == "replace":
        _get(target, path)
        return _add(_remove(target, path), path, operation["value"]) if path else operation["value"]
    if op == "test":
        if _get(target, path) != operation["value"]:
            raise ValueError(f"testing value {operation['path']} failed: test failed")
        return target
    raise ValueError(f"Unexpected kind: {op}")


def _parts(pointer: str) -> list[str]:
    if pointer and not pointer.startswith("/"):
        raise ValueError(f"invalid pointer {pointer!r}")
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def _get(target: Any, path: list[str]) -> Any:
    for part in path:
        target = target[int(part)] if isinstance(target, list) else target[part]
    return target


def _add(target: Any, path: list[str], value: Any) -> Any:
    if not path:
        return value
    holder, last = _get(target, path[:-1]), path[-1]
    if isinstance(holder, list):
        index = len(holder) if last == "-" else int(last)
        if index > len(holder):
            raise IndexError(f"index {index} out of bounds")
        holder.insert(index, value)
    else:
        holder[last] = value
    return target


def _remove(target: Any, path: list[str]) -> Any:
    holder, last = _get(target, path[:-1]), path[-1]
    del holder[int(last) if isinstance(holder, list) else last]
    return target
