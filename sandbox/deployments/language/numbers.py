"""Arithmetic on integers."""

from sandbox.deployments.language.faults import ExpressionFault
from sandbox.deployments.language.functions import function


@function("add")
def add(left: int, right: int) -> int:
    return left + right


@function("sub")
def subtract(left: int, right: int) -> int:
    return left - right


@function("mul")
def multiply(left: int, right: int) -> int:
    return left * right


def _divisor(name: str, value: int) -> None:
    if value == 0:
        raise ExpressionFault(
            f"The template language function '{name}' expects its second parameter to be a nonzero integer. "
            f"Please see https://aka.ms/arm-functions#{name} for usage details."
        )


@function("div")
def divide(left: int, right: int) -> int:
    """Rounds towards zero."""
    _divisor("div", right)
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient


@function("mod")
def modulo(left: int, right: int) -> int:
    """Has the sign of the dividend."""
    _divisor("mod", right)
    return left - right * divide(left, right)


@function("min")
def minimum(first: int | list, *others: int) -> int:
    return min(_integers("min", first, others))


@function("max")
def maximum(first: int | list, *others: int) -> int:
    return max(_integers("max", first, others))


def _integers(name: str, first: int | list[int], others: tuple[int, ...]) -> list[int]:
    """``min(1, 2)`` and ``min(createArray(1, 2))`` are the same."""
    values = [*first, *others] if isinstance(first, list) else [first, *others]
    if not values or any(not isinstance(value, int) or isinstance(value, bool) for value in values):
        raise ExpressionFault(f"The template language function '{name}' expects its parameters to be integers.")
    return values


@function("int")
def integer(value: int | str) -> int:
    try:
        return int(value)
    except ValueError:
        raise ExpressionFault(
            f"The template language function 'int' cannot convert provided value '{value}' to integer value. "
            "Please see https://aka.ms/arm-functions#int for usage details."
        ) from None
