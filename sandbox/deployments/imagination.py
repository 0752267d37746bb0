"""What expressions learn in a rehearsal: the present state of what stands already; the rest is unknown."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.arm import resources
from sandbox.deployments.language.faults import Provisional, Unknown
from sandbox.deployments.planning import Plan
from sandbox.deployments.runtime import loop_members, meant, whole
from sandbox.deployments.scope import DEPLOYMENTS

if TYPE_CHECKING:
    from sandbox.world import World


@dataclass
class Imagined:
    """``outputs``: those of the nested deployments rehearsed so far, by id in lower case."""

    world: "World"
    plan: Plan
    outputs: dict[str, dict[str, Any]]

    def reference(self, target: str, api_version: str | None, full: bool) -> Any:
        id, planned = meant(self.plan, target)
        if id.type.lower() == DEPLOYMENTS.lower():
            if id.key not in self.outputs:
                return Unknown("")
            properties = Provisional(outputs=Provisional(self.outputs[id.key]))
            return Provisional(properties=properties) if full else properties
        document = resources.get(self.world, id)
        if document is None:
            return Unknown("")
        version = api_version or (planned.api_version if planned else "")
        return Provisional(whole(id, document, version, planned) if full else document["properties"])

    def references(self, loop: str, full: bool) -> Any:
        members = [member for member in loop_members(self.plan, loop) if member.wanted]
        return [self.reference(member.id.text, member.api_version, full) for member in members]

    def action(self, name: str, target: str, api_version: str, body: dict[str, Any]) -> Any:
        meant(self.plan, target)
        return Unknown("")
