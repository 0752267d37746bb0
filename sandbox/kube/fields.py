"""Sets of fields: what of an object a manager owns, as paths, and FieldsV1, the form that they are stored in.

A path is a tuple of elements as FieldsV1 writes them: ``f:name`` a field, ``k:{"name":"web"}`` an item of a list
that is a map, ``v:"x"`` an item of a list that is a set. Lists without such a type are one field, as are atomic ones.
"""

import copy
import json
from collections.abc import Iterable, Iterator
from typing import Any

from sandbox.kube.schemas.shapes import ANY, Shape
from sandbox.kube.strategic import ordered
from sandbox.store import Document

Path = tuple[str, ...]
Fields = frozenset[Path]


def item(shape: Shape, value: Any) -> str | None:
    """The element of a list's item; None where the list is one field."""
    if shape.keys and isinstance(value, dict):
        inner = shape.items or ANY
        key = {name: value.get(name, inner.part(name).default) for name in sorted(shape.keys)}
        return "k:" + _compact({name: part for name, part in key.items() if part is not None})
    return "v:" + _compact(value) if shape.unique else None


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


def _granular(shape: Shape, value: Any) -> bool:
    """Whether the parts of a value are owned one by one."""
    if shape.atomic:
        return False
    if isinstance(value, dict):
        return shape.form in ("object", "map", "any")
    return isinstance(value, list) and shape.form == "list" and bool(shape.keys or shape.unique)


def parts(shape: Shape, value: Any) -> Iterator[tuple[str, Shape, Any]]:
    """The parts of a granular value: element, shape, value."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield f"f:{name}", shape.part(name), one
    else:
        for one in value:
            yield item(shape, one) or "", shape.items or ANY, one


def owned(shape: Shape, value: Any, path: Path = ()) -> Iterator[Path]:
    """The paths of everything in a value: the leaves, and the items of list maps."""
    if not _granular(shape, value) or not value:
        if path:
            yield path
        return
    if path and path[-1].startswith("k:"):
        yield path
    for element, part, one in parts(shape, value):
        yield from owned(part, one, (*path, element))


def leaves(shape: Shape, value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """The paths of a value with what stands there; list items as themselves come with None."""
    if not _granular(shape, value) or not value:
        yield path, value
        return
    if path and path[-1].startswith("k:"):
        yield path, None
    for element, part, one in parts(shape, value):
        yield from leaves(part, one, (*path, element))


def difference(shape: Shape, old: Document, new: Document) -> tuple[Fields, Fields]:
    """What ``new`` has added or changed, and what it has lost."""
    before, after = dict(leaves(shape, old)), dict(leaves(shape, new))
    changed = frozenset(path for path, value in after.items() if path not in before or before[path] != value)
    return changed, frozenset(path for path in before if path not in after)


def merged(live: Any, applied: Any, shape: Shape) -> Any:
    """``applied`` laid over ``live``: what it names is replaced or added, everything else stays."""
    if not _granular(shape, applied) or type(live) is not type(applied):
        return copy.deepcopy(applied)
    if isinstance(applied, dict):
        result = dict(live)
        for name, value in applied.items():
            result[name] = merged(live[name], value, shape.part(name)) if name in live else copy.deepcopy(value)
        return result
    named = {item(shape, one): one for one in applied}
    kept = [
        merged(one, named[item(shape, one)], shape.items or ANY) if item(shape, one) in named else one for one in live
    ]
    present = {item(shape, one) for one in live}
    kept += [copy.deepcopy(one) for one in applied if item(shape, one) not in present]
    return ordered(kept, list(named), lambda one: item(shape, one))


def without(document: Any, paths: Iterable[Path], shape: Shape) -> Any:
    """``document`` less the fields at ``paths``; what is left empty by that goes too."""
    removed = {path for path in paths if path}
    return _without(document, removed, shape) if removed else document


def _without(value: Any, removed: set[Path], shape: Shape) -> Any:
    below: dict[str, set[Path]] = {}
    for path in removed:
        below.setdefault(path[0], set()).add(path[1:])
    if isinstance(value, list):
        left = []
        for one in value:
            deeper = below.get(item(shape, one) or "")
            if deeper is None:
                left.append(one)
            elif () not in deeper:
                keys = {(f"f:{key}",) for key in shape.keys}
                left.append(_without(one, deeper - keys, shape.items or ANY) if deeper - keys else one)
        return left
    if not isinstance(value, dict):
        return value
    result = {}
    for name, one in value.items():
        deeper = below.get(f"f:{name}")
        if deeper is None:
            result[name] = one
        elif () not in deeper:
            left = _without(one, deeper, shape.part(name))
            if left:
                result[name] = left
    return result


def encoded(fields: Iterable[Path]) -> Document:
    """The set as FieldsV1."""
    tree: Document = {}
    all_paths = sorted(fields)
    inner = {path[:length] for path in all_paths for length in range(1, len(path))}
    for path in all_paths:
        node = tree
        for element in path:
            node = node.setdefault(element, {})
        if path in inner:
            node["."] = {}
    return tree


def decoded(tree: Document, path: Path = ()) -> Iterator[Path]:
    """The paths of a FieldsV1 document."""
    for element, below in tree.items():
        if element == ".":
            yield path
        elif below:
            yield from decoded(below, (*path, element))
        else:
            yield (*path, element)


def shown(path: Path) -> str:
    """A path as conflicts name it: ``.spec.containers[name="web"].image``."""
    said = ""
    for element in path:
        tag, _, rest = element.partition(":")
        if tag == "f":
            said += f".{rest}"
        elif tag == "k":
            said += "[" + ",".join(f"{name}={_compact(value)}" for name, value in json.loads(rest).items()) + "]"
        else:
            said += f"[={rest}]"
    return said
