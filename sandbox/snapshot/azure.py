"""Azure's side of a snapshot: resources, role assignments, the directory, images."""

from typing import TYPE_CHECKING, Any

from sandbox.arm import roles
from sandbox.entra import principals
from sandbox.store import Document

if TYPE_CHECKING:
    from sandbox.world import World

#: What says when and by which request something was made, not what it is.
_PASSING = {
    "etag", "createdOn", "updatedOn", "createdBy", "updatedBy", "creationDate", "createdTime", "lastUpdateTime",
    "timestamp", "duration", "correlationId", "systemData", "resourceUID", "uniqueId", "deletedDateTime",
    "createdDateTime",
}  # fmt: skip
#: Builds are history; the images that they made are state.
_HISTORY = {"microsoft.containerregistry/registries/runs"}


def resources(world: "World") -> dict[str, Any]:
    """Every resource by its id, but role assignments, whose ids are random."""
    left_out = {*_HISTORY, roles.ASSIGNMENTS.lower()}
    return {
        document["id"]: lasting(document)
        for document in world.store.table("resources").values()
        if document["type"].lower() not in left_out
    }


def assignments(world: "World") -> dict[str, Any]:
    """Who has which role where, and how many times."""
    return _counted(
        f"{one['properties']['principalId']} has {one['properties']['roleDefinitionId'].rpartition('/')[2]}"
        f" on {one['properties']['scope']}"
        for one in roles.assignments(world)
    )


def directory(world: "World") -> dict[str, Any]:
    """Users, groups, applications: how many of a name, and who is in which group."""
    objects = [f"{one['@odata.type'].rpartition('.')[2]} {one['displayName']}" for one in _directory(world)]
    members = [f"{one['member']} in {one['group']}" for one in principals.memberships(world).values()]
    credentials = [
        f"{one['subject']} of {one['issuer']} for {one['applicationId']}"
        for one in principals.application_credentials(world).values()
    ]
    grants = [
        f"{one['principalId']} may {one['appRoleId']} of {one['resourceId']}"
        for one in principals.app_roles(world).values()
    ]
    return _counted([*objects, *members, *credentials, *grants])


def images(world: "World") -> dict[str, Any]:
    """Tags with their digests, and manifests that no tag leads to."""
    tags = world.store.table("acr_tags")
    tagged = {f"{key.partition('/')[0]}/{tag['repository']}@{tag['digest']}" for key, tag in tags.items()}
    untagged = [key for key in world.store.table("acr_manifests") if key not in tagged]
    return {key: tag["digest"] for key, tag in tags.items()} | dict.fromkeys(untagged, "untagged")


def under_way(world: "World") -> dict[str, Any]:
    """Operations that have not ended. How a deployment ended is history: what it made stands among the resources."""
    operations = world.store.table("operations", quiet=True).values()
    return _counted(
        f"{one['name']} {one['arguments'].get('id')}" for one in operations if one["status"] == "InProgress"
    )


def lasting(value: Any) -> Any:
    """A document without what is passing in it and what the sandbox notes for itself."""
    if isinstance(value, dict):
        kept = {key: one for key, one in value.items() if key not in _PASSING and not key.startswith("_")}
        return {key: lasting(one) for key, one in kept.items()}
    return [lasting(one) for one in value] if isinstance(value, list) else value


def _directory(world: "World") -> list[Document]:
    return list(principals.directory(world).values())


def _counted(texts: Any) -> dict[str, int]:
    found: dict[str, int] = {}
    for text in texts:
        found[text] = found.get(text, 0) + 1
    return found
