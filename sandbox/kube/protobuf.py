"""Kubernetes' protobuf bodies read: kubectl's typed clients and helm's storage send nothing else.

A body is ``k8s\\0`` and a ``runtime.Unknown`` (typeMeta 1, raw 2); the answer may always be JSON. The fields and
their numbers are in ``schemas/builtin.json``. Non-pointer fields are written even when empty: those are left out.
"""

import base64
import json
import struct
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sandbox.kube.errors import bad_request
from sandbox.kube.kinds import BUILTIN
from sandbox.kube.schemas import shapes
from sandbox.kube.schemas.shapes import Shape
from sandbox.store import Document

MAGIC = b"k8s\x00"
MEDIA_TYPE = "application/vnd.kubernetes.protobuf"

#: Bodies that are no kinds of the cluster, by kind. DeleteOptions come with the group of what is deleted.
_BODIES = {
    "DeleteOptions": "meta.v1.DeleteOptions",
    "Eviction": "policy.v1.Eviction",
    "Scale": "autoscaling.v1.Scale",
    "TokenRequest": "authentication.v1.TokenRequest",
}


def decode(body: bytes) -> Document:
    """The object in a protobuf body, as JSON would have it. Raises ApiError 400 for what cannot be read."""
    if not body.startswith(MAGIC):
        raise bad_request("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")
    try:
        envelope = {number: value for number, _, value in _records(body[len(MAGIC) :])}
        meta = {number: value.decode() for number, _, value in _records(envelope.get(1, b""))}
        api_version, kind = meta.get(1, ""), meta.get(2, "")
        message = _message(_type_of(api_version, kind), envelope.get(2, b""))
    except (IndexError, ValueError, struct.error) as error:
        raise bad_request(f"the object provided is unrecognized: {error}") from error
    return {"apiVersion": api_version, "kind": kind, **message}


def _type_of(api_version: str, kind: str) -> str:
    if kind in _BODIES:
        return _BODIES[kind]
    for known in BUILTIN:
        if known.kind == kind and known.api_version == api_version:
            return f"{known.group.split('.')[0] or 'core'}.{known.version}.{kind}"
    raise bad_request(f'no kind "{kind}" is registered for version "{api_version}" in scheme')


def _records(data: bytes) -> Iterator[tuple[int, int, Any]]:
    """(field number, wire type, value) of a message: an int, or the bytes of anything longer."""
    position = 0
    while position < len(data):
        tag, position = _varint(data, position)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            value, position = _varint(data, position)
            yield number, wire, value
        elif wire == 1:
            yield number, wire, data[position : position + 8]
            position += 8
        elif wire == 2:
            length, position = _varint(data, position)
            if position + length > len(data):
                raise ValueError("unexpected EOF")
            yield number, wire, data[position : position + length]
            position += length
        elif wire == 5:
            yield number, wire, data[position : position + 4]
            position += 4
        else:
            raise ValueError(f"proto: illegal wireType {wire}")


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7


def _message(type: str, data: bytes) -> Document:
    fields = shapes.wire(type)
    document: Document = {}
    for number, _, value in _records(data):
        if number not in fields:
            continue
        name, shape = fields[number]
        if shape.inline:
            document |= _message(shape.type, value)
        elif shape.form == "list" and shape.type.startswith("[]"):
            assert shape.items is not None
            document.setdefault(name, []).append(_value(shape.items, value))
        elif shape.form == "map":
            assert shape.items is not None
            entry = {number: part for number, _, part in _records(value)}
            empty: Any = 0 if shape.items.form in ("integer", "boolean") else b""
            document.setdefault(name, {})[entry.get(1, b"").decode()] = _value(shape.items, entry.get(2, empty))
        else:
            read = _value(shape, value)
            if read or (shape.pointer and read is not None):
                document[name] = read
    return document


def _value(shape: Shape, value: Any) -> Any:
    match shape.form:
        case "string" if shape.type == "resource.Quantity":
            return {number: part for number, _, part in _records(value)}.get(1, b"").decode()
        case "string" if shape.type == "meta.v1.Duration":
            return f"{_numbers(value).get(1, 0) / 1e9:g}s"
        case "string":
            return value.decode()
        case "integer":
            return value - (1 << 64) if value >= 1 << 63 else value
        case "boolean":
            return bool(value)
        case "bytes":
            return base64.b64encode(value).decode()
        case "number":
            return struct.unpack("<d", value)[0]
        case "time":
            return _time(shape.type, _numbers(value))
        case "int-or-string":
            parts = {number: part for number, _, part in _records(value)}
            return parts.get(3, b"").decode() if parts.get(1) else parts.get(2, 0)
        case "any" if shape.type.startswith("apiextensions.v1.JSONSchemaProps"):
            return _schema(shape.type, value)
        case "any":
            raw = {number: part for number, _, part in _records(value)}.get(1, b"")
            return json.loads(raw) if raw else None
        case "list":  # a type that is a list in JSON and a message with items on the wire
            return [item.decode() for _, _, item in _records(value)]
        case _:
            return _message(shape.type, value)


def _numbers(data: bytes) -> dict[int, int]:
    return {number: value for number, _, value in _records(data)}


def _time(type: str, parts: dict[int, int]) -> str | None:
    if not parts:
        return None
    moment = datetime.fromtimestamp(parts.get(1, 0), UTC)
    if type == "meta.v1.MicroTime":
        return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{parts.get(2, 0) // 1000:06d}Z"
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _schema(type: str, data: bytes) -> Any:
    """A part of a JSON schema that may be a schema, or something else in its place."""
    parts = list(_records(data))
    for number, _, value in parts:
        if type.endswith("OrBool"):
            if number == 2:
                return _message("apiextensions.v1.JSONSchemaProps", value)
        elif number == 1:
            return _message("apiextensions.v1.JSONSchemaProps", value)
    if type.endswith("OrBool"):
        return any(value for number, _, value in parts if number == 1)
    if type.endswith("OrStringArray"):
        return [value.decode() for _, _, value in parts]
    return [_message("apiextensions.v1.JSONSchemaProps", value) for _, _, value in parts]
