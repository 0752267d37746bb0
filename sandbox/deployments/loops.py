"""Copy loops: how often, and inside of values (properties, variables, outputs) what they make."""

from typing import Any

from sandbox.deployments.language.context import Context
from sandbox.deployments.language.evaluation import resolved
from sandbox.deployments.language.faults import ExpressionFault, Unknown
from sandbox.deployments.language.parser import is_expression

_MOST = 800


def count(loop: dict[str, Any], context: Context) -> int | Unknown:
    """How many turns a loop has. Raises ExpressionFault."""
    number = resolved(loop.get("count"), context)
    if isinstance(number, Unknown):
        return number
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= _MOST:
        raise ExpressionFault(
            f"The copy count '{number}' of the loop '{loop.get('name', '')}' is not valid: it must be an integer "
            f"between 0 and {_MOST}. Please see https://aka.ms/arm-copy for usage details"
        )
    return number


def expanded(value: Any, context: Context) -> Any:
    """The value evaluated, with each ``copy`` array of an object replaced by what it makes. Raises ExpressionFault,
    Pending."""
    if isinstance(value, list):
        return [expanded(one, context) for one in value]
    if not isinstance(value, dict):
        return resolved(value, context)
    result: dict[str, Any] = {}
    for key, inner in value.items():
        if key == "copy" and _is_loops(inner):
            for loop in inner:
                result[loop["name"]] = turns(loop, loop["name"], context)
        else:
            name = resolved(key, context) if is_expression(key) else key
            result[name] = expanded(inner, context)
    return result


def turns(loop: dict[str, Any], name: str, context: Context) -> Any:
    """The array of a value's loop: its ``input``, once a turn."""
    number = count(loop, context)
    if isinstance(number, Unknown):
        return number
    return [expanded(loop.get("input"), context.with_loop(name, index)) for index in range(number)]


def _is_loops(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(loop, dict) and isinstance(loop.get("name"), str) and "count" in loop and "input" in loop
        for loop in value
    )
