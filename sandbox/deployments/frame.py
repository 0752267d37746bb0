"""The values of one deployment: parameters and variables, each evaluated once, when it is first asked for."""

from collections.abc import Callable
from typing import Any

from sandbox.deployments import loops, parameters
from sandbox.deployments.errors import USAGE, invalid_template
from sandbox.deployments.language.context import Context, Surroundings
from sandbox.deployments.language.evaluation import resolved
from sandbox.deployments.language.faults import ExpressionFault
from sandbox.deployments.template import Template


class Frame:
    """``given``: the parameters handed in. ``context`` is what names and conditions are evaluated in."""

    def __init__(self, template: Template, given: dict[str, Any], surroundings: Surroundings) -> None:
        self.template = template
        self._parameters = parameters.supplied(template, given)
        self._variables: dict[str, Any] = {}
        self._under_way: list[str] = []
        self.context = Context("plan", surroundings, self._parameter, self._variable, functions=template.functions)

    def values(self) -> dict[str, Any]:
        """All parameters, in the order of their declaration. Raises AzureError InvalidTemplate."""
        try:
            return {name: self._parameter(name) for name in self.template.section("parameters")}
        except ExpressionFault as fault:
            raise invalid_template(str(fault)) from None

    def _parameter(self, name: str) -> Any:
        declared = _named(self.template.section("parameters"), name)
        if declared is None:
            raise parameters.missing(name)
        if declared not in self._parameters:
            default = self.template.section("parameters")[declared]["defaultValue"]
            place = self.template.place(("parameters", declared))
            value = self._once(
                f"The template parameter '{declared}' {place}",
                lambda: resolved(default, self.context.at("parameter")),
            )
            parameters.check(self.template, declared, value)
            self._parameters[declared] = value
        return self._parameters[declared]

    def _variable(self, name: str) -> Any:
        section = self.template.section("variables")
        looped = {loop["name"]: loop for loop in section.get("copy") or []}
        declared = _named({**section, **looped}, name)
        if declared is None or declared == "copy":
            raise ExpressionFault(f"The template variable '{name}' is not found. {USAGE.format(part='variables')}")
        if declared not in self._variables:
            context = self.context.at("variable")

            def value() -> Any:
                if declared in looped:
                    return loops.turns(looped[declared], declared, context)
                return loops.expanded(section[declared], context)

            self._variables[declared] = self._once(f"The template variable '{declared}'", value)
        return self._variables[declared]

    def _once(self, what: str, value: Callable[[], Any]) -> Any:
        """The value; a parameter or variable that needs itself is refused."""
        if what in self._under_way:
            raise ExpressionFault(f"{what} is not valid: it refers to itself. Please see https://aka.ms/arm-functions")
        self._under_way.append(what)
        try:
            return value()
        except ExpressionFault as fault:
            raise ExpressionFault(f"{what} is not valid: {fault}") from None
        finally:
            self._under_way.pop()


def _named(section: dict[str, Any], name: str) -> str | None:
    """The declared name, which is matched without case."""
    return next((declared for declared in section if declared.lower() == name.lower()), None)
