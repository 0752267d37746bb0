"""Bodies against their shapes: unknown fields found, values of the wrong type refused, as Go's decoder words it."""

import base64
import binascii
import re
from typing import Any

from sandbox.kube.errors import ApiError, bad_request
from sandbox.kube.schemas.shapes import Shape
from sandbox.store import Document

QUANTITY = re.compile(r"^[+-]?(\d+(\.\d*)?|\.\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?$")


class Decoder:
    """Reads one document. ``unknown`` lists what the shape does not have, as ``unknown field "spec.foo"``."""

    def __init__(self) -> None:
        self.unknown: list[str] = []

    def read(self, shape: Shape, value: Any, path: str = "", owner: str = "") -> Any:
        """``value`` without nulls and unknown fields. Raises ``Mismatch`` for a value of another type."""
        match shape.form:
            case "object":
                return self._object(shape, self._expect(dict, value, shape, path, owner), path)
            case "map":
                items = shape.items
                assert items is not None
                entries = self._expect(dict, value, shape, path, owner).items()
                return {k: self.read(items, v, f"{path}.{k}", owner) for k, v in entries if v is not None}
            case "list":
                items = shape.items
                assert items is not None
                entries = self._expect(list, value, shape, path, owner)
                return [self.read(items, v, f"{path}[{i}]", owner) for i, v in enumerate(entries)]
            case "string" if shape.type == "resource.Quantity":
                text = str(value)
                if isinstance(value, bool) or not QUANTITY.match(text):
                    raise Mismatch(
                        "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
                    )
                return text
            case "string" | "time":
                return self._expect(str, value, shape, path, owner)
            case "bytes":
                try:
                    base64.b64decode(self._expect(str, value, shape, path, owner), validate=True)
                except binascii.Error as error:
                    raise Mismatch("illegal base64 data at input byte 0") from error
                return value
            case "integer":
                if isinstance(value, float) and value.is_integer():
                    return int(value)
                return self._expect(int, value, shape, path, owner)
            case "number":
                return value if isinstance(value, int | float) else self._expect(float, value, shape, path, owner)
            case "boolean":
                return self._expect(bool, value, shape, path, owner)
            case "int-or-string":
                return value if isinstance(value, str) else self._expect(int, value, shape, path, owner)
            case _:
                return value

    def _object(self, shape: Shape, value: Document, path: str) -> Document:
        read: Document = {}
        owner = shape.type.rpartition(".")[2]
        for name, part in value.items():
            place = f"{path}.{name}" if path else name
            if name not in shape.fields:
                self.unknown.append(f'unknown field "{place}"')
            elif part is not None:
                read[name] = self.read(shape.fields[name], part, place, owner)
        return read

    def _expect(self, type: type, value: Any, shape: Shape, path: str, owner: str) -> Any:
        if isinstance(value, type) and (type is bool or not isinstance(value, bool)):
            return value
        said = {str: "string", bool: "bool", dict: "object", list: "array"}.get(value.__class__, "number")
        if said == "number" and type is int:
            said = f"number {value}"
        place = re.sub(r"\[\d+\]", "", path)
        raise Mismatch(f"json: cannot unmarshal {said} into Go struct field {owner}.{place} of type {_go(shape)}")


class Mismatch(ValueError):
    """A value of another type than its field's."""


def _go(shape: Shape) -> str:
    """A type's name in Go."""
    if shape.type.startswith("[]"):
        return f"[]{shape.type[2:].partition('.')[2] or shape.type[2:]}"
    if shape.type.startswith("{}"):
        return f"map[string]{shape.type[2:]}"
    group, _, name = shape.type.rpartition(".")
    return f"{group.replace('.', '')}.{name}" if group and name[0].isupper() else name


def decode(kind: str, version: str, shape: Shape, document: Document) -> tuple[Document, list[str]]:
    """A built-in object as its type has it, and what was unknown in it. Raises ApiError 400."""
    decoder = Decoder()
    try:
        read = decoder.read(shape, document)
    except Mismatch as error:
        raise cannot_handle(kind, version, str(error)) from error
    return read, decoder.unknown


def cannot_handle(kind: str, version: str, why: str) -> ApiError:
    return bad_request(f'{kind} in version "{version}" cannot be handled as a {kind}: {why}')
