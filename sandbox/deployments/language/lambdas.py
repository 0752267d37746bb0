"""Functions that take a lambda: ``map``, ``filter``, ``reduce``, ``sort``, ``toObject`` and their like."""

from functools import cmp_to_key
from typing import Any

from sandbox.deployments.language.context import Context, Lambda
from sandbox.deployments.language.evaluation import apply, evaluate
from sandbox.deployments.language.expressions import Expression
from sandbox.deployments.language.faults import ExpressionFault, Undecided, Unknown
from sandbox.deployments.language.functions import function


@function("lambda", lazy=True)
def lambda_(context: Context, first: Expression, *others: Expression) -> Lambda:
    """The last argument is the body, those before it are the names."""
    *names, body = (first, *others)
    return Lambda(tuple(str(evaluate(name, context)) for name in names), body, context)


@function("lambdaVariables")
def lambda_variables(context: Context, name: str) -> Any:
    if name not in context.locals:
        raise ExpressionFault(
            f"The template language function 'lambdaVariables' refers to the variable '{name}', which is not declared "
            "by an enclosing lambda."
        )
    return context.locals[name]


def _decided(value: Any) -> Any:
    if isinstance(value, Unknown):
        raise Undecided
    return value


@function("map", structural=True)
def map_(values: list, function: Lambda) -> list[Any]:
    return [apply(function, value, index) for index, value in enumerate(values)]


@function("filter", structural=True)
def filter_(values: list, predicate: Lambda) -> list[Any]:
    return [value for index, value in enumerate(values) if _decided(apply(predicate, value, index))]


@function("reduce", structural=True)
def reduce_(values: list, start: object, function: Lambda) -> Any:
    result: Any = start
    for index, value in enumerate(values):
        result = _decided(apply(function, result, value, index))
    return result


@function("sort", structural=True)
def sort(values: list, precedes: Lambda) -> list[Any]:
    """``precedes`` says whether its first value stands before its second; those that tie keep their order."""

    def compare(left: Any, right: Any) -> int:
        if _decided(apply(precedes, left, right)):
            return 0 if _decided(apply(precedes, right, left)) else -1
        return 1 if _decided(apply(precedes, right, left)) else 0

    return sorted(values, key=cmp_to_key(compare))


@function("toObject", structural=True)
def to_object(values: list, key: Lambda, value: Lambda | None = None) -> dict[str, Any]:
    return {_decided(apply(key, one)): apply(value, one) if value else one for one in values}


@function("groupBy", structural=True)
def group_by(values: list, key: Lambda) -> dict[str, list[Any]]:
    groups: dict[str, list[Any]] = {}
    for one in values:
        groups.setdefault(_decided(apply(key, one)), []).append(one)
    return groups


@function("mapValues", structural=True)
def map_values(value: dict, function: Lambda) -> dict[str, Any]:
    return {key: apply(function, inner) for key, inner in value.items()}
