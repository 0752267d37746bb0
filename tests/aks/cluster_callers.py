"""A sandbox in memory with a network and an identity to put clusters into."""

from pathlib import Path
from typing import Any

import pytest

from sandbox import server, tls
from sandbox.arm import resources
from sandbox.arm.ids import ResourceId
from sandbox.errors import AzureError
from sandbox.home import Home
from sandbox.pace import Pace
from sandbox.store import Document, Store
from sandbox.world import SUBSCRIPTION_ID, World

SUBSCRIPTION = f"/subscriptions/{SUBSCRIPTION_ID}"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-aks"
CLUSTER = ResourceId(f"{GROUP}/providers/Microsoft.ContainerService/managedClusters/aks-lab")
NODES = ResourceId(f"{SUBSCRIPTION}/resourceGroups/MC_rg-aks_aks-lab_westeurope")
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-control"
SUBNET = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet/subnets/nodes"
VERSION = "2025-01-01"
POOL = {"name": "nodepool1", "mode": "System", "count": 2, "vmSize": "Standard_D2s_v5"}


async def new_world(home: Path, pace: float = 0) -> World:
    """With a group, a virtual network of 10.20.0.0/22 and an identity."""
    tls.Certificates(Home(home).tls).prepare()
    world = World(home, "https://localhost:1", Store(None), Pace(pace))
    server.application(world)
    await resources.put(world, None, ResourceId(GROUP), {"location": "westeurope"}, api_version="2024-11-01")
    identity = {"location": "westeurope"}
    await resources.put(world, None, ResourceId(IDENTITY), identity, api_version="2024-11-30")
    network = {"addressSpace": {"addressPrefixes": ["10.0.0.0/8"]}}
    network["subnets"] = [{"name": "nodes", "properties": {"addressPrefix": "10.20.0.0/22"}}]  # type: ignore[assignment]
    body = {"location": "westeurope", "properties": network}
    await resources.put(world, None, ResourceId(SUBNET).parent, body, api_version="2024-05-01")
    return world


def body(
    *, pools: Any = None, sku: str = "Base", tier: str = "Free", identity: Any = None, **properties: Any
) -> Document:
    """A cluster's PUT body."""
    return {
        "location": "westeurope",
        "sku": {"name": sku, "tier": tier},
        "identity": identity or {"type": "SystemAssigned"},
        "properties": {"dnsPrefix": "aks-lab", "agentPoolProfiles": pools or [POOL], **properties},
    }


async def put(world: World, id: ResourceId = CLUSTER, version: str = VERSION, **of: Any) -> Document:
    document, _ = await resources.put(world, None, id, body(**of), api_version=version)
    return document


async def refused(world: World, id: ResourceId = CLUSTER, version: str = VERSION, **of: Any) -> AzureError:
    with pytest.raises(AzureError) as refusal:
        await put(world, id, version, **of)
    return refusal.value
