""".NET's composite format strings, as far as templates use them: ``{0}``, ``{0,8}``, ``{0:D3}``, ``{0:000}``."""

import json
import re
from collections.abc import Sequence
from typing import Any

from sandbox.deployments.language.faults import ExpressionFault

_ITEM = re.compile(r"\{\{|\}\}|\{(\d+)(?:,(-?\d+))?(?::([^{}]*))?\}|[{}]")


def composite(pattern: str, values: Sequence[Any]) -> str:
    """The pattern with its items replaced. Raises ExpressionFault when it is malformed or refers to no value."""

    def item(found: re.Match[str]) -> str:
        if found.group() in ("{{", "}}"):
            return found.group()[0]
        if found.group(1) is None or int(found.group(1)) >= len(values):
            raise ExpressionFault(
                "Unable to evaluate template language function 'format': the format is invalid: 'Index (zero based) "
                "must be greater than or equal to zero and less than the size of the argument list.'. "
                "Please see https://aka.ms/arm-functions#format for usage details."
            )
        shown = _formatted(values[int(found.group(1))], found.group(3) or "")
        width = int(found.group(2) or 0)
        return shown.rjust(width) if width >= 0 else shown.ljust(-width)

    return _ITEM.sub(item, pattern)


def _formatted(value: Any, style: str) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return _number(value, style)
    if isinstance(value, dict | list):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return "" if value is None else str(value)


def _number(value: int, style: str) -> str:
    if not style:
        return str(value)
    letter, digits = style[0], style[1:]
    sign, size = "-" if value < 0 else "", abs(value)
    if set(style) == {"0"}:
        return sign + str(size).zfill(len(style))
    if digits and not digits.isdigit():
        raise ExpressionFault(f"The format specifier '{style}' was invalid.")
    match letter:
        case "D" | "d":
            return sign + str(size).zfill(int(digits or 0))
        case "X" | "x":
            return format(value, letter).zfill(int(digits or 0))
        case "N" | "n":
            return f"{value:,.{int(digits or 2)}f}"
        case "F" | "f":
            return f"{value:.{int(digits or 2)}f}"
        case "G" | "g":
            return str(value)
    raise ExpressionFault(f"The format specifier '{style}' was invalid.")
