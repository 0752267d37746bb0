"""From a syntax tree and a context to a value; from a template's JSON to JSON without expressions."""

from dataclasses import replace
from typing import Any

from sandbox.deployments.language.context import Context, Lambda, UserFunction
from sandbox.deployments.language.expressions import Access, Call, Expression, Literal
from sandbox.deployments.language.faults import ExpressionFault, Provisional, Undecided, Unknown, is_unknown
from sandbox.deployments.language.functions import Function, find
from sandbox.deployments.language.parser import is_expression, literal, parse


def resolved(value: Any, context: Context) -> Any:
    """The value with every expression in it evaluated, keys included. Raises ExpressionFault, Pending."""
    if isinstance(value, dict):
        return {resolved(key, context): resolved(inner, context) for key, inner in value.items()}
    if isinstance(value, list):
        return [resolved(inner, context) for inner in value]
    if not isinstance(value, str) or isinstance(value, Unknown):
        return value
    if not is_expression(value):
        return literal(value)
    result = evaluate(parse(value[1:-1]), context)
    if isinstance(result, Lambda):
        raise context.refused("lambda")
    return Unknown(value) if isinstance(result, Unknown) and not result else result


def evaluate(expression: Expression, context: Context) -> Any:
    """The value of an expression. Raises ExpressionFault, Pending."""
    match expression:
        case Literal(value):
            return value
        case Access(target, key):
            return member(evaluate(target, context), evaluate(key, context))
        case Call(name, arguments):
            try:
                return _called(name, arguments, context)
            except Undecided:
                return Unknown("")
    raise TypeError(expression)


def apply(function: Lambda, *values: Any) -> Any:
    """Call a lambda. It takes as many of the values as it has names (an index is optional)."""
    return evaluate(function.body, function.context.with_locals(dict(zip(function.names, values, strict=False))))


def member(target: Any, key: Any) -> Any:
    """``target.key`` or ``target[key]``; the names of an object's properties are compared without case."""
    if isinstance(target, Unknown) or isinstance(key, Unknown):
        return Unknown("")
    if isinstance(target, dict) and isinstance(key, str):
        name = property_name(target, key)
        if name is None:
            if isinstance(target, Provisional):
                return Unknown("")
            raise ExpressionFault(
                f"The language expression property '{key}' doesn't exist, available properties are "
                f"'{', '.join(target)}'."
            )
        value = target[name]
        return Provisional(value) if isinstance(target, Provisional) and isinstance(value, dict) else value
    if isinstance(target, list) and isinstance(key, int) and not isinstance(key, bool):
        if 0 <= key < len(target):
            return target[key]
        raise ExpressionFault(f"The language expression property array index '{key}' is out of bounds.")
    raise ExpressionFault(f"The language expression property '{key}' can't be evaluated.")


def property_name(target: dict[str, Any], key: str) -> str | None:
    """The name under which the object has the property, or None."""
    if key in target:
        return key
    return next((name for name in target if name.lower() == key.lower()), None)


def _called(name: str, arguments: tuple[Expression, ...], context: Context) -> Any:
    function = find(name)
    if function is None:
        declared = context.functions.get(name.lower())
        if declared is None:
            raise ExpressionFault(
                f"The template function '{name}' is not valid. "
                "Please see https://aka.ms/arm-functions for usage details."
            )
        return _user_function(name, declared, [evaluate(one, context) for one in arguments], context)
    if function.lazy:
        function.check_count(len(arguments))
        return function.body(context, *arguments)
    values = [evaluate(one, context) for one in arguments]
    if function.name == "list*":
        values.insert(0, name)
    function.check_count(len(values))
    if _hangs_on_unknown(function, values):
        return Unknown("")
    if not function.keeps_unknown:
        function.check_types(values)
    return function.body(context, *values) if function.wants_context else function.body(*values)


def _hangs_on_unknown(function: Function, values: list[Any]) -> bool:
    if function.keeps_unknown:
        return False
    if function.structural:
        return any(isinstance(value, Unknown) for value in values)
    return any(map(is_unknown, values))


def _user_function(name: str, declared: UserFunction, values: list[Any], context: Context) -> Any:
    if len(values) != len(declared.parameters):
        raise ExpressionFault(
            f"Unable to evaluate template function '{name}': function requires {len(declared.parameters)} "
            f"argument(s) while {len(values)} were provided."
        )
    given = {key.lower(): value for key, value in zip(declared.parameters, values, strict=True)}

    def parameter(key: str) -> Any:
        if key.lower() not in given:
            raise ExpressionFault(f"The template function parameter '{key}' is not found.")
        return given[key.lower()]

    inner = replace(context, place="function", parameters=parameter, runtime=None, loops={}, loop="", locals={})
    return resolved(declared.output, inner)
