"""What Azure refuses in a template before it evaluates anything: malformed expressions and names that do not exist."""

from collections.abc import Iterator
from typing import Any

from sandbox.deployments.errors import USAGE, invalid_template
from sandbox.deployments.language.expressions import Access, Call, Expression, Literal
from sandbox.deployments.language.faults import ExpressionFault
from sandbox.deployments.language.functions import find
from sandbox.deployments.language.parser import is_expression, parse
from sandbox.deployments.scope import DEPLOYMENTS
from sandbox.deployments.template import Declaration, Template

_FUNCTIONS_HELP = "Please see https://aka.ms/arm-functions for usage details."


def check(template: Template) -> None:
    """Raises AzureError InvalidTemplate."""
    for name, declared in template.section("parameters").items():
        what = f"The template parameter '{name}' {template.place(('parameters', name))}"
        _check_values(template, declared.get("defaultValue"), what)
    for name, value in template.section("variables").items():
        _check_values(template, value, f"The template variable '{name}'")
    for declaration in template.resources:
        _check_resource(template, declaration)
    for name, output in template.section("outputs").items():
        what = f"The template output '{name}' {template.place(('outputs', name))}"
        _check_values(template, output, what)


def inner(raw: dict[str, Any]) -> bool:
    """Whether a nested deployment's template is evaluated by itself rather than as part of this one."""
    properties = raw.get("properties")
    options = properties.get("expressionEvaluationOptions") if isinstance(properties, dict) else None
    return isinstance(options, dict) and str(options.get("scope", "")).lower() == "inner"


def calls(value: Any) -> Iterator[Call]:
    """Every function call in the expressions of a value."""
    for text in _texts(value):
        if is_expression(text):
            yield from _calls_of(parse(text[1:-1]))


def without_nested(raw: dict[str, Any]) -> dict[str, Any]:
    """The resource without what belongs to others: its children, and a nested template with a scope of its own."""
    own = {key: value for key, value in raw.items() if key != "resources"}
    if str(raw["type"]).lower() == DEPLOYMENTS.lower() and inner(raw):
        own["properties"] = {key: value for key, value in raw["properties"].items() if key != "template"}
    return own


def _check_resource(template: Template, declaration: Declaration) -> None:
    raw = declaration.raw
    what = f"The template resource '{raw.get('name') or ''}' {template.place(declaration.path)}"
    help = USAGE.format(part="resources")
    if not raw.get("name"):
        raise invalid_template(f"{what} is not valid. The name property cannot be null or empty. {help}")
    if "/" not in raw["type"] and declaration.parent is None:
        raise invalid_template(f"{what} is not valid. The type property '{raw['type']}' is not valid. {help}")
    if not raw.get("apiVersion"):
        raise invalid_template(f"{what} is not valid. The api-version property cannot be null or empty. {help}")
    _check_values(template, without_nested(raw), what)


def _check_values(template: Template, value: Any, what: str) -> None:
    try:
        for call in calls(value):
            _check_call(template, call)
    except ExpressionFault as fault:
        raise invalid_template(f"{what} is not valid: {fault}. {_FUNCTIONS_HELP}") from None


def _check_call(template: Template, call: Call) -> None:
    if find(call.name) is None and call.name.lower() not in template.functions:
        raise ExpressionFault(f"The template function '{call.name}' is not valid. {_FUNCTIONS_HELP}")
    match call.name.lower(), call.arguments:
        case ("parameters" | "variables") as section, (Literal(str(name)),):
            declared = template.section(section)
            looped = {loop.get("name") for loop in declared.get("copy") or []} if section == "variables" else set()
            if name.lower() not in {str(one).lower() for one in (*declared, *looped)}:
                kind = section.removesuffix("s")
                raise ExpressionFault(f"The template {kind} '{name}' is not found. {USAGE.format(part=section)}")


def _calls_of(expression: Expression) -> Iterator[Call]:
    match expression:
        case Call():
            yield expression
            for argument in expression.arguments:
                yield from _calls_of(argument)
        case Access(target, key):
            yield from _calls_of(target)
            yield from _calls_of(key)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from _texts(key)
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
