"""Where a deployment lives: a subscription or a resource group of it."""

from dataclasses import dataclass

from sandbox.arm.ids import ResourceId

DEPLOYMENTS = "Microsoft.Resources/deployments"
GROUPS = "Microsoft.Resources/resourceGroups"


@dataclass(frozen=True)
class Scope:
    """``group`` is empty at subscription scope."""

    subscription_id: str
    group: str = ""

    @property
    def id(self) -> str:
        subscription = f"/subscriptions/{self.subscription_id}"
        return f"{subscription}/resourceGroups/{self.group}" if self.group else subscription

    def deployment(self, name: str) -> ResourceId:
        return ResourceId(f"{self.id}/providers/{DEPLOYMENTS}/{name}")

    def resource(self, type: str, name: str, extended: str = "") -> ResourceId:
        """The id of a resource of a template deployed here. ``extended`` is its ``scope``: an id, or type and name of a
        resource of this scope. Type and name must have matching segments."""
        if type.lower() == GROUPS.lower():
            return ResourceId(f"/subscriptions/{self.subscription_id}/resourceGroups/{name}")
        namespace, *types = type.split("/")
        path = "/".join([namespace, *(f"{a}/{b}" for a, b in zip(types, name.split("/"), strict=True))])
        base = self.id
        if extended:
            base = extended.rstrip("/") if extended.startswith("/") else f"{self.id}/providers/{extended}"
        return ResourceId(f"{base}/providers/{path}")


def of(id: ResourceId) -> Scope:
    """The scope that a deployment's id lies in."""
    return Scope(id.subscription, id.group)
