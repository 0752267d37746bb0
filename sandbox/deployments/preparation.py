"""Everything about a deployment that is known before its first resource is touched; what is wrong by then is
refused."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.deployments import checks, template
from sandbox.deployments.dependencies import Dependencies, link
from sandbox.deployments.frame import Frame
from sandbox.deployments.jsonc import Parsed
from sandbox.deployments.planning import Plan, plan
from sandbox.deployments.scope import Scope
from sandbox.deployments.surroundings import Place
from sandbox.deployments.template import Template

if TYPE_CHECKING:
    from sandbox.entra.principals import Principal
    from sandbox.world import World


@dataclass(frozen=True)
class Prepared:
    """``values``: all parameters, defaults evaluated."""

    template: Template
    frame: Frame
    values: dict[str, Any]
    plan: Plan
    dependencies: Dependencies


def prepare(
    world: "World",
    principal: "Principal",
    scope: Scope,
    name: str,
    source: Parsed,
    given: dict[str, Any],
    location: str | None = None,
    mode: str = "Incremental",
) -> Prepared:
    """Raises AzureError InvalidTemplate."""
    read = template.load(source)
    checks.check(read)
    about: dict[str, Any] = {"name": name}
    if location and not scope.group:
        about["location"] = location
    about["properties"] = {
        "template": source.value,
        "templateHash": read.hash,
        "parameters": given,
        "mode": mode,
        "provisioningState": "Accepted",
    }
    frame = Frame(read, given, Place(world, scope, principal, about))
    values = frame.values()
    planned = plan(read, frame.context, scope)
    return Prepared(read, frame, values, planned, link(planned))
