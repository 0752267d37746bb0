"""Conditions and comparisons. What is not needed is not evaluated, so a branch not taken may refer to nothing."""

from typing import Any

from sandbox.deployments.language.context import Context
from sandbox.deployments.language.evaluation import evaluate
from sandbox.deployments.language.expressions import Expression
from sandbox.deployments.language.faults import ExpressionFault, Unknown
from sandbox.deployments.language.functions import function, kind


def _truth(context: Context, name: str, expression: Expression) -> bool | Unknown:
    value = evaluate(expression, context)
    if not isinstance(value, bool | Unknown):
        raise ExpressionFault(
            f"The template language function '{name}' expects its parameter to be of type 'Boolean'. The provided "
            f"value is of type '{kind(value)}'. "
            f"Please see https://aka.ms/arm-functions#{name.lower()} for usage details."
        )
    return value


@function("if", lazy=True)
def choose(context: Context, condition: Expression, then: Expression, otherwise: Expression) -> Any:
    truth = _truth(context, "if", condition)
    if isinstance(truth, Unknown):
        return Unknown("")
    return evaluate(then if truth else otherwise, context)


def _until(context: Context, name: str, decisive: bool, arguments: tuple[Expression, ...]) -> bool | Unknown:
    """Stops at the first decisive value; one that is unknown leaves the answer open unless a later one decides."""
    decided = True
    for argument in arguments:
        truth = _truth(context, name, argument)
        if isinstance(truth, Unknown):
            decided = False
        elif truth is decisive:
            return decisive
    return not decisive if decided else Unknown("")


@function("and", lazy=True)
def all_of(context: Context, first: Expression, *others: Expression) -> bool | Unknown:
    return _until(context, "and", False, (first, *others))


@function("or", lazy=True)
def any_of(context: Context, first: Expression, *others: Expression) -> bool | Unknown:
    return _until(context, "or", True, (first, *others))


@function("coalesce", lazy=True)
def coalesce(context: Context, first: Expression, *others: Expression) -> Any:
    """The first value that is not null."""
    values = (evaluate(one, context) for one in (first, *others))
    return next((value for value in values if value is not None), None)


@function("not")
def negation(value: bool) -> bool:
    return not value


@function("true")
def true() -> bool:
    return True


@function("false")
def false() -> bool:
    return False


@function("null")
def null() -> None:
    return None


@function("bool")
def boolean(value: object) -> bool:
    match value:
        case bool():
            return value
        case int():
            return value != 0
        case str() if value.lower() in ("true", "false", "1", "0"):
            return value.lower() in ("true", "1")
    raise ExpressionFault(f"The template language function 'bool' cannot convert the value '{value}' to a boolean.")


def same(left: Any, right: Any) -> bool:
    """Equality as JSON has it: ``true`` is not ``1``, and an object's order of keys does not matter."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return left == right


@function("equals")
def equals(left: object, right: object) -> bool:
    return same(left, right)


def _comparable(name: str, left: Any, right: Any) -> None:
    if kind(left) != kind(right):
        raise ExpressionFault(
            f"The template language function '{name}' expects its parameters to be of the same type, integer or "
            f"string. The provided values are of type '{kind(left)}' and '{kind(right)}'."
        )


@function("less")
def less(left: int | str, right: int | str) -> bool:
    _comparable("less", left, right)
    return left < right  # type: ignore[operator]


@function("lessOrEquals")
def less_or_equals(left: int | str, right: int | str) -> bool:
    _comparable("lessOrEquals", left, right)
    return left <= right  # type: ignore[operator]


@function("greater")
def greater(left: int | str, right: int | str) -> bool:
    _comparable("greater", left, right)
    return left > right  # type: ignore[operator]


@function("greaterOrEquals")
def greater_or_equals(left: int | str, right: int | str) -> bool:
    _comparable("greaterOrEquals", left, right)
    return left >= right  # type: ignore[operator]


@function("fail")
def fail(message: str) -> Any:
    """Stops the deployment with the author's own words."""
    raise ExpressionFault(message)
