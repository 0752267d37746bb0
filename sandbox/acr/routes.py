"""The room's doors: its resource types, the check of a name, blobs, and each registry's port after a restart."""

from collections.abc import Coroutine
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

import sandbox.acr.execution
import sandbox.acr.runs  # noqa: F401  these register a work and a type
from sandbox.acr import blob_routes, lookup, registries
from sandbox.acr.contents import Contents
from sandbox.arm import resources
from sandbox.arm.endpoints import Call, endpoint
from sandbox.arm.ids import ResourceId
from sandbox.world import World

_GROUP = "/subscriptions/{subscription}/resourceGroups/{group}"


def routes(world: World) -> list[BaseRoute]:
    return blob_routes.routes(world)


def background(world: World) -> list[Coroutine[Any, Any, None]]:
    return [_reopened(world)]


async def _reopened(world: World) -> None:
    """Serve each registry again on the port that its login server names."""
    for registry in resources.find(world, lookup.REGISTRIES):
        if registry["properties"].get("loginServer"):
            registries.open_port(world, ResourceId(registry["id"]))


@endpoint("POST", "/subscriptions/{subscription}/providers/Microsoft.ContainerRegistry/checkNameAvailability")
async def _check_name(call: Call) -> Response:
    call.require_api_version()
    body = call.body or {}
    problem = lookup.name_problem(call.world, str(body.get("name", "")))
    if problem is None:
        return JSONResponse({"nameAvailable": True})
    return JSONResponse({"nameAvailable": False, "reason": problem[0], "message": problem[1]})


#: GiB included in each SKU, and how many webhooks it has.
_LIMITS = {"Basic": (10, 2), "Standard": (100, 10), "Premium": (500, 500)}


@endpoint("GET", f"{_GROUP}/providers/Microsoft.ContainerRegistry/registries/{{name}}/listUsages")
async def _usages(call: Call) -> Response:
    names = call.names
    group = f"/subscriptions/{names['subscription']}/resourceGroups/{names['group']}"
    id = ResourceId(f"{group}/providers/{lookup.REGISTRIES}/{names['name']}")
    registry = resources.require(call.world, call.principal, id, api_version=call.api_version)
    size, webhooks = _LIMITS[registry["sku"]["name"]]
    rows = (("Size", size * 2**30, Contents(call.world, id.name).size, "Bytes"), ("Webhooks", webhooks, 0, "Count"))
    return JSONResponse(
        {"value": [dict(zip(("name", "limit", "currentValue", "unit"), row, strict=True)) for row in rows]}
    )
