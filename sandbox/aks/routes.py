"""The room's doors: its resource types, and what AKS answers beside them (versions, upgrades)."""

from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

import sandbox.aks.agentpools
import sandbox.aks.scalesets  # noqa: F401  these register the types
from sandbox.aks import clusters, versions
from sandbox.arm import locations, refusals, resources
from sandbox.arm.endpoints import Call, endpoint
from sandbox.arm.ids import ResourceId
from sandbox.arm.subscriptions import require
from sandbox.store import Document
from sandbox.world import World

_TYPE = "Microsoft.ContainerService/managedClusters"
_CLUSTER = (
    "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.ContainerService/managedClusters/{name}"
)


def routes(world: World) -> list[BaseRoute]:
    return []


@endpoint(
    "GET", "/subscriptions/{subscription}/providers/Microsoft.ContainerService/locations/{location}/kubernetesVersions"
)
async def _versions(call: Call) -> Response:
    require(call, clusters.API_VERSIONS)
    location = locations.normal(call.names["location"])
    if location not in locations.REGIONS:
        raise refusals.location_unavailable(location, f"{_TYPE}", locations.REGIONS)
    return JSONResponse(versions.document())


def _cluster(call: Call) -> Document:
    names = call.names
    text = f"/subscriptions/{names['subscription']}/resourceGroups/{names['group']}/providers/{_TYPE}/{names['name']}"
    return resources.require(call.world, call.principal, ResourceId(text), api_version=call.api_version)


def _profile(name: str, version: str, os: str) -> Document:
    upgrades = [{"kubernetesVersion": patch} for patch in versions.upgrades_from(version)]
    return {"name": name, "kubernetesVersion": version, "osType": os, "upgrades": upgrades}


@endpoint("GET", f"{_CLUSTER}/upgradeProfiles/default")
async def _upgrades(call: Call) -> Response:
    cluster = _cluster(call)
    properties = cluster["properties"]
    pools = [
        _profile(pool["name"], pool["currentOrchestratorVersion"], pool["osType"])
        for pool in properties["agentPoolProfiles"]
    ]
    control = _profile("master", properties["currentKubernetesVersion"], "Linux")
    return JSONResponse(
        {
            "id": f"{cluster['id']}/upgradeprofiles/default",
            "name": "default",
            "type": f"{_TYPE}/upgradeprofiles",
            "properties": {"controlPlaneProfile": control, "agentPoolProfiles": pools},
        }
    )


@endpoint("GET", f"{_CLUSTER}/agentPools/{{pool}}/upgradeProfiles/default")
async def _pool_upgrades(call: Call) -> Response:
    cluster = _cluster(call)
    id = ResourceId(f"{cluster['id']}/agentPools/{call.names['pool']}")
    pool = resources.require(call.world, call.principal, id, api_version=call.api_version)["properties"]
    newest = versions.number(cluster["properties"]["currentKubernetesVersion"])
    profile = _profile(call.names["pool"], pool["currentOrchestratorVersion"], pool["osType"])
    reachable = [found for found in profile["upgrades"] if versions.number(found["kubernetesVersion"]) <= newest]
    return JSONResponse(
        {
            "id": f"{id.text}/upgradeProfiles/default",
            "name": "default",
            "type": f"{_TYPE}/agentPools/upgradeProfiles",
            "properties": {**profile, "upgrades": reachable, "latestNodeImageVersion": pool["nodeImageVersion"]},
        }
    )


@endpoint("GET", f"{_CLUSTER}/availableAgentPoolVersions")
async def _pool_versions(call: Call) -> Response:
    cluster = _cluster(call)
    newest = versions.number(cluster["properties"]["currentKubernetesVersion"])
    offered = [
        patch for minor in versions.MINORS.values() for patch in minor.patches if versions.number(patch) <= newest
    ]
    listed = [{"kubernetesVersion": patch, "default": patch == offered[-1]} for patch in offered]
    return JSONResponse(
        {
            "id": f"{cluster['id']}/availableagentpoolversions",
            "name": "default",
            "type": f"{_TYPE}/availableAgentpoolVersions",
            "properties": {"agentPoolVersions": listed},
        }
    )
