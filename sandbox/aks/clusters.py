"""Microsoft.ContainerService/managedClusters: the cluster as a resource, and its Kubernetes side with it."""

import re
import secrets
import string

from sandbox.aks import credentials, identities, nodes, pools, properties, refusals, shapes
from sandbox.arm import resources
from sandbox.arm.ids import ResourceId
from sandbox.arm.shapes import fitted
from sandbox.arm.types import ResourceType, register
from sandbox.kube import cluster as kube
from sandbox.store import Document
from sandbox.world import TENANT_ID, World

#: The versions that users of today write, and those that az asks for. Previews are deprecated within a year:
#: ``2022-05-02-preview``, which the lab of 2023 was written for, works no longer.
API_VERSIONS = frozenset(
    {"2023-10-01", "2023-11-01", "2024-01-01", "2024-02-01", "2024-05-01", "2024-06-01", "2024-07-01", "2024-08-01",
     "2024-09-01", "2024-10-01", "2025-01-01", "2025-02-01", "2025-03-01", "2025-04-01", "2025-05-01", "2025-07-01",
     "2025-08-01", "2025-09-01", "2025-10-01", "2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01", "2026-05-01",
     "2026-06-01"}
)  # fmt: skip
SETTLED = frozenset({"Succeeded", "Failed", "Canceled"})
_TIERS = ("Free", "Standard", "Premium")


class ManagedCluster(ResourceType):
    """A cluster. Beside Azure's own, the stored document has ``_uid``, the cluster's name in ``sandbox.kube``."""

    name = pools.CLUSTERS
    api_versions = API_VERSIONS
    put_s = 290
    delete_s = 150  # and as long again for the node resource group
    deleted_status = 204

    def __init__(self) -> None:
        super().__init__()
        self.actions = {
            "listclusterusercredential": credentials.user,
            "listclusteradmincredential": credentials.admin,
            "listclustermonitoringusercredential": credentials.user,
            "start": _start,
            "stop": _stop,
        }

    def desired(self, world: World, id: ResourceId, body: Document, existing: Document | None) -> Document:
        if not re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?", id.name):
            raise refusals.naming(
                "name",
                f"Managed cluster name '{id.name}' is invalid. It must start and end with a letter or a digit, contain "
                "only letters, digits, underscores and hyphens, and have 1 to 63 characters.",
            )
        check_settled(existing)
        cluster = super().desired(world, id, {**body, "properties": {}}, existing)
        cluster["sku"] = _sku(body.get("sku") or (existing or {}).get("sku") or {})
        cluster["kind"] = cluster["sku"]["name"]
        given = fitted(body.get("properties") or {}, shapes.CLUSTER)
        if existing:
            given.pop("identityProfile", None)  # az sends the whole cluster back
        cluster["properties"] = properties.wanted(
            world, id, cluster["location"], given, (existing or {}).get("properties"), cluster["sku"]["tier"]
        )
        cluster.pop("identity", None)
        identity = identities.wanted(world, id, body, existing, given)
        if identity:
            cluster["identity"] = identity
        if existing is None and resources.stored(world, nodes.group_of(cluster)):
            raise refusals.invalid(
                "nodeResourceGroup", f"Resource group {nodes.group_of(cluster).name} already exists."
            )
        return cluster | ({"_uid": existing["_uid"]} if existing and "_uid" in existing else {})

    def linked(self, id: ResourceId, body: Document) -> list[tuple[str, str]]:
        """Besides identities: joining nodes to a subnet takes a right on the subnet."""
        join = "Microsoft.Network/virtualNetworks/subnets/join/action"
        pools = (body.get("properties") or {}).get("agentPoolProfiles") or []
        named = dict.fromkeys(pool.get("vnetSubnetID") for pool in pools if isinstance(pool, dict))
        return [*super().linked(id, body), *((join, subnet) for subnet in named if subnet)]

    async def realise(self, world: World, id: ResourceId, desired: Document, existing: Document | None) -> Document:
        identity = identities.realised(world, id.name, desired.get("identity"))
        cluster = {**desired, **({"identity": identity} if identity else {})}
        cluster["_uid"] = kube.create(world, id, cluster)
        kubelet, addresses = await nodes.NodeGroup(world, cluster).furnish()
        made = {**_names(cluster), **cluster["properties"], "identityProfile": {"kubeletidentity": kubelet}}
        balancer = made["networkProfile"].get("loadBalancerProfile")
        if balancer and addresses:
            effective = {"effectiveOutboundIPs": [{"id": address} for address in addresses]}
            made["networkProfile"] = {**made["networkProfile"], "loadBalancerProfile": {**balancer, **effective}}
        if made["oidcIssuerProfile"]["enabled"]:
            issuer = f"{world.url}/oidc/{TENANT_ID}/{cluster['_uid']}/"
            made["oidcIssuerProfile"] = {**made["oidcIssuerProfile"], "issuerURL": issuer}
        realised = {**cluster, "properties": made}
        kube.create(world, id, realised)
        pools.mirror(world, realised)
        return realised

    async def remove(self, world: World, existing: Document) -> None:
        group = nodes.group_of(existing)
        if resources.stored(world, group):
            await resources.delete(world, None, group)
        if "_uid" in existing:
            kube.remove(world, existing["_uid"])
        identities.remove(world, existing)


def check_settled(existing: Document | None) -> None:
    """Raise the 409 of a cluster that something goes on with."""
    state = (existing or {}).get("properties", {}).get("provisioningState", "Succeeded")
    if state not in SETTLED:
        raise refusals.in_progress(state)


def _sku(given: Document) -> Document:
    name, tier = given.get("name") or "Base", given.get("tier") or "Free"
    if name not in ("Base", "Automatic"):
        raise refusals.invalid("sku.name", f"SKU name '{name}' is not supported. Please use 'Base' or 'Automatic'.")
    if tier not in _TIERS:
        raise refusals.invalid(
            "sku.tier", f"SKU tier '{tier}' is not supported. Please use one of {', '.join(_TIERS)}."
        )
    return {"name": name, "tier": tier}


def _names(cluster: Document) -> Document:
    """Names that are made up once: the API server's address, and the resource's own id."""
    letters = string.ascii_lowercase + string.digits
    host = f"{cluster['properties']['dnsPrefix'].lower()}-{''.join(secrets.choice(letters) for _ in range(8))}"
    domain = f"{cluster['location']}.azmk8s.io"
    return {
        "fqdn": f"{host}.hcp.{domain}",
        "azurePortalFQDN": f"{host}.portal.hcp.{domain}",
        "resourceUID": secrets.token_hex(12),
    }


async def _start(world: World, id: ResourceId, body: Document) -> None:
    await _set_power(world, id, "Running")


async def _stop(world: World, id: ResourceId, body: Document) -> None:
    await _set_power(world, id, "Stopped")


async def _set_power(world: World, id: ResourceId, code: str) -> None:
    """Switch the cluster on or off; its pools go with it."""
    cluster = resources.stored(world, id)
    assert cluster is not None
    check_settled(cluster)
    power = {"powerState": {"code": code}}
    pools = [{**pool, **power} for pool in cluster["properties"]["agentPoolProfiles"]]
    changed = {**cluster, "properties": {**cluster["properties"], **power, "agentPoolProfiles": pools}}
    world.store.table("resources")[id.key] = changed
    await nodes.NodeGroup(world, changed).furnish()


register(ManagedCluster())
