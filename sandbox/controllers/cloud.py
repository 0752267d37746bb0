"""The cluster as an Azure resource: whom it acts as, where its own resources lie."""

from sandbox.arm import resources
from sandbox.arm.ids import ResourceId
from sandbox.controllers.controller import Cluster
from sandbox.entra import principals
from sandbox.entra.principals import Principal
from sandbox.store import Document

NETWORK_API = "2024-05-01"
DNS_API = "2018-05-01"


def resource(cluster: Cluster) -> Document:
    """The managed cluster's ARM resource; {} while it is being made."""
    return resources.stored(cluster.world, ResourceId(cluster.record.get("id", ""))) or {}


def control_plane(cluster: Cluster) -> Principal | None:
    """The identity that the cluster's cloud provider acts as. None where the resource names none."""
    identity = resource(cluster).get("identity") or {}
    ids = [identity.get("principalId")]
    ids += [one.get("principalId") for one in (identity.get("userAssignedIdentities") or {}).values()]
    for object_id in filter(None, ids):
        document = principals.get(cluster.world, object_id)
        if document:
            return principals.principal_of(document)
    return None


def subnets(cluster: Cluster) -> list[str]:
    """The ids of the subnets that the user brought for the nodes."""
    pools = cluster.properties.get("agentPoolProfiles") or []
    return sorted({pool["vnetSubnetID"] for pool in pools if pool.get("vnetSubnetID")})


def node_group(cluster: Cluster) -> ResourceId:
    """The resource group of what the cluster makes for itself."""
    cluster_id = ResourceId(cluster.record["id"])
    location = resource(cluster).get("location", "westeurope")
    name = cluster.properties.get("nodeResourceGroup") or f"MC_{cluster_id.group}_{cluster_id.name}_{location}"
    return ResourceId(f"/subscriptions/{cluster_id.subscription}/resourceGroups/{name}")
