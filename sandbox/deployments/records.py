"""Deployments as they are kept and shown: one document each, and one row for each resource that they touched."""

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sandbox.arm import resources, types
from sandbox.arm.ids import ResourceId
from sandbox.deployments import parameters
from sandbox.deployments.body import Request
from sandbox.deployments.dependencies import Dependencies
from sandbox.deployments.jsonc import Parsed
from sandbox.deployments.planning import Plan, Planned
from sandbox.deployments.scope import DEPLOYMENTS, Scope
from sandbox.deployments.template import Template
from sandbox.store import Document, Table

if TYPE_CHECKING:
    from sandbox.world import World


def table(world: "World") -> Table:
    """Deployments by the lower-cased id. Fields that start with ``_`` are not shown."""
    return world.store.table("deployments")


def _rows(world: "World") -> Table:
    return world.store.table("deployment_operations", quiet=True)


def get(world: "World", id: ResourceId) -> Document | None:
    return table(world).get(id.key)


def at(world: "World", scope: Scope) -> list[Document]:
    """The deployments right at a scope, the latest first."""
    prefix = f"{scope.id}/providers/{DEPLOYMENTS}/".lower()
    found = [document for key, document in table(world).items() if key.startswith(prefix)]
    return sorted(found, key=lambda document: document["properties"]["timestamp"], reverse=True)


def running(document: Document) -> bool:
    return document["properties"]["provisioningState"] in ("Accepted", "Running")


def shown(document: Document) -> Document:
    return {key: value for key, value in document.items() if not key.startswith("_")}


def accepted(scope: Scope, name: str, request: Request, template: Template, values: dict[str, Any]) -> Document:
    """The record of a deployment that is about to run. ``values``: its parameters, defaults evaluated."""
    properties: dict[str, Any] = {
        "templateHash": template.hash,
        "parameters": parameters.shown(template, values),
        "mode": request.mode,
        "provisioningState": "Accepted",
        "timestamp": now(),
        "duration": "PT0S",
        "correlationId": str(uuid.uuid4()),
        "providers": [],
        "dependencies": [],
    }
    if request.debug:
        properties["debugSetting"] = {"detailLevel": request.debug}
    record: Document = {"id": scope.deployment(name).text, "name": name, "type": DEPLOYMENTS}
    if request.location:
        record["location"] = request.location
    if request.tags:
        record["tags"] = request.tags
    places = [[list(path), *place] for path, place in template.source.places.items()]
    return record | {
        "properties": properties,
        "_template": template.source.value,
        "_places": places,
        "_parameters": {name: {"value": value} for name, value in values.items()},
    }


def source(document: Document) -> Parsed:
    """The template of a record, with its places in the text."""
    places = {tuple(path): (line, column) for path, line, column in document["_places"]}
    return Parsed(document["_template"], places)


def change(world: "World", id: ResourceId, **properties: Any) -> None:
    """Set properties of a record; None takes one away. A deployment deleted meanwhile stays deleted."""
    document = get(world, id)
    if document is None:
        return
    merged = {**document["properties"], **properties}
    kept = {key: value for key, value in merged.items() if value is not None}
    table(world)[id.key] = document | {"properties": kept}


def finish(world: "World", id: ResourceId, state: str, **properties: Any) -> None:
    """Set the final state with the time that it took."""
    document = get(world, id)
    began = document["properties"]["timestamp"] if document else now()
    change(world, id, provisioningState=state, timestamp=now(), duration=since(began), **properties)


def overview(world: "World", plan: Plan, dependencies: Dependencies) -> dict[str, Any]:
    """``providers`` and ``dependencies`` of a deployment's record."""
    providers: dict[str, dict[str, Any]] = {}
    for planned in plan.resources:
        namespace, _, path = planned.type.partition("/")
        if planned.deploys:
            location = planned.declaration.raw.get("location")
            document = resources.get(world, planned.id)
            place = (document or {}).get("location") or (location if types.find(planned.type) is None else None)
            providers.setdefault(namespace, {})[path] = [place]
    return {
        "providers": [
            {
                "namespace": namespace,
                "resourceTypes": [{"resourceType": path, "locations": locations} for path, locations in kinds.items()],
            }
            for namespace, kinds in providers.items()
        ],
        "dependencies": [
            {"dependsOn": [target(need) for need in needs if need.deploys], **target(planned)}
            for planned, needs in dependencies.items()
            if planned.deploys and any(need.deploys for need in needs)
        ],
    }


def target(planned: Planned) -> dict[str, str]:
    return {"id": planned.id.text, "resourceType": planned.type, "resourceName": planned.name}


class Row:
    """One line of ``az deployment operation sub list``: what was done with one resource."""

    def __init__(self, world: "World", deployment: ResourceId, planned: Planned) -> None:
        operation_id = uuid.uuid4().hex[:16].upper()
        self._world, self._began = world, now()
        self._key = f"{deployment.key}/operations/{operation_id}".lower()
        self._row: Document = {
            "id": f"{deployment.text}/operations/{operation_id}",
            "operationId": operation_id,
            "properties": {"provisioningOperation": "Create", "targetResource": target(planned)},
        }
        self._set("Running", None, None)

    def succeeded(self, created: bool) -> None:
        self._set("Succeeded", "Created" if created else "OK", None)

    def failed(self, status: str, error: dict[str, Any]) -> None:
        self._set("Failed", status, {"status": "Failed", "error": error})

    def _set(self, state: str, status: str | None, message: Any) -> None:
        properties = self._row["properties"] | {
            "provisioningState": state,
            "timestamp": now(),
            "duration": since(self._began),
            "trackingId": self._row["properties"].get("trackingId") or str(uuid.uuid4()),
        }
        if status:
            properties["statusCode"] = status
        if message:
            properties["statusMessage"] = message
        self._row = self._row | {"properties": properties}
        _rows(self._world)[self._key] = self._row


def rows(world: "World", deployment: ResourceId) -> list[Document]:
    prefix = f"{deployment.key}/operations/"
    return [row for key, row in _rows(world).items() if key.startswith(prefix)]


def forget_rows(world: "World", deployment: ResourceId) -> None:
    for row in rows(world, deployment):
        del _rows(world)[row["id"].lower()]


def now() -> str:
    return datetime.now(UTC).isoformat()


def since(began: str) -> str:
    """The time from a moment until now as ISO 8601 duration."""
    seconds = (datetime.now(UTC) - datetime.fromisoformat(began)).total_seconds()
    minutes, rest = divmod(seconds, 60)
    return (f"PT{int(minutes)}M" if minutes else "PT") + f"{rest:.7f}S"
