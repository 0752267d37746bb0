"""Node pools: what is filled in, and the rules for one pool and for all of a cluster's."""

import re
from typing import Any

from sandbox.aks import refusals, versions
from sandbox.aks.merging import merged
from sandbox.arm import resources
from sandbox.arm.providers.compute import QUOTA_CORES, SIZES, Size
from sandbox.store import Document
from sandbox.world import World

CLUSTERS = "Microsoft.ContainerService/managedClusters"
POOLS = f"{CLUSTERS}/agentPools"
_DEFAULT_SIZE = "Standard_D2s_v5"
_FIXED = ("vmSize", "osType", "vnetSubnetID", "maxPods", "type", "osDiskType")


def filled(given: Document, existing: Document | None, cluster: Document) -> Document:
    """A pool's profile with its name, what it had before and Azure's defaults. ``cluster`` is the properties of the
    cluster. Empty strings count as absent: az sends them."""
    wanted = {field: value for field, value in given.items() if value != ""}
    network = cluster["networkProfile"]
    pods = 250 if network.get("networkPluginMode") == "overlay" else 30 if network["networkPlugin"] == "azure" else 110
    windows = wanted.get("osType") == "Windows"
    pool = {
        "count": 1,
        "vmSize": _DEFAULT_SIZE,
        "osDiskSizeGB": 128,
        "osDiskType": "Managed",
        "kubeletDiskType": "OS",
        "maxPods": pods,
        "type": "VirtualMachineScaleSets",
        "mode": "User",
        "enableAutoScaling": False,
        "enableNodePublicIP": False,
        "enableEncryptionAtHost": False,
        "enableUltraSSD": False,
        "enableFIPS": False,
        "osType": "Linux",
        "osSKU": "Windows2022" if windows else "Ubuntu",
        "scaleDownMode": "Delete",
        "upgradeSettings": {"maxSurge": "10%", "maxUnavailable": "0"},
        "securityProfile": {"enableVTPM": False, "enableSecureBoot": False},
        "powerState": {"code": "Running"},
        "orchestratorVersion": cluster["kubernetesVersion"],
    }
    replaced = {field: wanted[field] for field in ("nodeLabels", "tags") if field in wanted}
    pool = merged(merged(pool, existing or {}), wanted) | replaced | {"provisioningState": "Succeeded"}
    pool["vmSize"] = next((name for name in SIZES if name.lower() == pool["vmSize"].lower()), pool["vmSize"])
    pool["currentOrchestratorVersion"] = _patch(pool, existing, cluster)
    image = "Ubuntu-2404gen2containerd" if pool["osType"] == "Linux" else "Windows-2022-containerd"
    pool.setdefault("nodeImageVersion", f"AKS{image}-202607.20.0")
    return pool


def _patch(pool: Document, existing: Document | None, cluster: Document) -> str:
    version = pool["orchestratorVersion"]
    patch = versions.patch_of(version)
    if patch is None:
        raise refusals.pool_version_unsupported(version)
    standing = (existing or {}).get("currentOrchestratorVersion")
    if standing and standing.startswith(f"{version}."):
        return standing  # a minor version alone asks for no newer patch
    if versions.number(patch) > versions.number(cluster["currentKubernetesVersion"]):
        raise refusals.pool_version_incompatible(patch, cluster["currentKubernetesVersion"])
    return patch


def check(pool: Document, existing: Document | None, location: str) -> None:
    """Raise for a pool that Azure would refuse by itself."""
    name, linux = pool["name"], pool["osType"] == "Linux"
    longest = 12 if linux else 6
    if not re.fullmatch(rf"[a-z][a-z0-9]{{0,{longest - 1}}}", name):
        raise refusals.naming(
            "agentPoolProfile.name",
            f"Agent pool name {name} is invalid. It must start with a lowercase letter, contain only lowercase "
            f"letters and digits, and have at most {longest} characters for {pool['osType']} node pools.",
        )
    size = SIZES.get(pool["vmSize"])
    if size is None:
        raise refusals.size_unavailable(pool["vmSize"], location, list(SIZES))
    system = pool["mode"] == "System"
    if system and (not linux or size.name.startswith("Standard_B")):
        wrong = f"VM size {size.name}" if linux else "OS type Windows"
        raise refusals.invalid("agentPoolProfile.mode", f"{wrong} is not supported in a system node pool.")
    if pool["type"] == "AvailabilitySet":
        raise refusals.invalid("agentPoolProfile.type", "Availability sets are retired.")
    _within("agentPoolProfile.count", pool["count"], 1 if system else 0, 1000)
    _within("agentPoolProfile.maxPods", pool["maxPods"], 10, 250)
    if system and pool["maxPods"] < 30:
        raise refusals.invalid("agentPoolProfile.maxPods", "A system node pool needs a maxPods of 30 or more.")
    if pool["enableAutoScaling"] and not (pool.get("minCount", 0) <= pool["count"] <= pool.get("maxCount", 0)):
        raise refusals.invalid(
            "agentPoolProfile.count", "It must lie between minCount and maxCount when autoscaling is enabled."
        )
    for field in _FIXED if existing else ():
        if str(existing.get(field)).lower() != str(pool.get(field)).lower():  # type: ignore[union-attr]
            raise refusals.unchangeable(f"agentPoolProfile.{field}")


def _within(parameter: str, value: Any, least: int, most: int) -> None:
    if not least <= value <= most:
        raise refusals.invalid(parameter, f"{value} is not in the range from {least} to {most}.")


def check_all(world: World, cluster_id: str, location: str, pools: list[Document]) -> None:
    """Raise for pools that do not work together: no system pool, names used twice, more cores than the quota."""
    names = [pool["name"] for pool in pools]
    for name in names:
        if names.count(name) > 1:
            raise refusals.invalid("agentPoolProfile.name", f"Agent pool name {name} is used more than once.")
    if not any(pool["mode"] == "System" for pool in pools):
        raise refusals.last_system_pool()
    wanted, used = _cores(pools), _cores_elsewhere(world, cluster_id, location)
    for family, cores in wanted.items():
        left = QUOTA_CORES - used.get(family, 0)
        if cores > left:
            raise refusals.quota(family, location, cores, left)


def _cores(pools: list[Document]) -> dict[str, int]:
    cores: dict[str, int] = {}
    for pool in pools:
        size: Size = SIZES[pool["vmSize"]]
        cores[size.family] = cores.get(size.family, 0) + size.cores * pool["count"]
    return cores


def _cores_elsewhere(world: World, cluster_id: str, location: str) -> dict[str, int]:
    """Cores by family that the region's other clusters use."""
    others = [
        pool
        for cluster in resources.find(world, CLUSTERS)
        if cluster["location"] == location and cluster["id"].lower() != cluster_id.lower()
        for pool in cluster["properties"].get("agentPoolProfiles", [])
        if pool.get("vmSize") in SIZES
    ]
    return _cores(others)


def resource(cluster: Document, pool: Document) -> Document:
    """A pool of the cluster's profiles as a resource of its own."""
    properties = {field: value for field, value in pool.items() if field != "name"}
    id = f"{cluster['id']}/agentPools/{pool['name']}"
    return {"id": id, "name": pool["name"], "type": POOLS, "properties": properties}


def mirror(world: World, cluster: Document) -> None:
    """Store the child resources that the cluster's profiles amount to."""
    table = world.store.table("resources")
    for pool in cluster["properties"]["agentPoolProfiles"]:
        child = resource(cluster, pool)
        key = child["id"].lower()
        if table.get(key) != child:
            table[key] = child
