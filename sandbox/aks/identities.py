"""The identities of a cluster: the control plane's (its own or one that it is given) and the kubelet's."""

from sandbox.aks import refusals
from sandbox.arm import resources
from sandbox.arm.ids import ResourceId
from sandbox.entra import principals
from sandbox.store import Document
from sandbox.world import TENANT_ID, World


def wanted(
    world: World, id: ResourceId, body: Document, existing: Document | None, properties: Document
) -> Document | None:
    """The ``identity`` of the cluster as it would stand, with the ids of identities that are there already.
    None for one with a service principal of the user's own. Raises when it cannot be."""
    given = body.get("identity") or (existing or {}).get("identity") or {}
    kind = given.get("type", "None")
    if kind == "None":
        client = properties.get("servicePrincipalProfile", {}).get("clientId")
        if not client:
            raise refusals.missing("identity")
        if principals.find_by_app_id(world, client) is None:
            raise refusals.service_principal_not_found(client)
        return None
    if kind == "SystemAssigned":
        standing = (existing or {}).get("identity") or {}
        return standing if standing.get("type") == kind else {"type": kind, "tenantId": TENANT_ID}
    if kind != "UserAssigned":
        raise refusals.invalid("identity.type", f"Identity type '{kind}' is not supported.")
    assigned = given.get("userAssignedIdentities") or {}
    if len(assigned) != 1:
        raise refusals.invalid(
            "identity.userAssignedIdentities", "Exactly one user-assigned identity must be specified."
        )
    identity = next(iter(assigned))
    document = resources.stored(world, ResourceId(identity))
    if document is None or "principalId" not in document["properties"]:
        raise refusals.identity_not_found(id, identity)
    ids = {field: document["properties"][field] for field in ("clientId", "principalId")}
    return {"type": kind, "userAssignedIdentities": {identity: ids}}


def realised(world: World, name: str, identity: Document | None) -> Document | None:
    """The identity with a principal made for a system-assigned one that has none yet."""
    if identity is None or identity["type"] != "SystemAssigned" or identity.get("principalId"):
        return identity
    principal = principals.create_service_principal(world, name, kind="ManagedIdentity")
    return {**identity, "principalId": principal["id"]}


def control_plane(cluster: Document) -> str | None:
    """The object id of the principal that the control plane acts as."""
    identity = cluster.get("identity") or {}
    for assigned in (identity.get("userAssignedIdentities") or {}).values():
        return assigned.get("principalId")
    return identity.get("principalId")


def kubelet_profile(document: Document) -> Document:
    """An identity's resource as ``identityProfile.kubeletidentity`` shows it."""
    properties = document["properties"]
    return {
        "resourceId": document["id"],
        "clientId": properties["clientId"],
        "objectId": properties["principalId"],
    }


def remove(world: World, cluster: Document) -> None:
    """Take the control plane's own principal away; one that it was given stays."""
    identity = cluster.get("identity") or {}
    if identity.get("type") == "SystemAssigned" and identity.get("principalId"):
        principals.remove(world, identity["principalId"])
