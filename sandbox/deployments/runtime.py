"""What expressions learn of deployed resources: ``reference``, ``references``, ``list...`` while a deployment runs."""

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.arm import resources, roles
from sandbox.arm.ids import ResourceId
from sandbox.deployments import records
from sandbox.deployments.errors import USAGE
from sandbox.deployments.language.faults import ExpressionFault, Pending
from sandbox.deployments.planning import Plan, Planned
from sandbox.deployments.scope import DEPLOYMENTS
from sandbox.errors import AzureError
from sandbox.store import Document

if TYPE_CHECKING:
    from sandbox.entra.principals import Principal
    from sandbox.world import World


@dataclass
class Live:
    """Asks the sandbox as the caller. ``answers``: those of ``list...`` actions, which are awaited once."""

    world: "World"
    principal: "Principal"
    plan: Plan
    answers: dict[str, Any] = field(default_factory=dict)

    def reference(self, target: str, api_version: str | None, full: bool) -> Any:
        id, planned = meant(self.plan, target)
        version = api_version or (planned.api_version if planned else None)
        if version is None:
            raise ExpressionFault(
                f"The api-version is required for reference to the resource '{target}', which is not provisioned by "
                "this template. Please see https://aka.ms/arm-functions-reference for usage details."
            )
        document = self._document(id, version)
        return whole(id, document, version, planned) if full else document["properties"]

    def references(self, loop: str, full: bool) -> Any:
        members = loop_members(self.plan, loop)
        return [self.reference(member.id.text, member.api_version, full) for member in members if member.wanted]

    def action(self, name: str, target: str, api_version: str, body: dict[str, Any]) -> Any:
        id, _ = meant(self.plan, target)
        key = json.dumps([name.lower(), id.key, api_version, body], sort_keys=True)
        if key not in self.answers:
            raise Pending(lambda: self._ask(key, name, id, api_version, body))
        return self.answers[key]

    async def _ask(self, key: str, name: str, id: ResourceId, api_version: str, body: dict[str, Any]) -> None:
        kind = resources.known_type(id, api_version)
        if name.lower() not in kind.actions:
            raise AzureError(404, "InvalidResourceType", f"The resource type '{kind.name}' has no action '{name}'.")
        roles.require(self.world, self.principal, f"{kind.name}/{name}/action", id.text)
        self._document(id, api_version)
        self.answers[key] = await kind.actions[name.lower()](self.world, id, body)

    def _document(self, id: ResourceId, api_version: str) -> Document:
        if id.type.lower() == DEPLOYMENTS.lower():
            document = records.get(self.world, id)
            if document is None:
                raise ExpressionFault(f"Deployment '{id.name}' could not be found.")
            return records.shown(document)
        resources.require(self.world, self.principal, id, api_version=api_version)
        document = resources.get(self.world, id)
        assert document is not None  # or the line before would have raised
        return document


def meant(plan: Plan, target: str) -> tuple[ResourceId, Planned | None]:
    """The id that a name of the template or an id means, and what the template plans under it."""
    planned = plan.named(target)
    if planned is not None:
        return planned.id, planned
    if not target.startswith("/"):
        raise ExpressionFault(
            f"The resource '{target}' is not defined in the template. {USAGE.format(part='resources')}"
        )
    return ResourceId(target), None


def loop_members(plan: Plan, loop: str) -> list[Planned]:
    if loop.lower() not in plan.loops:
        raise ExpressionFault(
            f"The resource loop '{loop}' is not defined in the template. {USAGE.format(part='resources')}"
        )
    return plan.loops[loop.lower()]


def whole(id: ResourceId, document: Document, api_version: str, planned: Planned | None) -> Document:
    """What ``reference(..., 'Full')`` answers: the resource, and how it came about."""
    answer = {key: value for key, value in document.items() if key not in ("id", "name", "type")}
    return answer | {
        "apiVersion": api_version,
        "subscriptionId": id.subscription,
        "resourceGroupName": id.group,
        "scope": id.scope,
        "resourceId": id.text.rpartition("/providers/")[2] if id.names else id.text,
        "referenceApiVersion": api_version,
        "condition": planned is None or planned.wanted,
        "isConditionTrue": planned is None or planned.wanted,
        "isTemplateResource": planned is not None,
        "isAction": False,
        "provisioningOperation": "Create" if planned is not None and planned.deploys else "Read",
    }
