"""Who may do what where: role assignments evaluated as Azure does, refusals in Azure's words.

An assignment counts for a scope when the scope is its own or lies below it, and for a principal when it names the
principal or a group that it is in. Roles add up; ``notActions`` take away only from the role that says so.
``None`` as a principal is the sandbox itself (a cluster that makes its own public address): it may do everything.
"""

import re
import time
import uuid
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from sandbox.arm import built_in_roles
from sandbox.entra import principals
from sandbox.entra.principals import Principal
from sandbox.errors import AzureError
from sandbox.store import Document
from sandbox.trouble import lags
from sandbox.world import SUBSCRIPTION_ID

if TYPE_CHECKING:
    from sandbox.world import World

ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"
DEFINITIONS = "Microsoft.Authorization/roleDefinitions"


def require(world: "World", principal: "Principal | None", action: str, scope: str) -> None:
    """Raise Azure's 403 unless ``principal`` may do ``action`` (``Microsoft.Network/dnsZones/read``) at ``scope``."""
    if not allowed(world, principal, action, scope):
        assert principal is not None
        raise AzureError(
            403, "AuthorizationFailed", f"The client '{principal.app_id or principal.display_name}' with object id "
            f"'{principal.id}' does not have authorization to perform action '{action}' over scope '{scope}' or the "
            "scope is invalid. If access was recently granted, please refresh your credentials.",
        )  # fmt: skip


def require_linked(
    world: "World", principal: "Principal | None", action: str, scope: str, linked: list[tuple[str, str]]
) -> None:
    """Raise Azure's 403 unless ``principal`` may also do what ``action`` does to other resources."""
    missing = [(act, at) for act, at in linked if not allowed(world, principal, act, at)]
    if missing:
        assert principal is not None
        raise AzureError(
            403, "LinkedAuthorizationFailed", f"The client '{principal.app_id or principal.display_name}' with object "
            f"id '{principal.id}' has permission to perform action '{action}' on scope '{scope}'; however, it does "
            f"not have permission to perform action(s) '{','.join(act for act, _ in missing)}' on the linked scope(s) "
            f"'{','.join(at for _, at in missing)}' (respectively) or the linked scope(s) are invalid.",
        )  # fmt: skip


def allowed(world: "World", principal: "Principal | None", action: str, scope: str) -> bool:
    """Whether an action on the resource itself is granted."""
    return principal is None or _granted(world, principal.id, action, scope, "actions", "notActions")


def data_allowed(world: "World", principal: "Principal | None", action: str, scope: str) -> bool:
    """Whether an action on what is in a resource (Kubernetes objects, blobs) is granted. Owner alone is not enough."""
    return principal is None or _granted(world, principal.id, action, scope, "dataActions", "notDataActions")


def _granted(world: "World", principal_id: str, action: str, scope: str, yes: str, no: str) -> bool:
    return any(
        any(_matches(pattern, action) for pattern in permission.get(yes, ()))
        and not any(_matches(pattern, action) for pattern in permission.get(no, ()))
        for assignment in assignments_for(world, principal_id, scope)
        for permission in permissions(world, assignment["properties"]["roleDefinitionId"])
    )


@lru_cache(maxsize=4096)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, text.lower().split("*"))))


def _matches(pattern: str, action: str) -> bool:
    return _pattern(pattern).fullmatch(action.lower()) is not None


def assignments(world: "World") -> Iterator[Document]:
    """Every role assignment that there is."""
    wanted = ASSIGNMENTS.lower()
    for document in world.store.table("resources").values():
        if document["type"].lower() == wanted:
            yield document


def assignments_for(world: "World", principal_id: str, scope: str) -> Iterator[Document]:
    """The assignments in effect that give ``principal_id`` something at ``scope``: inherited and group ones too."""
    who = {principal_id, *principals.groups_of(world, principal_id)}
    for assignment in assignments(world):
        properties = assignment["properties"]
        if properties["principalId"] in who and covers(properties["scope"], scope) and _in_effect(world, assignment):
            yield assignment


def holds_any(world: "World", principal: "Principal | None", scope: str) -> bool:
    """Whether there is any assignment for the principal at, above or below a scope."""
    if principal is None:
        return True
    who = {principal.id, *principals.groups_of(world, principal.id)}
    held = (one["properties"] for one in assignments(world) if one["properties"]["principalId"] in who)
    return any(covers(one["scope"], scope) or covers(scope, one["scope"]) for one in held)


def covers(upper: str, lower: str) -> bool:
    """Whether ``lower`` is the scope ``upper`` or lies below it."""
    above, below = upper.strip("/").lower(), lower.strip("/").lower()
    return not above or below == above or below.startswith(above + "/")


def _in_effect(world: "World", assignment: Document) -> bool:
    """Azure takes its time to let a new assignment work."""
    properties = assignment["properties"]
    what = f"{properties['roleDefinitionId'].rpartition('/')[2]} on {properties['scope']}".lower()
    return lags.over(world, "role-lag", what, assignment.get("_granted_at", 0))


def permissions(world: "World", role_definition_id: str) -> list[Document]:
    """What a role definition permits, built in or custom: [] for an unknown one."""
    found = definition(world, role_definition_id)
    return found["properties"]["permissions"] if found else []


def definition(world: "World", role_definition_id: str) -> Document | None:
    """The role definition of that id (a whole id or a bare GUID)."""
    guid = role_definition_id.rpartition("/")[2].lower()
    role = built_in_roles.by_guid(guid)
    if role:
        return built_in_roles.definition(role, SUBSCRIPTION_ID)
    return next((custom for custom in custom_definitions(world) if custom["name"].lower() == guid), None)


def custom_definitions(world: "World") -> Iterator[Document]:
    for document in world.store.table("resources").values():
        if document["type"].lower() == DEFINITIONS.lower():
            yield document


def definitions(world: "World") -> list[Document]:
    """Every role definition, built in and custom."""
    built_in = [built_in_roles.definition(role, SUBSCRIPTION_ID) for role in built_in_roles.BUILT_IN]
    return [*built_in, *custom_definitions(world)]


def named(world: "World", name: str) -> Document | None:
    """The role definition called ``name``, whatever the case."""
    return next((one for one in definitions(world) if one["properties"]["roleName"].lower() == name.lower()), None)


def grant(world: "World", principal_id: str, role_name: str, scope: str, kind: str = "ServicePrincipal") -> Document:
    """Assign a role as the sandbox itself (its operator, a cluster's identity). Returns the assignment, the standing
    one if there is one. Raises KeyError for an unknown role."""
    role = named(world, role_name)
    if role is None:
        raise KeyError(role_name)
    guid = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{scope.lower()} {principal_id} {role['name']}"))
    text = f"{scope.rstrip('/')}/providers/{ASSIGNMENTS}/{guid}"
    table = world.store.table("resources")
    if text.lower() not in table:
        properties = {
            "roleDefinitionId": role["id"], "principalId": principal_id, "principalType": kind, "scope": scope,
        }  # fmt: skip
        table[text.lower()] = assignment_document(text, guid, properties)
    return table[text.lower()]


def assignment_document(text: str, name: str, properties: Document) -> Document:
    """A role assignment as it is stored: Azure's fields, and when it was granted (for the propagation)."""
    now = time.strftime("%Y-%m-%dT%H:%M:%S.0000000Z", time.gmtime())
    stamped = {
        **properties, "condition": properties.get("condition"), "conditionVersion": properties.get("conditionVersion"),
        "createdOn": now, "updatedOn": now, "createdBy": None, "updatedBy": None,
        "delegatedManagedIdentityResourceId": None, "description": properties.get("description"),
    }  # fmt: skip
    return {"id": text, "name": name, "type": ASSIGNMENTS, "properties": stamped, "_granted_at": time.time()}
