"""Custom objects against the schema of their definition: pruned, defaulted, checked."""

import copy
import json
import re
from typing import Any

from sandbox.kube.errors import Cause, invalid_value, required, shown, unsupported
from sandbox.kube.schemas.shapes import Shape
from sandbox.store import Document

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "integer": (int,), "number": (int, float),
    "boolean": (bool,),
}  # fmt: skip


def pruned(shape: Shape, document: Document) -> tuple[Document, list[str]]:
    """A custom object without the fields that its schema lacks, and those: ``unknown field "spec.foo"``."""
    unknown: list[str] = []
    result = _pruned(shape, document, "", unknown)
    return result, [f'unknown field "{path}"' for path in unknown]


def _pruned(shape: Shape, value: Any, path: str, unknown: list[str]) -> Any:
    if isinstance(value, list) and shape.items is not None:
        return [_pruned(shape.items, one, f"{path}[{index}]", unknown) for index, one in enumerate(value)]
    if not isinstance(value, dict):
        return value
    if shape.form == "map" and shape.items is not None:
        return {name: _pruned(shape.items, one, f"{path}.{name}", unknown) for name, one in value.items()}
    if shape.form != "object" or path == "metadata":
        return value
    kept = {}
    for name, one in value.items():
        place = f"{path}.{name}" if path else name
        if name in shape.fields:
            kept[name] = _pruned(shape.fields[name], one, place, unknown)
        elif shape.open:
            kept[name] = one
        else:
            unknown.append(place)
    return kept


def defaulted(schema: Document, value: Any) -> Any:
    """``value`` with the defaults of its schema; a null where nulls are not allowed counts as absent."""
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        return [defaulted(schema["items"], one) for one in value]
    if not isinstance(value, dict):
        return value
    result = dict(value)
    for name, part in schema.get("properties", {}).items():
        if "default" in part and result.get(name) is None and not (name in result and part.get("nullable")):
            result[name] = copy.deepcopy(part["default"])
        elif name in result and result[name] is None and not part.get("nullable"):
            del result[name]
        if name in result:
            result[name] = defaulted(part, result[name])
    if isinstance(values := schema.get("additionalProperties"), dict):
        for name in result.keys() - schema.get("properties", {}).keys():
            result[name] = defaulted(values, result[name])
    return result


def violations(schema: Document, document: Document) -> list[Cause]:
    """What in a custom object its schema forbids (CEL rules are not evaluated)."""
    causes: list[Cause] = []
    _check({name: part for name, part in schema.items() if name != "required"}, document, "", causes)
    for name in schema.get("required", []):
        if name not in document:
            causes.append(required(name))
    return causes


def _check(schema: Document, value: Any, path: str, causes: list[Cause]) -> None:
    if value is None and schema.get("nullable"):
        return
    if schema.get("x-kubernetes-int-or-string"):
        if isinstance(value, bool) or not isinstance(value, int | str):
            causes.append(_type(path, value, "integer,string"))
        return
    type = schema.get("type")
    if type in _TYPES and (not isinstance(value, _TYPES[type]) or (isinstance(value, bool) and type != "boolean")):
        causes.append(_type(path, value, type))
        return
    if "enum" in schema and value not in schema["enum"]:
        causes.append(unsupported(path, value, [str(one) for one in schema["enum"]]))
    if isinstance(value, str):
        _check_text(schema, value, path, causes)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        _check_number(schema, value, path, causes)
    elif isinstance(value, list):
        _check_list(schema, value, path, causes)
    elif isinstance(value, dict):
        _check_object(schema, value, path, causes)
    _check_alternatives(schema, value, path, causes)


def _type(path: str, value: Any, wanted: str) -> Cause:
    names = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", float: "number"}
    found = names.get(value.__class__, "null")
    said = f'Invalid value: "{found}": {path} in body must be of type {wanted}: "{found}"'
    return Cause("FieldValueTypeInvalid", path, said)


def _check_text(schema: Document, value: str, path: str, causes: list[Cause]) -> None:
    if "pattern" in schema and not re.search(schema["pattern"], value):
        causes.append(invalid_value(path, value, f"{path} in body should match '{schema['pattern']}'"))
    if len(value) < schema.get("minLength", 0):
        detail = f"{path} in body should be at least {schema['minLength']} chars long"
        causes.append(invalid_value(path, value, detail))
    if len(value) > schema.get("maxLength", len(value)):
        causes.append(Cause("FieldValueTooLong", path, f"Too long: may not be more than {schema['maxLength']} bytes"))


def _check_number(schema: Document, value: float, path: str, causes: list[Cause]) -> None:
    if value < schema.get("minimum", value):
        detail = f"{path} in body should be greater than or equal to {schema['minimum']}"
        causes.append(invalid_value(path, value, detail))
    if value > schema.get("maximum", value):
        detail = f"{path} in body should be less than or equal to {schema['maximum']}"
        causes.append(invalid_value(path, value, detail))


def _check_list(schema: Document, value: list[Any], path: str, causes: list[Cause]) -> None:
    if len(value) < schema.get("minItems", 0):
        detail = f"{path} in body should have at least {schema['minItems']} items"
        causes.append(invalid_value(path, len(value), detail))
    if len(value) > schema.get("maxItems", len(value)):
        causes.append(
            Cause("FieldValueTooMany", path, f"Too many: {len(value)}: must have at most {schema['maxItems']} items")
        )
    keys = schema.get("x-kubernetes-list-map-keys", [])
    if keys or schema.get("x-kubernetes-list-type") == "set":
        seen: set[str] = set()
        for index, one in enumerate(value):
            key = {name: one.get(name) for name in keys} if keys and isinstance(one, dict) else one
            text = json.dumps(key, sort_keys=True)
            if text in seen:
                causes.append(Cause("FieldValueDuplicate", f"{path}[{index}]", f"Duplicate value: {shown(key)}"))
            seen.add(text)
    if isinstance(schema.get("items"), dict):
        for index, one in enumerate(value):
            _check(schema["items"], one, f"{path}[{index}]", causes)


def _check_object(schema: Document, value: Document, path: str, causes: list[Cause]) -> None:
    properties = schema.get("properties", {})
    for name in schema.get("required", []):
        if name not in value:
            causes.append(required(f"{path}.{name}" if path else name))
    for name, one in value.items():
        place = f"{path}.{name}" if path else name
        if name in properties and place not in ("metadata", "apiVersion", "kind"):
            _check(properties[name], one, place, causes)
        elif name not in properties and isinstance(schema.get("additionalProperties"), dict):
            _check(schema["additionalProperties"], one, place, causes)


def _check_alternatives(schema: Document, value: Any, path: str, causes: list[Cause]) -> None:
    def fits(part: Document) -> bool:
        found: list[Cause] = []
        _check(part, value, path, found)
        return not found

    for part in schema.get("allOf", []):
        _check(part, value, path, causes)
    if schema.get("anyOf") and not any(fits(part) for part in schema["anyOf"]):
        causes.append(invalid_value(path or "<nil>", value, f'"{path}" must validate at least one schema (anyOf)'))
    if schema.get("oneOf") and sum(fits(part) for part in schema["oneOf"]) != 1:
        causes.append(invalid_value(path or "<nil>", value, f'"{path}" must validate one and only one schema (oneOf)'))
    if schema.get("not") and fits(schema["not"]):
        causes.append(invalid_value(path or "<nil>", value, f'"{path}" must not validate the schema (not)'))
