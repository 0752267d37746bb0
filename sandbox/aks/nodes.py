"""The node resource group: what Azure makes beside a cluster (load balancer, addresses, machines, kubelet identity)."""

import uuid
import zlib

from sandbox.aks import identities, networks
from sandbox.arm import resources
from sandbox.arm.ids import ResourceId
from sandbox.store import Document
from sandbox.world import World

_GROUP, _IDENTITY, _NETWORK, _COMPUTE = "2024-11-01", "2024-11-30", "2024-05-01", "2024-07-01"


def group_of(cluster: Document) -> ResourceId:
    """The cluster's node resource group."""
    id = ResourceId(cluster["id"])
    return ResourceId(f"/subscriptions/{id.subscription}/resourceGroups/{cluster['properties']['nodeResourceGroup']}")


def digits_of(cluster: Document) -> str:
    """The eight digits in the names of what belongs to a cluster, its nodes' too (see ``sandbox.kube.bootstrap``)."""
    return f"{zlib.crc32(cluster['_uid'].encode()) % 10**8:08d}"


class NodeGroup:
    """Brings about what is in the node resource group of ``cluster`` (its stored resource), again at each change."""

    def __init__(self, world: World, cluster: Document) -> None:
        self._world, self._cluster, self._group = world, cluster, group_of(cluster)
        self._location, self._digits = cluster["location"], digits_of(cluster)

    async def furnish(self) -> tuple[Document, list[str]]:
        """Make all of it. Returns the kubelet's identity and the ids of the outbound addresses."""
        cluster = self._cluster
        if resources.stored(self._world, self._group) is None:
            tags = {
                "aks-managed-cluster-name": cluster["name"],
                "aks-managed-cluster-rg": ResourceId(cluster["id"]).group,
            }
            body = {"location": self._location, "managedBy": cluster["id"], "tags": tags}
            await resources.put(self._world, None, self._group, body, api_version=_GROUP)
        addresses = await self._addresses()
        await self._made("Microsoft.Network/networkSecurityGroups", f"aks-agentpool-{self._digits}-nsg", {}, _NETWORK)
        if not any(networks.subnets(cluster["properties"])):
            await self._network()
        await self._balancer(addresses)
        for pool in cluster["properties"]["agentPoolProfiles"]:
            await self._machines(pool)
        return await self._kubelet_identity(), addresses

    def _id(self, kind: str, name: str) -> ResourceId:
        return ResourceId(f"{self._group.text}/providers/{kind}/{name}")

    async def _made(self, kind: str, name: str, properties: Document, api_version: str, **more: object) -> Document:
        """The resource of that name, created if there is none."""
        standing = resources.stored(self._world, self._id(kind, name))
        return standing or await self._put(kind, name, properties, api_version, **more)

    async def _put(self, kind: str, name: str, properties: Document, api_version: str, **more: object) -> Document:
        body = {"location": self._location, "properties": properties, **more}
        document, _ = await resources.put(self._world, None, self._id(kind, name), body, api_version=api_version)
        return document

    async def _addresses(self) -> list[str]:
        """As many outbound addresses as the load balancer's profile asks for."""
        profile = self._cluster["properties"]["networkProfile"].get("loadBalancerProfile", {})
        wanted = profile.get("managedOutboundIPs", {}).get("count", 0)
        seed = uuid.uuid5(uuid.NAMESPACE_URL, self._cluster["id"].lower())
        made = []
        for place in range(wanted):
            name = str(uuid.uuid5(seed, str(place)))
            properties = {
                "publicIPAllocationMethod": "Static",
                "publicIPAddressVersion": "IPv4",
                "idleTimeoutInMinutes": 30,
            }
            address = await self._made(
                "Microsoft.Network/publicIPAddresses", name, properties, _NETWORK,
                sku={"name": "Standard", "tier": "Regional"}, tags={"aks-managed-type": "aks-slb-managed-outbound-ip"},
            )  # fmt: skip
            made.append(address["id"])
        return made

    async def _network(self) -> None:
        """A virtual network of the cluster's own, where its pools name no subnet."""
        subnets = [{"name": "aks-subnet", "properties": {"addressPrefix": "10.224.0.0/16"}}]
        properties = {"addressSpace": {"addressPrefixes": ["10.224.0.0/12"]}, "subnets": subnets}
        await self._made("Microsoft.Network/virtualNetworks", f"aks-vnet-{self._digits}", properties, _NETWORK)

    async def _balancer(self, addresses: list[str]) -> None:
        """The load balancer ``kubernetes``, made once: its rules for services are the cluster's doing later on."""
        if not addresses:
            return
        frontends = [
            {"name": address.rpartition("/")[2], "properties": {"publicIPAddress": {"id": address}}}
            for address in addresses
        ]
        properties = {
            "frontendIPConfigurations": frontends,
            "backendAddressPools": [{"name": "aksOutboundBackendPool"}, {"name": "kubernetes"}],
            "outboundRules": [
                {"name": "aksOutboundRule", "properties": {"protocol": "All", "enableTcpReset": True}},
            ],
        }
        sku = {"name": "Standard", "tier": "Regional"}
        await self._made("Microsoft.Network/loadBalancers", "kubernetes", properties, _NETWORK, sku=sku)

    async def _machines(self, pool: Document) -> None:
        """The scale set of a pool."""
        name = f"aks-{pool['name']}-{self._digits}-vmss"
        stopped = self._cluster["properties"]["powerState"]["code"] == "Stopped"
        capacity = 0 if stopped else pool["count"]
        tags = {"aks-managed-poolName": pool["name"], "aks-managed-orchestrator": pool["currentOrchestratorVersion"]}
        sku = {"name": pool["vmSize"], "tier": "Standard", "capacity": capacity}
        kind = "Microsoft.Compute/virtualMachineScaleSets"
        standing = resources.stored(self._world, self._id(kind, name))
        if standing is None or (standing["sku"], standing["tags"]) != (sku, tags):
            await self._put(kind, name, {"orchestrationMode": "Uniform"}, _COMPUTE, sku=sku, tags=tags)

    async def remove_machines(self, pool: str) -> None:
        """Take a pool's scale set away."""
        id = self._id("Microsoft.Compute/virtualMachineScaleSets", f"aks-{pool}-{self._digits}-vmss")
        if resources.stored(self._world, id):
            await resources.delete(self._world, None, id)

    async def _kubelet_identity(self) -> Document:
        given = self._cluster["properties"].get("identityProfile", {}).get("kubeletidentity", {})
        document = resources.stored(self._world, ResourceId(given["resourceId"])) if given.get("resourceId") else None
        if document is None:
            name = f"{self._cluster['name']}-agentpool"
            document = await self._made("Microsoft.ManagedIdentity/userAssignedIdentities", name, {}, _IDENTITY)
        return identities.kubelet_profile(document)
