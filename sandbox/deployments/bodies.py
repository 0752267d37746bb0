"""The request that a planned resource becomes: its properties evaluated, what is only the template's left out."""

from collections.abc import Callable
from typing import Any

from sandbox.deployments import loops
from sandbox.deployments.checks import inner, without_nested
from sandbox.deployments.language.context import Context
from sandbox.deployments.language.faults import ExpressionFault, Pending, Unknown
from sandbox.deployments.language.functions import kind
from sandbox.deployments.planning import Planned

_TEMPLATE_ONLY = frozenset(
    {
        "type", "apiVersion", "name", "dependsOn", "condition", "copy", "scope", "comments", "metadata", "resources",
        "existing", "asserts", "resourceGroup", "subscriptionId", "import", "@options",
    }
)  # fmt: skip


def body(planned: Planned, context: Context) -> dict[str, Any]:
    """The resource as the request to its provider has it. Raises ExpressionFault, Pending."""
    raw = without_nested(planned.declaration.raw)
    own = {key: value for key, value in raw.items() if key not in _TEMPLATE_ONLY}
    result = without_null(loops.expanded(own, context))
    for member in ("properties", "tags", "sku", "identity", "plan"):
        if not isinstance(result.get(member, {}), dict | Unknown):
            raise ExpressionFault(f"The {member} property must be an object, not of type '{kind(result[member])}'")
    if planned.nested and inner(planned.declaration.raw):
        result["properties"]["template"] = planned.declaration.raw["properties"].get("template")
    return result


def without_null(value: Any) -> Any:
    """The value without properties that are null: they mean "not given"."""
    if isinstance(value, dict):
        return {key: without_null(one) for key, one in value.items() if one is not None}
    return [without_null(one) for one in value] if isinstance(value, list) else value


async def settled(compute: Callable[[], Any]) -> Any:
    """What ``compute`` returns once everything that it must await first has been awaited."""
    while True:
        try:
            return compute()
        except Pending as pending:
            await pending.fetch()
