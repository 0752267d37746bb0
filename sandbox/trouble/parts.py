"""Faults inside of a deployment, where no client sees a request: between Resource Manager and the providers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from sandbox.arm.ids import ResourceId
from sandbox.trouble import azure, place

if TYPE_CHECKING:
    from sandbox.world import World


@asynccontextmanager
async def written(world: "World", id: ResourceId) -> AsyncIterator[None]:
    """Around the write of one resource. Raises AzureError before it, or after it took effect."""
    possible = ["server-error", "answer-lost", *place.refusals("PUT", id.text)]
    if "operation-in-progress" in possible and not azure.busy(world, id):
        possible.remove("operation-in-progress")
    kind = f"{place.kind('arm', 'PUT', id.text)} (in a deployment)"
    hit = world.trouble.next(kind, possible)
    provider = id.type.split("/")[0]
    if hit and hit.fault != "answer-lost":
        server = hit.fault == "server-error"
        error = azure.server_error(provider, hit) if server else azure.provider_refusal(id, hit.fault)
        world.trouble.note(hit.fault, kind, f"{error.status} {error.code}")
        raise error
    yield
    if hit:
        error = azure.gateway_timeout(provider)
        world.trouble.note(hit.fault, kind, f"{error.status} {error.code}, after it was written")
        raise error
