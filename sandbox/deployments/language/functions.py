"""The table of functions: each registers itself by name, its signature says what it takes.

Annotations are the language's types: ``str``, ``int``, ``bool``, ``list``, ``dict``, ``object`` for any value, and
unions of them. A first parameter called ``context`` receives the context.
"""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Any, get_args, get_origin

from sandbox.deployments.language.context import Lambda
from sandbox.deployments.language.faults import ExpressionFault

_NAMES: dict[type, str] = {
    str: "String", int: "Integer", bool: "Boolean", list: "Array", dict: "Object", float: "Float",
    type(None): "Null", Lambda: "Function",
}  # fmt: skip


@dataclass(frozen=True)
class Function:
    """``lazy``: takes its arguments as syntax. ``structural``: looks only at the shape of arrays and objects, so what
    is unknown inside them may stay. ``keeps_unknown``: an argument may itself be unknown."""

    name: str
    body: Callable[..., Any]
    signature: inspect.Signature
    wants_context: bool
    lazy: bool
    structural: bool
    keeps_unknown: bool

    def check_count(self, count: int) -> None:
        """Refuse a wrong number of arguments."""
        parameters = list(self.signature.parameters.values())[1 if self.wants_context else 0 :]
        least = sum(p.default is p.empty and p.kind is not p.VAR_POSITIONAL for p in parameters)
        most = None if any(p.kind is p.VAR_POSITIONAL for p in parameters) else len(parameters)
        if count < least or (most is not None and count > most):
            wanted = f"{least} argument(s)" if least == most else f"at least {least} argument(s)"
            if least != most and most is not None:
                wanted = f"between {least} and {most} argument(s)"
            raise ExpressionFault(
                f"Unable to evaluate template language function '{self.name}': function requires {wanted} while "
                f"{count} were provided. {self.help}"
            )

    def check_types(self, values: Sequence[Any]) -> None:
        """Refuse a value of another type than the signature says."""
        parameters = list(self.signature.parameters.values())[1 if self.wants_context else 0 :]
        for index, value in enumerate(values):
            annotation = parameters[min(index, len(parameters) - 1)].annotation
            allowed = get_args(annotation) if get_origin(annotation) is UnionType else (annotation,)
            if object not in allowed and kind(value) not in {_NAMES[one] for one in allowed}:
                wanted = ", ".join(_NAMES[one] for one in allowed if one is not type(None))
                raise ExpressionFault(
                    f"The template language function '{self.name}' expects its parameter at index '{index}' to be of "
                    f"type '{wanted}'. The provided value is of type '{kind(value)}'. {self.help}"
                )

    @property
    def help(self) -> str:
        return f"Please see https://aka.ms/arm-functions#{self.name.lower()} for usage details."


_functions: dict[str, Function] = {}


def function(
    name: str, *, lazy: bool = False, structural: bool = False, keeps_unknown: bool = False
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function of the language."""

    def register(body: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(body)
        wants_context = next(iter(signature.parameters), None) == "context"
        _functions[name.lower()] = Function(
            name, body, signature, wants_context, lazy, structural or keeps_unknown, keeps_unknown
        )
        return body

    return register


def find(name: str) -> Function | None:
    """The function called ``name``; case does not matter. Every ``list...`` is an action of a resource."""
    found = _functions.get(name.lower())
    return found or (_functions["list*"] if name.lower().startswith("list") else None)


def kind(value: Any) -> str:
    """The language's name of a value's type."""
    return next((_NAMES[one] for one in (bool, *_NAMES) if isinstance(value, one)), "Object")
