"""What an expression can see: parameters, variables, loop indexes, the scope, and at run time other resources."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from sandbox.deployments.language.expressions import Expression
from sandbox.deployments.language.faults import ExpressionFault


class Surroundings(Protocol):
    """Where and as what the template is deployed; the answers of ``subscription()``, ``resourceGroup()`` and so on."""

    @property
    def subscription_id(self) -> str: ...

    @property
    def group(self) -> str:
        """The resource group's name, empty at subscription scope."""

    def fact(self, name: str) -> dict[str, Any]:
        """``name``: subscription, resourceGroup, deployment, tenant, environment or deployer.
        Raises ExpressionFault."""


class Runtime(Protocol):
    """The deployed resources, as far as they can be asked while resources and outputs are evaluated."""

    def reference(self, target: str, api_version: str | None, full: bool) -> Any: ...

    def references(self, loop: str, full: bool) -> Any: ...

    def action(self, name: str, target: str, api_version: str, body: dict[str, Any]) -> Any: ...


@dataclass(frozen=True)
class UserFunction:
    """A function that the template itself declares: names of its parameters and the expression of its output."""

    parameters: tuple[str, ...]
    output: Any


@dataclass(frozen=True)
class Lambda:
    """``lambda('x', ...)`` with the context that it was written in."""

    names: tuple[str, ...]
    body: Expression
    context: "Context"


def _nothing(name: str) -> Any:
    raise ExpressionFault(
        f"The template parameter or variable '{name}' is not expected at this location. "
        "Please see https://aka.ms/arm-functions for usage details."
    )


@dataclass(frozen=True)
class Context:
    """``place`` is what is evaluated: ``parameter`` (a default value), ``variable``, ``plan`` (names, conditions),
    ``resource``, ``output`` or ``function``. ``runtime`` is None where ``reference`` is not allowed."""

    place: str
    surroundings: Surroundings
    parameters: Callable[[str], Any] = _nothing
    variables: Callable[[str], Any] = _nothing
    functions: Mapping[str, UserFunction] = field(default_factory=dict)
    runtime: Runtime | None = None
    loops: Mapping[str, int] = field(default_factory=dict)
    loop: str = ""
    locals: Mapping[str, Any] = field(default_factory=dict)

    def at(self, place: str, runtime: Runtime | None = None) -> "Context":
        return replace(self, place=place, runtime=runtime)

    def in_loop(self, name: str, index: int) -> "Context":
        """Inside one turn of the copy loop ``name``."""
        return replace(self, loops={**self.loops, name.lower(): index}, loop=name.lower())

    def with_loop(self, name: str, index: int) -> "Context":
        """Inside one turn of a property's loop: ``copyIndex()`` without a name still means the resource's."""
        return replace(self, loops={**self.loops, name.lower(): index}, loop=self.loop or name.lower())

    def with_locals(self, values: Mapping[str, Any]) -> "Context":
        return replace(self, locals={**self.locals, **values})

    def refused(self, function: str) -> ExpressionFault:
        """The fault of a function that may not be used in this place."""
        return ExpressionFault(
            f"The template function '{function}' is not expected at this location. "
            "Please see https://aka.ms/arm-functions for usage details."
        )
