"""The parameters of a deployment: what is handed in against what the template declares."""

from collections.abc import Callable
from typing import Any

from sandbox.deployments.errors import USAGE, invalid_template
from sandbox.deployments.language.faults import ExpressionFault, is_unknown
from sandbox.deployments.language.functions import kind
from sandbox.deployments.language.logic import same
from sandbox.deployments.template import Template

#: A declared type -> the types of value that it takes, as Azure names them.
_TYPES = {
    "string": "String, Uri", "securestring": "String, Uri", "int": "Integer", "bool": "Boolean",
    "object": "Object", "secureobject": "Object", "array": "Array",
}  # fmt: skip
#: As the deployment's record names the types.
_SHOWN = {
    "string": "String", "securestring": "SecureString", "int": "Int", "bool": "Bool", "object": "Object",
    "secureobject": "SecureObject", "array": "Array",
}  # fmt: skip
_FILE = "Please see https://aka.ms/arm-create-parameter-file for usage details."


def shown(template: Template, values: dict[str, Any]) -> dict[str, Any]:
    """The parameters as a deployment's record has them: with types, secure ones without their value."""
    answer = {}
    for name, value in values.items():
        declared = _declaration(template, template.section("parameters")[name])
        answer[name] = typed(declared["type"], value)
    return answer


def output(template: Template, declared: dict[str, Any], value: Any) -> dict[str, Any]:
    """An output's type and value. Raises ExpressionFault when the value is not of the declared type."""
    declared = _declaration(template, declared)
    wanted = _TYPES[declared["type"].lower()]
    absent = value is None and declared.get("nullable")
    if not absent and not is_unknown(value) and kind(value) not in wanted.split(", "):
        raise ExpressionFault(
            f"Template output JToken type is not valid. Expected '{wanted}'. Actual '{kind(value)}'. "
            f"{USAGE.format(part='outputs')}"
        )
    return typed(declared["type"], value)


def typed(type: str, value: Any) -> dict[str, Any]:
    """A parameter's or an output's type and value; the value of a secure one is not told."""
    answer: dict[str, Any] = {"type": _SHOWN.get(type.lower(), type)}
    if not type.lower().startswith("secure"):
        answer["value"] = value
    return answer


def supplied(template: Template, given: dict[str, Any]) -> dict[str, Any]:
    """The values handed in, by declared name. ``given``: name -> ``{"value": ...}``. Raises AzureError InvalidTemplate
    for one that the template does not declare, or one of the wrong type or value."""
    declared = template.section("parameters")
    names = {name.lower(): name for name in declared}
    strangers = [name for name in given if name.lower() not in names]
    if strangers:
        raise invalid_template(
            "The following parameters were supplied, but do not correspond to any parameters defined in the template: "
            f"'{', '.join(strangers)}'. The parameters defined in the template are: '{', '.join(declared)}'. "
            "Please see https://aka.ms/arm-pass-parameter-values for usage details."
        )
    values: dict[str, Any] = {}
    for key, holder in given.items():
        name = names[key.lower()]
        if "reference" in holder:
            vault = ((holder["reference"] or {}).get("keyVault") or {}).get("id", "")
            raise invalid_template(f"The specified KeyVault '{vault}' could not be found")
        if holder.get("value") is None and not _declaration(template, declared[name]).get("nullable"):
            continue  # as Azure, take null for "not given"
        values[name] = holder.get("value")
        check(template, name, values[name])
    for name in declared:
        if name not in values and "defaultValue" not in declared[name]:
            if _declaration(template, declared[name]).get("nullable"):
                values[name] = None
                continue
            raise invalid_template(
                f"The value for the template parameter '{name}' {template.place(('parameters', name))} is not "
                f"provided. {_FILE}"
            )
    return values


def check(template: Template, name: str, value: Any) -> None:
    """Raises AzureError InvalidTemplate for a value that the declaration does not allow."""
    what = f"for the template parameter '{name}' {template.place(('parameters', name))}"
    _check(template, template.section("parameters")[name], value, what, "")


def _declaration(template: Template, declared: dict[str, Any]) -> dict[str, Any]:
    """The declaration with the definition that it refers to (``$ref``) filled in."""
    seen: set[str] = set()
    while "$ref" in declared:
        link = declared["$ref"]
        name = str(link).removeprefix("#/definitions/")
        if link in seen or name not in template.section("definitions"):
            raise invalid_template(f"The type definition '{link}' is not found. {USAGE.format(part='parameters')}")
        seen.add(link)
        declared = {
            **template.section("definitions")[name],
            **{k: v for k, v in declared.items() if k != "$ref"},
        }
    if str(declared.get("type", "")).lower() not in _TYPES:
        raise invalid_template(
            f"The parameter type '{declared.get('type')}' is not supported. {USAGE.format(part='parameters')}"
        )
    return declared


def _check(template: Template, declared: dict[str, Any], value: Any, what: str, path: str) -> None:
    """``path``: where inside of the parameter's value this one is."""
    declared = _declaration(template, declared)
    if is_unknown(value) or (value is None and declared.get("nullable")):
        return
    wanted = _TYPES[declared["type"].lower()]
    at = f" at '{path}'" if path else ""
    if kind(value) not in wanted.split(", "):
        raise invalid_template(
            f"The provided value {what} is not valid{at}. Expected a value of type '{wanted}', but received a value of "
            f"type '{kind(value)}'. {_FILE}"
        )
    allowed = declared.get("allowedValues")
    if allowed is not None and not _allowed(allowed, value):
        shown_value = f" '{value}'" if isinstance(value, str | int) else ""
        raise invalid_template(
            f"The provided value{shown_value} {what} is not valid{at}. The parameter value is not part of the allowed "
            f"value(s): '{','.join(map(str, allowed))}'."
        )
    _check_bounds(declared, value, f"The provided value {what} is not valid{at}.")
    if isinstance(value, dict):
        _check_properties(template, declared, value, what, path)
    if isinstance(value, list):
        for index, one in enumerate(value):
            if isinstance(declared.get("items"), dict):
                _check(template, declared["items"], one, what, f"{path}[{index}]")


def _allowed(allowed: list[Any], value: Any) -> bool:
    """An array may hold any of the allowed values."""
    if isinstance(value, list) and not any(isinstance(one, list) for one in allowed):
        return all(any(same(one, other) for other in allowed) for one in value)
    return any(same(value, one) for one in allowed)


def _check_bounds(declared: dict[str, Any], value: Any, refusal: str) -> None:
    bounds: list[tuple[str, str, Callable[[int, int], bool]]] = [
        ("min", "greater than or equal to", lambda size, bound: size >= bound),
        ("max", "less than or equal to", lambda size, bound: size <= bound),
    ]
    for prefix, words, holds in bounds:
        if isinstance(value, str | list):
            bound, size, what = declared.get(f"{prefix}Length"), len(value), "Length of the value"
        elif isinstance(value, int):
            bound, size, what = declared.get(f"{prefix}Value"), value, "The value"
        else:
            continue
        if bound is not None and not holds(size, bound):
            raise invalid_template(f"{refusal} {what} should be {words} '{bound}'. {USAGE.format(part='parameters')}")


def _check_properties(
    template: Template, declared: dict[str, Any], value: dict[str, Any], what: str, path: str
) -> None:
    properties = declared.get("properties") or {}
    others = declared.get("additionalProperties")
    for name, inner in properties.items():
        if name in value:
            _check(template, inner, value[name], what, f"{path}.{name}")
        elif not _declaration(template, inner).get("nullable"):
            raise invalid_template(
                f"The provided value {what} is not valid. The required property '{path}.{name}' is missing. {_FILE}"
            )
    for name, one in value.items():
        if name in properties:
            continue
        if others is False:
            raise invalid_template(
                f"The provided value {what} is not valid. The property '{name}' is not permitted. {_FILE}"
            )
        if isinstance(others, dict):
            _check(template, others, one, what, f"{path}.{name}")


def missing(name: str) -> ExpressionFault:
    return ExpressionFault(f"The template parameter '{name}' is not found. {USAGE.format(part='parameters')}")
