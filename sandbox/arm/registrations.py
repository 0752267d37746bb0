"""Resource providers: the namespaces that there are, and which of them the subscription is registered to use."""

from typing import TYPE_CHECKING, Any

from sandbox.arm import locations, refusals, types
from sandbox.store import Table

if TYPE_CHECKING:
    from sandbox.world import World

#: Namespace -> whether a new subscription is registered to use it.
NAMESPACES: dict[str, bool] = {
    "Microsoft.Authorization": True,
    "Microsoft.Compute": True,
    "Microsoft.ContainerRegistry": True,
    "Microsoft.ContainerService": True,
    "Microsoft.Insights": False,
    "Microsoft.KeyVault": False,
    "Microsoft.ManagedIdentity": True,
    "Microsoft.Network": True,
    "Microsoft.OperationalInsights": False,
    "Microsoft.OperationsManagement": False,
    "Microsoft.Resources": True,
    "Microsoft.Storage": True,
}
#: These serve every subscription; there is nothing to register (Azure: registrationPolicy RegistrationFree).
FREE = frozenset({"Microsoft.Authorization", "Microsoft.Resources"})


def canonical(namespace: str) -> str:
    """The namespace as Azure writes it. Raises InvalidResourceNamespace for an unknown one."""
    for known in NAMESPACES:
        if known.lower() == namespace.lower():
            return known
    raise refusals.namespace_unknown(namespace)


def _table(world: "World") -> Table:
    return world.store.table("provider_registrations")


def registered(world: "World", namespace: str) -> bool:
    state = _table(world).get(namespace)
    return NAMESPACES[namespace] if state is None else state["registered"]


def set_registered(world: "World", namespace: str, value: bool) -> None:
    _table(world)[namespace] = {"registered": value}


def document(world: "World", subscription: str, namespace: str) -> dict[str, Any]:
    """The provider as ``GET /subscriptions/S/providers/NS`` answers it."""
    regions = [locations.display_name(name) for name in locations.REGIONS]
    kinds = [kind for kind in types.all_types() if kind.name.split("/")[0] == namespace]
    return {
        "id": f"/subscriptions/{subscription}/providers/{namespace}",
        "namespace": namespace,
        "registrationState": "Registered" if registered(world, namespace) else "NotRegistered",
        "registrationPolicy": "RegistrationFree" if namespace in FREE else "RegistrationRequired",
        "resourceTypes": [
            {
                "resourceType": kind.name.split("/", 1)[1],
                "locations": list(kind.locations or regions) if kind.tracked else [],
                "apiVersions": sorted(kind.api_versions, reverse=True),
            }
            for kind in kinds
        ],
    }
