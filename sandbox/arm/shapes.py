"""The shape of a request's ``properties``: which members there are and of which kind, refused as Azure refuses.

A shape is ``str``, ``int``, ``float``, ``bool``, ``dict`` (free content), a list of one shape, a ``Choice``,
``Fields``, or ``READ_ONLY`` for what clients send back as they got it and Azure ignores. Names are matched without
case and come out as the shape writes them; nulls count as absent.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.arm import refusals

READ_ONLY = object()


@dataclass(frozen=True)
class Choice:
    """One of a few words, matched without case."""

    type_name: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Fields:
    """An object of named members. ``type_name`` is what Azure's refusal calls it."""

    type_name: str
    members: Mapping[str, Any]


_NAMES = {
    str: "System.String",
    int: "System.Int32",
    bool: "System.Boolean",
    float: "System.Double",
    dict: "System.Object",
}

# What may stand around ``properties``, whatever the type.
ENVELOPE = frozenset(
    {"id", "name", "type", "apiversion", "location", "tags", "plan", "properties", "kind", "sku", "identity", "zones",
     "managedby", "managedbyextended", "extendedlocation", "etag", "scale", "systemdata"}
)  # fmt: skip


def check_envelope(body: Mapping[str, Any]) -> None:
    """Raise InvalidRequestContent for a member that no resource has."""
    for name in body:
        if name.lower() not in ENVELOPE:
            raise refusals.content_invalid(_unknown_member(name, "ResourceDefinition", name))
    for name, content in (body.get("tags") or {}).items():
        if not isinstance(content, str):
            raise refusals.content_invalid(_wrong_kind(content, "System.String", f"tags.{name}"))


def fitted(value: Any, shape: Any, path: str = "properties") -> Any:
    """``value`` in ``shape``: names as the shape has them, read-only members and nulls left out.
    Raises InvalidRequestContent naming the member that does not fit and its path."""
    if isinstance(shape, Fields):
        return _object(value, shape, path)
    if isinstance(shape, list):
        if not isinstance(value, list):
            raise refusals.content_invalid(_wrong_kind(value, "System.Collections.Generic.List", path))
        return [fitted(item, shape[0], f"{path}[{place}]") for place, item in enumerate(value)]
    if isinstance(shape, Choice):
        word = next((one for one in shape.words if isinstance(value, str) and one.lower() == value.lower()), None)
        if word is None:
            raise refusals.content_invalid(_wrong_kind(value, shape.type_name, path))
        return word
    if shape is float and isinstance(value, int):
        value = float(value)
    if not isinstance(value, shape) or (shape is int and isinstance(value, bool)):
        raise refusals.content_invalid(_wrong_kind(value, _NAMES[shape], path))
    return value


def _object(value: Any, shape: Fields, path: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise refusals.content_invalid(_wrong_kind(value, shape.type_name, path))
    known = {name.lower(): name for name in shape.members}
    found = {}
    for written, content in value.items():
        name = known.get(written.lower())
        if name is None:
            raise refusals.content_invalid(_unknown_member(written, shape.type_name, f"{path}.{written}"))
        if content is not None and shape.members[name] is not READ_ONLY:
            found[name] = fitted(content, shape.members[name], f"{path}.{name}")
    return found


def _unknown_member(name: str, type_name: str, path: str) -> str:
    return f"Could not find member '{name}' on object of type '{type_name}'. Path '{path}'."


def _wrong_kind(value: Any, type_name: str, path: str) -> str:
    return f"Error converting value {json.dumps(value)} to type '{type_name}'. Path '{path}'."
