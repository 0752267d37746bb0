"""Resources as a whole: read, put, previewed and deleted, with every rule of Resource Manager in one place.

The REST routes, template deployments and the other rooms all come through here. ``principal`` None is the sandbox
itself, which needs no role. A stored document's fields that start with ``_`` are never shown.
"""

import asyncio
import json
import re
from typing import TYPE_CHECKING, Any

from sandbox.arm import locations, locking, refusals, registrations, removal, roles, shapes, types
from sandbox.arm.ids import ResourceId
from sandbox.arm.types import ResourceType
from sandbox.errors import AzureError
from sandbox.operations import work
from sandbox.store import Document, Table

if TYPE_CHECKING:
    from sandbox.entra.principals import Principal
    from sandbox.world import World

GROUP = removal.GROUP


def _table(world: "World") -> Table:
    return world.store.table("resources")


def stored(world: "World", id: ResourceId) -> Document | None:
    """The resource as it is stored, secrets and all."""
    return _table(world).get(id.key)


def get(world: "World", id: ResourceId) -> Document | None:
    """The resource as a GET answers it; None if there is none."""
    document = stored(world, id)
    return None if document is None else shown(world, document)


def shown(world: "World", document: Document) -> Document:
    """A stored document as it is answered."""
    kind = types.find(document["type"])
    answer = kind.shown(world, document) if kind else document
    return {field: value for field, value in answer.items() if not field.startswith("_")}


def find(world: "World", type: str | None = None, scope_prefix: str | None = None) -> list[Document]:
    """The resources of a type (case-insensitive) at or below a scope, as GETs answer them, in order of creation."""
    wanted = type.lower() if type else None
    prefix = scope_prefix.rstrip("/").lower() if scope_prefix else ""
    return [
        shown(world, document)
        for key, document in list(_table(world).items())
        if (wanted is None or document["type"].lower() == wanted)
        and (not prefix or key == prefix or key.startswith(prefix + "/"))
    ]


def known_type(id: ResourceId, api_version: str, location: str = "") -> ResourceType:
    """The type of ``id``, if it answers ``api_version``; else Azure's refusal."""
    namespace, _, path = id.type.partition("/")
    namespace = registrations.canonical(namespace)
    kind = types.find(id.type)
    if kind is None:
        raise refusals.type_unknown(namespace, path, api_version)
    if not api_version:
        raise refusals.api_version_missing()
    if api_version not in kind.api_versions:
        if namespace == "Microsoft.Resources":
            raise refusals.api_version_invalid(api_version, kind.api_versions)
        offered = kind.locations or tuple(locations.REGIONS)
        where = location or locations.GLOBAL
        raise refusals.provider_not_found(where, api_version, path, kind.api_versions, offered)
    return kind


def canonical(id: ResourceId, kind: ResourceType) -> ResourceId:
    """The id as it is stored: names as the caller wrote them, the rest as Azure writes it."""
    parts = id.scope.split("/")
    if len(parts) > 3 and parts[3].lower() == "resourcegroups":
        parts[3] = "resourceGroups"
    if kind.name == GROUP:
        return ResourceId(f"/subscriptions/{id.subscription}/resourceGroups/{id.name}")
    namespace, *kinds = kind.name.split("/")
    path = "/".join(f"{one}/{name}" for one, name in zip(kinds, id.names, strict=True))
    return ResourceId(f"{'/'.join(parts)}/providers/{namespace}/{path}")


def group_of(id: ResourceId) -> ResourceId:
    """The resource group that ``id`` is or lies in."""
    return ResourceId(f"/subscriptions/{id.subscription}/resourceGroups/{id.group}")


def require_scope(world: "World", id: ResourceId) -> None:
    """Raise Azure's 404 unless the group (or the resource that an extension stands on) of ``id`` exists."""
    if id.type != GROUP and id.group and stored(world, group_of(id)) is None:
        raise refusals.group_not_found(id.group)
    scope = ResourceId(id.scope)
    if "/providers/" in id.scope.lower() and scope.key not in _table(world):
        kind = types.find(scope.type)
        raise refusals.resource_not_found(scope, kind.name if kind else scope.type)


def require(world: "World", principal: "Principal | None", id: ResourceId, *, api_version: str) -> Document:
    """The stored document of ``id`` for a caller who may read it; else Azure's refusal."""
    kind = known_type(id, api_version)
    roles.require(world, principal, action(kind, "read"), id.text)
    require_scope(world, id)
    document = stored(world, id)
    if document is None:
        raise (refusals.group_not_found(id.name) if kind.name == GROUP else refusals.resource_not_found(id, kind.name))
    return document


def action(kind: ResourceType, verb: str) -> str:
    """The RBAC action of a verb (read, write, delete, or ``name/action``) on a type."""
    name = "Microsoft.Resources/subscriptions/resourceGroups" if kind.name == GROUP else kind.name
    return f"{name}/{verb}"


def preview(
    world: "World", principal: "Principal | None", id: ResourceId, body: Document, *, api_version: str
) -> Document:
    """What ``put`` would store, or the refusal that it would meet. Changes nothing."""
    return _planned(world, principal, id, body, api_version)[1]


def _planned(
    world: "World", principal: "Principal | None", id: ResourceId, body: Document, api_version: str
) -> tuple[ResourceType, Document, Document | None]:
    """(type, the document wanted, the document standing) once Resource Manager has nothing against it."""
    kind = known_type(id, api_version, str(body.get("location") or ""))
    shapes.check_envelope(body)
    roles.require(world, principal, action(kind, "write"), id.text)
    roles.require_linked(world, principal, action(kind, "write"), id.text, kind.linked(id, body))
    require_scope(world, id)
    group = stored(world, group_of(id))
    if group and group["properties"]["provisioningState"] == "Deleting":
        raise refusals.group_being_deleted(group["name"])
    namespace = kind.name.split("/")[0]
    if not registrations.registered(world, namespace):
        raise refusals.not_registered(namespace)
    existing = stored(world, id)
    id = canonical(id, kind)
    if kind.tracked:
        _check_location(kind, id, body, existing)
    locking.check(world, id, "write")
    if len(id.names) > 1 and id.parent.key not in _table(world):
        raise refusals.parent_not_found(id, kind.name)
    place = ResourceId(existing["id"]) if existing else id
    return kind, kind.desired(world, place, body, existing), existing


def _check_location(kind: ResourceType, id: ResourceId, body: Document, existing: Document | None) -> None:
    wanted = body.get("location")
    if not wanted or not isinstance(wanted, str):
        raise refusals.location_required()
    offered = kind.locations or tuple(locations.REGIONS)
    if locations.normal(wanted) not in offered:
        raise refusals.location_unavailable(wanted, kind.name, offered)
    if existing and existing.get("location") != locations.normal(wanted):
        raise refusals.location_differs(id, existing["location"], locations.normal(wanted))


def users(world: "World", id: ResourceId) -> list[str]:
    """The ids of the resources that name ``id`` (or something in it) without being its parent, child or extension.
    Deployments name what they made and yet do not use it; nor does a cluster stand in the way of its node group."""
    manager = str((_table(world).get(group_of(id).key) or {}).get("managedBy", "")).lower()
    naming = re.compile(rf'"{re.escape(id.key)}["/]')
    return [
        document["id"]
        for key, document in _table(world).items()
        if key not in (id.parent.key, manager)
        and not document["type"].startswith("Microsoft.Resources/")
        and not roles.covers(id.key, key)
        and naming.search(json.dumps(document).lower())
    ]


async def put(
    world: "World", principal: "Principal | None", id: ResourceId, body: Document, *, api_version: str
) -> tuple[Document, bool]:
    """Create or replace the resource and wait until it stands. Returns it as a GET answers it, and whether it is new.
    Raises the AzureError that Resource Manager or the type has against it."""
    standing = _under_way(world, id)
    if standing and standing["arguments"].get("body") == body:  # begun before a restart, and wanted again after it
        await finished(world, standing)
        return get(world, id) or {}, standing["arguments"]["existing"] is None
    document, created, operation = await begin_put(world, principal, id, body, api_version=api_version)
    if operation:
        await finished(world, operation)
        document = get(world, id) or document
    return document, created


async def begin_put(
    world: "World", principal: "Principal | None", id: ResourceId, body: Document, *, api_version: str
) -> tuple[Document, bool, Document | None]:
    """As ``put``, but a long one is only begun: the third answer is its operation while that goes on."""
    kind, desired, existing = _planned(world, principal, id, body, api_version)
    place = ResourceId(desired["id"])
    if not kind.put_s:
        _table(world)[place.key] = await kind.realise(world, place, desired, existing)
        return get(world, place) or desired, existing is None, None
    if existing and _under_way(world, place):
        raise refusals.busy()
    properties = {**(existing or {}).get("properties", {}), **desired["properties"]}
    properties["provisioningState"] = "Updating" if existing else "Creating"
    _table(world)[place.key] = {**(existing or {}), **desired, "properties": properties}
    operation = await world.operations.start(
        "arm.put", {"id": place.text, "desired": desired, "existing": existing, "body": body}
    )
    if operation["status"] != "InProgress":
        await finished(world, operation)
        return get(world, place) or desired, existing is None, None
    return get(world, place) or desired, existing is None, operation


def _under_way(world: "World", id: ResourceId) -> Document | None:
    """The operation that is making, changing or deleting the resource right now."""
    for operation in world.store.table("operations", quiet=True).values():
        ours = operation["status"] == "InProgress" and operation["name"] in ("arm.put", "arm.delete")
        if ours and operation["arguments"]["id"].lower() == id.key:
            return operation
    return None


@work("arm.put")
async def _put(world: "World", arguments: Document) -> Any:
    id, desired, existing = ResourceId(arguments["id"]), arguments["desired"], arguments["existing"]
    kind = types.find(id.type)
    assert kind is not None
    await world.pace.sleep(kind.put_s)
    under_way = stored(world, id)
    if under_way is None:
        raise refusals.resource_not_found(id, kind.name)  # its group went away meanwhile
    try:
        _table(world)[id.key] = await kind.realise(world, id, desired, existing)
    except AzureError:
        failed = {**under_way["properties"], "provisioningState": "Failed"}
        _table(world)[id.key] = {**under_way, "properties": failed}
        raise
    return None


async def finished(world: "World", operation: Document) -> Document:
    """Wait for an operation; raise its error if it failed."""
    while operation["status"] == "InProgress":
        await asyncio.sleep(0.02)
        operation = world.operations.get(operation["id"]) or operation
    if operation["status"] == "Failed":
        error = operation["error"]
        raise AzureError(400, error["code"], error["message"], details=error.get("details"))
    return operation


async def delete(world: "World", principal: "Principal | None", id: ResourceId) -> bool:
    """Take the resource away with all below it and wait until it is gone. False if there was none."""
    existed, operation = await begin_delete(world, principal, id)
    if operation:
        await finished(world, operation)
    return existed


async def begin_delete(
    world: "World", principal: "Principal | None", id: ResourceId, *, api_version: str | None = None
) -> tuple[bool, Document | None]:
    """As ``delete``, but a long one is only begun: the second answer is its operation while that goes on."""
    kind = types.find(id.type) if api_version is None else known_type(id, api_version)
    if kind is None:
        namespace, _, path = id.type.partition("/")
        raise refusals.type_unknown(namespace, path, "")
    roles.require(world, principal, action(kind, "delete"), id.text)
    require_scope(world, id)
    existing = stored(world, id)
    if existing is None:
        if kind.name == GROUP:
            raise refusals.group_not_found(id.name)
        return False, None
    locking.check(world, id, "delete")
    if kind.name != GROUP:
        kind.deletable(world, existing)
    if standing := _under_way(world, id):
        if standing["name"] == "arm.delete":
            return True, standing
        raise refusals.busy()
    if not kind.delete_s:
        await removal.remove(world, id)
        return True, None
    if "provisioningState" in existing["properties"]:
        properties = {**existing["properties"], "provisioningState": "Deleting"}
        _table(world)[id.key] = {**existing, "properties": properties}
    operation = await world.operations.start("arm.delete", {"id": id.text, "seconds": kind.delete_s})
    if operation["status"] != "InProgress":
        await finished(world, operation)
        return True, None
    return True, operation


@work("arm.delete")
async def _delete(world: "World", arguments: Document) -> Any:
    await world.pace.sleep(arguments["seconds"])
    await removal.remove(world, ResourceId(arguments["id"]))
    return None
