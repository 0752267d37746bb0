"""Parameters, variables and loop indexes, and ``reference``, ``references`` and ``list...`` of deployed resources."""

from typing import Any

from sandbox.deployments.language.context import Context
from sandbox.deployments.language.faults import ExpressionFault
from sandbox.deployments.language.functions import function


@function("parameters")
def parameters(context: Context, name: str) -> Any:
    return context.parameters(name)


@function("variables")
def variables(context: Context, name: str) -> Any:
    return context.variables(name)


@function("copyIndex")
def copy_index(context: Context, loop: str | int = 0, offset: int = 0) -> int:
    """``copyIndex()``, ``copyIndex(offset)``, ``copyIndex('loop')``, ``copyIndex('loop', offset)``."""
    name = loop.lower() if isinstance(loop, str) else context.loop
    if name not in context.loops:
        raise ExpressionFault(
            "The template function 'copyIndex' is not expected at this location. The function can only be used in a "
            "resource with copy specified. Please see https://aka.ms/arm-copy for usage details."
        )
    return context.loops[name] + (offset if isinstance(loop, str) else loop)


@function("reference")
def reference(context: Context, target: str, api_version: str | None = None, mode: str | None = None) -> Any:
    """The resource's properties; with mode ``Full`` the whole resource. A name of the template or an id."""
    if context.runtime is None:
        raise context.refused("reference")
    if api_version is not None and api_version.lower() == "full":
        api_version, mode = None, api_version
    return context.runtime.reference(target, api_version, (mode or "").lower() == "full")


@function("references")
def references(context: Context, loop: str, mode: str | None = None) -> Any:
    """What ``reference`` answers for each resource of a symbolic loop."""
    if context.runtime is None:
        raise context.refused("references")
    return context.runtime.references(loop, (mode or "").lower() == "full")


@function("list*")
def list_action(context: Context, name: str, target: str, api_version: str, body: dict | None = None) -> Any:
    """``listKeys`` and its like: a POST action of a resource, called by its name."""
    if context.runtime is None:
        raise context.refused(name)
    return context.runtime.action(name, target, api_version, body or {})
