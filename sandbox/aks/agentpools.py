"""Microsoft.ContainerService/managedClusters/agentPools: one pool as a resource of its own.

A pool lives in its cluster's ``agentPoolProfiles``; the stored child resource mirrors it, so that it can be listed.
"""

from sandbox.aks import clusters, nodes, pools, refusals, shapes
from sandbox.arm import resources
from sandbox.arm.ids import ResourceId
from sandbox.arm.shapes import fitted
from sandbox.arm.types import ResourceType, register
from sandbox.kube import cluster as kube
from sandbox.store import Document
from sandbox.world import World


class AgentPool(ResourceType):
    """A node pool. Putting one changes its cluster; the first comes with the cluster."""

    name = pools.POOLS
    api_versions = clusters.API_VERSIONS
    tracked = False
    put_s = 120
    delete_s = 90
    deleted_status = 204

    def desired(self, world: World, id: ResourceId, body: Document, existing: Document | None) -> Document:
        cluster = _cluster(world, id)
        clusters.check_settled(cluster)
        if existing:
            _check_settled(existing)
        properties = cluster["properties"]
        standing = next((pool for pool in properties["agentPoolProfiles"] if pool["name"] == id.name), None)
        given = fitted(body.get("properties") or {}, shapes.POOL)
        subnet = properties["agentPoolProfiles"][0].get("vnetSubnetID")
        if subnet and standing is None:
            given.setdefault("vnetSubnetID", subnet)
        pool = pools.filled({"name": id.name, **given}, standing, properties)
        pools.check(pool, standing, cluster["location"])
        pools.check_all(world, cluster["id"], cluster["location"], _with(properties["agentPoolProfiles"], pool))
        return pools.resource(cluster, pool)

    async def realise(self, world: World, id: ResourceId, desired: Document, existing: Document | None) -> Document:
        cluster = _cluster(world, id)
        pool = {"name": id.name, **desired["properties"]}
        await _change(world, cluster, _with(cluster["properties"]["agentPoolProfiles"], pool))
        return desired

    def deletable(self, world: World, existing: Document) -> None:
        id = ResourceId(existing["id"])
        left = [pool for pool in _cluster(world, id)["properties"]["agentPoolProfiles"] if pool["name"] != id.name]
        if not any(pool["mode"] == "System" for pool in left):
            raise refusals.last_system_pool()

    async def remove(self, world: World, existing: Document) -> None:
        id = ResourceId(existing["id"])
        cluster = resources.stored(world, id.parent)
        left = [pool for pool in (cluster or {"properties": {}})["properties"].get("agentPoolProfiles", [])]
        left = [pool for pool in left if pool["name"] != id.name]
        if cluster and left:  # none are left when the cluster itself goes
            await nodes.NodeGroup(world, cluster).remove_machines(id.name)
            await _change(world, cluster, left)


async def _change(world: World, cluster: Document, profiles: list[Document]) -> None:
    """Give the cluster these pools: in its resource, in its node resource group and in Kubernetes."""
    changed = {**cluster, "properties": {**cluster["properties"], "agentPoolProfiles": profiles}}
    world.store.table("resources")[cluster["id"].lower()] = changed
    await nodes.NodeGroup(world, changed).furnish()
    kube.create(world, ResourceId(cluster["id"]), changed)


def _with(profiles: list[Document], pool: Document) -> list[Document]:
    if all(other["name"] != pool["name"] for other in profiles):
        return [*profiles, pool]
    return [pool if other["name"] == pool["name"] else other for other in profiles]


def _cluster(world: World, id: ResourceId) -> Document:
    cluster = resources.stored(world, id.parent)
    assert cluster is not None, "resources.put has looked for the parent"
    return cluster


def _check_settled(pool: Document) -> None:
    state = pool["properties"].get("provisioningState", "Succeeded")
    if state not in clusters.SETTLED:
        raise refusals.in_progress(f"{pool['name']} - {state}")


register(AgentPool())
