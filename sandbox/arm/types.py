"""What a resource type is to the sandbox. One subclass a type, one instance registered with ``register``.

Everything that creates, changes or deletes a resource (the REST routes, template deployments, other rooms) goes
through ``sandbox.arm.resources``, which looks the type up here; so a rule lives in one place.
"""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from sandbox.arm import locations
from sandbox.arm.ids import ResourceId
from sandbox.store import Document

if TYPE_CHECKING:
    from sandbox.world import World

#: An action below a resource (``POST <id>/listClusterUserCredential``): the request's body in, the answer's body out.
Action = Callable[["World", ResourceId, Document], Awaitable[Any]]


class ResourceType:
    """One Azure resource type. Subclass it, set the fields, override what differs."""

    #: As Azure writes it: ``Microsoft.ManagedIdentity/userAssignedIdentities``.
    name: str
    #: The api-versions that it answers; any other is refused with ``NoRegisteredProviderFound``.
    api_versions: frozenset[str] = frozenset()
    #: Whether it has a location and tags of its own (child resources do not).
    tracked: bool = True
    #: Whether it stands on any scope or resource (a role assignment, a lock) rather than in a group.
    extension: bool = False
    #: Where it can be: region names, ``("global",)``; None for every region.
    locations: tuple[str, ...] | None = None
    #: Whether the answer to its deletion shows what was deleted.
    shown_when_deleted: bool = False
    #: What the answer to its deletion is once it is gone: az takes only 204 of some types, only 200 of others.
    deleted_status: int = 200
    #: Azure's typical seconds to create or change one, and to delete one. 0: answered synchronously.
    put_s: float = 0
    delete_s: float = 0
    #: POST actions below the resource, by lower-case name.
    actions: dict[str, Action]

    def __init__(self) -> None:
        self.actions = {}

    def desired(self, world: "World", id: ResourceId, body: Document, existing: Document | None) -> Document:
        """The whole resource as it would stand once ``body`` is applied: checks the body (raises AzureError with
        Azure's code and text: names, unknown properties, values, quota), fills Azure's defaults. Changes nothing;
        what-if and validate call it too. Server-made values (ids, addresses) come from ``realise``."""
        resource: Document = {"id": id.text, "name": id.name, "type": self.name}
        for field in ("location", "tags", "sku", "identity", "kind", "zones"):
            if body.get(field) is not None:
                resource[field] = locations.normal(body[field]) if field == "location" else body[field]
        resource["properties"] = dict(body.get("properties") or {})
        return resource

    def beside(self, desired: Document) -> list[Document]:
        """The documents that ``realise`` will store beside the resource, for what looks ahead: a network's subnets."""
        return []

    def linked(self, id: ResourceId, body: Document) -> list[tuple[str, str]]:
        """What else the caller must be allowed to do, as (action, scope): refused with LinkedAuthorizationFailed.
        By default the use of the user-assigned identities that the body names."""
        identities = (body.get("identity") or {}).get("userAssignedIdentities") or {}
        assign = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"
        return [(assign, identity) for identity in identities]

    def patched(self, existing: Document, body: Document) -> Document:
        """The PUT body that a PATCH amounts to: fields replaced, ``properties`` merged one level deep."""
        merged = {field: value for field, value in {**existing, **body}.items() if not field.startswith("_")}
        merged["properties"] = {**(existing.get("properties") or {}), **(body.get("properties") or {})}
        return merged

    async def realise(self, world: "World", id: ResourceId, desired: Document, existing: Document | None) -> Document:
        """Bring the resource about: what must exist beside it, server-made values. Takes its time with
        ``world.pace.sleep(self.put_s)`` inside ``resources.put``, not here. Returns the document to store."""
        return desired

    def deletable(self, world: "World", existing: Document) -> None:
        """Raise Azure's refusal when something that stands needs this resource. A group's deletion tries again
        after the others."""

    async def remove(self, world: "World", existing: Document) -> None:
        """Take away what ``realise`` made beside the resource."""

    def listed(self, world: "World", scope: str, found: list[Document], wanted: str) -> list[Document]:
        """The list at a scope, given the type's resources at or below it as GETs answer them. ``wanted`` is the
        request's ``$filter``, whose clauses on fields are applied afterwards."""
        return found

    def shown(self, world: "World", existing: Document) -> Document:
        """The resource as a GET answers it (no secrets)."""
        return existing


_types: dict[str, ResourceType] = {}


def register(kind: ResourceType) -> ResourceType:
    """Make a resource type known; its name is matched without case."""
    _types[kind.name.lower()] = kind
    return kind


def find(name: str) -> ResourceType | None:
    return _types.get(name.lower())


def all_types() -> list[ResourceType]:
    return list(_types.values())
