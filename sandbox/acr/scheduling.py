"""``az acr build``: a place to upload the sources to, and a run that builds them."""

import uuid
from datetime import UTC, datetime

from sandbox.acr import blobs, references, runs
from sandbox.arm import resources
from sandbox.arm.ids import ResourceId
from sandbox.errors import AzureError
from sandbox.store import Document
from sandbox.world import World

_TASK_REQUESTS = frozenset({"TaskRunRequest", "FileTaskRunRequest", "EncodedTaskRunRequest"})


def _invalid(message: str) -> AzureError:
    return AzureError(400, "InvalidParameters", message)


async def upload_url(world: World, id: ResourceId, body: Document) -> Document:
    """The action ``listBuildSourceUploadUrl``."""
    name = f"source/{datetime.now(UTC):%Y%m%d0000}/{uuid.uuid4().hex}.tar.gz"
    return {"uploadUrl": blobs.signed_url(world, id.name.lower(), name, "rw"), "relativePath": name}


async def schedule(world: World, id: ResourceId, body: Document) -> Document:
    """The action ``scheduleRun``: start the build that a DockerBuildRequest describes, and answer its run."""
    _check(body)
    number = _next(world, id)
    run = ResourceId(f"{id.text}/runs/ca{number}")
    platform = body["platform"]
    world.store.table("resources")[run.key] = {
        "id": run.text,
        "name": run.name,
        "type": runs.Run.name,
        "properties": {
            "runId": run.name,
            "status": "Queued",
            "runType": "QuickRun" if not body.get("isPushEnabled") else "QuickBuild",
            "createTime": runs.utc(),
            "lastUpdatedTime": runs.utc(),
            "platform": {"os": platform["os"].lower(), "architecture": platform.get("architecture") or "amd64"},
            "agentConfiguration": body.get("agentConfiguration") or {"cpu": 2},
            "provisioningState": "Succeeded",
            "isArchiveEnabled": False,
        },
        "_request": body,
    }
    await world.operations.start("acr.run", {"id": run.text})
    document = resources.get(world, run)
    assert document is not None
    return document


def _check(body: Document) -> None:
    kind = body.get("type")
    if kind in _TASK_REQUESTS:
        raise _invalid(f"The sandbox builds Dockerfiles only: a run of type '{kind}' is not supported.")
    if kind != "DockerBuildRequest":
        raise _invalid(f"The run request type '{kind}' is invalid.")
    for name in ("dockerFilePath", "platform", "sourceLocation"):
        if not body.get(name):
            raise _invalid(f"The '{name}' of the run request is missing.")
    if str(body["platform"].get("os", "")).lower() != "linux":
        raise _invalid(f"The platform '{body['platform'].get('os', '')}' is not supported. Use 'linux'.")
    for name in body.get("imageNames") or []:
        try:
            references.parse(name.replace("{{.Run.ID}}", "ca1"), "registry.invalid")
        except references.InvalidReference as error:
            raise _invalid(str(error)) from error


def _next(world: World, id: ResourceId) -> int:
    """The number of the registry's next run: one more than any that it has."""
    made = resources.find(world, runs.Run.name, id.text)
    return 1 + max((int(run["name"].removeprefix("ca")) for run in made), default=0)
