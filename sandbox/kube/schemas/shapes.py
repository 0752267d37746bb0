"""Shapes: what a value may hold and how it merges, the same for built-in types and for custom ones."""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from sandbox.store import Document

Form = Literal[
    "object", "map", "list", "string", "integer", "number", "boolean", "bytes", "time", "int-or-string", "any"
]

#: Forms that hold no parts of their own.
_SCALARS: dict[str, Form] = {
    "string": "string", "int32": "integer", "int64": "integer", "uint32": "integer", "uint64": "integer",
    "bool": "boolean", "bytes": "bytes", "double": "number", "float": "number",
    "meta.v1.Time": "time", "meta.v1.MicroTime": "time", "meta.v1.Duration": "string",
    "resource.Quantity": "string", "intstr.IntOrString": "int-or-string", "runtime.RawExtension": "any",
    "meta.v1.FieldsV1": "any", "apiextensions.v1.JSON": "any", "apiextensions.v1.JSONSchemaPropsOrArray": "any",
    "apiextensions.v1.JSONSchemaPropsOrBool": "any", "apiextensions.v1.JSONSchemaPropsOrStringArray": "any",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Shape:
    """One place of an object. ``type`` is the name of a built-in type (``core.v1.Container``, ``int32``)."""

    form: Form
    type: str = ""
    #: Of a list its items, of a map its values.
    items: "Shape | None" = None
    #: The fields of a custom object; those of a built-in one come from its type.
    declared: Mapping[str, "Shape"] | None = None
    #: Server-side apply: ``atomic`` is owned as a whole; a list is a set, or a map by ``keys``.
    atomic: bool = False
    unique: bool = False
    keys: tuple[str, ...] = ()
    #: Strategic merge: lists merge by ``merge_key`` (empty: lists of plain values), None replaces them.
    merge_key: str | None = None
    retain_keys: bool = False
    optional: bool = True
    #: Protobuf: the field's number; ``pointer`` fields have no zero value; ``inline`` ones no name in JSON.
    number: int = 0
    pointer: bool = False
    inline: bool = False
    default: Any = None
    #: A custom object that keeps fields which are not declared.
    open: bool = False

    @property
    def fields(self) -> Mapping[str, "Shape"]:
        """The fields of an object, inlined ones among them."""
        return self.declared if self.declared is not None else _fields(self.type)

    def part(self, name: str) -> "Shape":
        """The shape of a field or of a map's value; ``ANY`` for an unknown one."""
        if self.form == "map":
            return self.items or ANY
        return self.fields.get(name, ANY) if self.form == "object" else ANY


ANY = Shape("any")


@functools.cache
def _types() -> dict[str, dict[str, str]]:
    return json.loads(Path(__file__).with_name("builtin.json").read_text())


@functools.cache
def builtin(type: str) -> Shape:
    """The shape of a built-in type by its name in ``builtin.json``."""
    if type.startswith("[]"):
        return Shape("list", type, items=builtin(type[2:]))
    if type.startswith("{}"):
        return Shape("map", type, items=builtin(type[2:]))
    if type in _SCALARS:
        return Shape(_SCALARS[type], type)
    marks = _types()[type].get("", "").split()
    if "list" in marks:
        return Shape("list", type, items=builtin("string"), atomic=True)
    return Shape("object", type, atomic="atomic" in marks)


@functools.cache
def wire(type: str) -> dict[int, tuple[str, Shape]]:
    """The fields of a type by their protobuf numbers, inlined structs as one field."""
    fields = ((name, _field(text)) for name, text in _types()[type].items() if name)
    return {shape.number: (name, shape) for name, shape in fields if shape.number}


def known(type: str) -> bool:
    return type in _types()


def _field(text: str) -> Shape:
    number, type, *marks = text.split(" ", 2)
    shape = builtin(type)
    words = marks[0].split(" default=")[0].split() if marks else []
    named = dict(word.partition("=")[::2] for word in words)
    default = marks[0].split("default=", 1)[1] if marks and "default=" in marks[0] else None
    return replace(
        shape,
        number=int(number),
        atomic=shape.atomic or "atomic" in named,
        unique="set" in named,
        keys=tuple(named["keys"].split(",")) if "keys" in named else (),
        merge_key=named.get("merge"),
        retain_keys="retainKeys" in named,
        optional="optional" in named,
        pointer="pointer" in named,
        inline="inline" in named,
        default=json.loads(default) if default else None,
    )


@functools.cache
def _fields(type: str) -> Mapping[str, Shape]:
    fields: dict[str, Shape] = {}
    for name, text in _types().get(type, {}).items():
        if name:
            shape = _field(text)
            fields |= shape.fields if shape.inline else {name: shape}
    return fields


def custom(schema: Document) -> Shape:
    """The shape of a structural schema (``openAPIV3Schema`` or a part of it)."""
    keep = bool(schema.get("x-kubernetes-preserve-unknown-fields"))
    atomic = schema.get("x-kubernetes-map-type") == "atomic"
    default = schema.get("default")
    if schema.get("x-kubernetes-int-or-string"):
        return Shape("int-or-string", default=default)
    type = schema.get("type")
    if type == "array":
        items = schema.get("items")
        list_type = schema.get("x-kubernetes-list-type", "atomic")
        keys = tuple(schema.get("x-kubernetes-list-map-keys", ())) if list_type == "map" else ()
        inner = custom(items) if isinstance(items, dict) else ANY
        return Shape("list", items=inner, keys=keys, unique=list_type == "set", default=default)
    if type == "object" or "properties" in schema:
        values = schema.get("additionalProperties")
        if "properties" not in schema and values:
            inner = custom(values) if isinstance(values, dict) else ANY
            return Shape("map", items=inner, atomic=atomic, default=default)
        declared = {name: custom(part) for name, part in schema.get("properties", {}).items()}
        if schema.get("x-kubernetes-embedded-resource"):
            declared = {
                "apiVersion": builtin("string"),
                "kind": builtin("string"),
                "metadata": ANY,
            } | declared
        return Shape("object", declared=declared, atomic=atomic, open=keep, default=default)
    plain: dict[str, Form] = {
        "string": "string", "integer": "integer", "number": "number", "boolean": "boolean",
    }  # fmt: skip
    return Shape(plain.get(type or "", "any"), default=default)
