"""Microsoft.Compute: which machine sizes a region offers, and how much of the quota is in use."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.responses import Response

from sandbox.arm import answers, filters, locations, resources
from sandbox.arm.endpoints import Call, endpoint
from sandbox.arm.subscriptions import require
from sandbox.store import Document

if TYPE_CHECKING:
    from sandbox.world import World


@dataclass(frozen=True)
class Size:
    """A virtual machine's size: ``family`` is what its cores are counted under, ``memory_gb`` GiB."""

    name: str
    family: str
    cores: int
    memory_gb: int


def _series(pattern: str, family: str, cores_and_memory: dict[int, int]) -> list[Size]:
    return [Size(pattern.format(cores), family, cores, gb) for cores, gb in cores_and_memory.items()]


SIZES = {
    size.name: size
    for size in [
        *_series("Standard_B{}ms", "standardBSFamily", {2: 8, 4: 16, 8: 32}),
        *_series("Standard_D{}s_v3", "standardDSv3Family", {2: 8, 4: 16, 8: 32}),
        *_series("Standard_D{}s_v5", "standardDSv5Family", {2: 8, 4: 16, 8: 32, 16: 64}),
        *_series("Standard_D{}ds_v5", "standardDDSv5Family", {2: 8, 4: 16, 8: 32, 16: 64}),
        *_series("Standard_D{}as_v5", "standardDASv5Family", {2: 8, 4: 16, 8: 32}),
        *_series("Standard_D{}s_v6", "standardDsv6Family", {2: 8, 4: 16, 8: 32}),
        *_series("Standard_E{}s_v5", "standardESv5Family", {2: 16, 4: 32, 8: 64}),
        *_series("Standard_F{}s_v2", "standardFSv2Family", {2: 4, 4: 8, 8: 16}),
        Size("Standard_DS2_v2", "standardDSv2Family", 2, 7),
        Size("Standard_DS3_v2", "standardDSv2Family", 4, 14),
    ]
}
FAMILIES = {
    "standardBSFamily": "Standard BS Family vCPUs",
    "standardDSv2Family": "Standard DSv2 Family vCPUs",
    "standardDSv3Family": "Standard DSv3 Family vCPUs",
    "standardDSv5Family": "Standard DSv5 Family vCPUs",
    "standardDDSv5Family": "Standard DDSv5 Family vCPUs",
    "standardDASv5Family": "Standard DASv5 Family vCPUs",
    "standardDsv6Family": "Standard Dsv6 Family vCPUs",
    "standardESv5Family": "Standard ESv5 Family vCPUs",
    "standardFSv2Family": "Standard FSv2 Family vCPUs",
}
API_VERSIONS = frozenset(
    {"2017-09-01", "2019-04-01", "2021-07-01", "2022-03-01", "2023-03-01", "2023-07-01", "2024-03-01", "2024-07-01",
     "2024-11-01", "2025-04-01"}
)  # fmt: skip
#: Cores that a subscription may use in a region, in all and of one family.
QUOTA_CORES = 100


def _sku(size: Size, location: str) -> Document:
    zones = ["1", "2", "3"]
    facts = {
        "vCPUs": size.cores, "vCPUsAvailable": size.cores, "MemoryGB": size.memory_gb, "PremiumIO": True,
        "CpuArchitectureType": "x64", "HyperVGenerations": "V1,V2", "MaxDataDiskCount": size.cores * 4,
        "EphemeralOSDiskSupported": "ds_v" in size.name, "AcceleratedNetworkingEnabled": True,
        "EncryptionAtHostSupported": True,
    }  # fmt: skip
    return {
        "resourceType": "virtualMachines",
        "name": size.name,
        "tier": "Standard",
        "size": size.name.removeprefix("Standard_"),
        "family": size.family,
        "locations": [location],
        "locationInfo": [{"location": location, "zones": zones, "zoneDetails": []}],
        "capabilities": [{"name": name, "value": str(value)} for name, value in facts.items()],
        "restrictions": [],
    }


@endpoint("GET", "/subscriptions/{subscription}/providers/Microsoft.Compute/skus")
async def _skus(call: Call) -> Response:
    require(call, API_VERSIONS)
    skus = [_sku(size, location) | {"location": location} for location in locations.REGIONS for size in SIZES.values()]
    found = filters.applied(call.request.query_params.get("$filter", ""), skus)
    return answers.listed([{name: content for name, content in sku.items() if name != "location"} for sku in found])


@endpoint("GET", "/subscriptions/{subscription}/providers/Microsoft.Compute/locations/{location}/usages")
async def _usages(call: Call) -> Response:
    require(call, API_VERSIONS)
    location = locations.normal(call.names["location"])
    used = cores_in_use(call.world, location)
    rows = [("cores", "Total Regional vCPUs", sum(used.values()))]
    rows += [(family, text, used.get(family, 0)) for family, text in FAMILIES.items()]
    return answers.listed(
        [
            {
                "name": {"value": name, "localizedValue": text},
                "unit": "Count",
                "currentValue": number,
                "limit": QUOTA_CORES,
            }
            for name, text, number in rows
        ]
    )


def cores_in_use(world: "World", location: str) -> dict[str, int]:
    """Family -> cores of the node pools that clusters of a region have."""
    used: dict[str, int] = {}
    for cluster in resources.find(world, "Microsoft.ContainerService/managedClusters"):
        if cluster["location"] != location:
            continue
        for pool in cluster["properties"].get("agentPoolProfiles") or []:
            size = SIZES.get(pool.get("vmSize", ""))
            if size:
                used[size.family] = used.get(size.family, 0) + size.cores * pool.get("count", 0)
    return used
