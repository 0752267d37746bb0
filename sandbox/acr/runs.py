"""Microsoft.ContainerRegistry/registries/runs: the builds of a registry, each with its state and its log.

A stored run has beside ``properties`` (ACR's own) ``_request``, the DockerBuildRequest that it carries out.
"""

import asyncio
from datetime import UTC, datetime
from typing import Any

from sandbox.acr import blobs
from sandbox.arm import refusals, resources
from sandbox.arm.ids import ResourceId
from sandbox.arm.types import ResourceType, register
from sandbox.store import Document
from sandbox.world import World

FINAL = frozenset({"Succeeded", "Failed", "Canceled", "Error", "Timeout"})
#: How long ``listLogSasUrl`` waits for the run's end: a client that finds a whole log never polls for more of it.
_PATIENCE_S = 240


def utc() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def log_path(id: ResourceId) -> str:
    """The container and blob of a run's log."""
    return f"{id.parent.name.lower()}/logs/{id.name}/rawtext.log"


def update(world: World, id: ResourceId, **properties: Any) -> None:
    """Change some of a run's properties; nothing happens once its registry is gone."""
    table = world.store.table("resources")
    run = table.get(id.key)
    if run:
        table[id.key] = {**run, "properties": {**run["properties"], **properties, "lastUpdatedTime": utc()}}


class Run(ResourceType):
    """A run: made by ``scheduleRun``, read and listed, never put."""

    name = "Microsoft.ContainerRegistry/registries/runs"
    api_versions = frozenset({"2018-09-01", "2019-04-01", "2019-06-01-preview", "2025-03-01-preview"})
    tracked = False

    def __init__(self) -> None:
        super().__init__()
        self.actions = {"listlogsasurl": _log_url}

    def desired(self, world: World, id: ResourceId, body: Document, existing: Document | None) -> Document:
        raise refusals.method_not_allowed("PUT", id.text)

    async def remove(self, world: World, existing: Document) -> None:
        blobs.Blob(world, log_path(ResourceId(existing["id"]))).delete()


async def _log_url(world: World, id: ResourceId, body: Document) -> Document:
    for _ in range(_PATIENCE_S * 20):
        run = resources.stored(world, id)
        if run is None:
            raise refusals.resource_not_found(id, Run.name)
        if run["properties"]["status"] in FINAL:
            break
        await asyncio.sleep(0.05)
    container, _, name = log_path(id).partition("/")
    return {"logLink": blobs.signed_url(world, container, name, "r")}


register(Run())
