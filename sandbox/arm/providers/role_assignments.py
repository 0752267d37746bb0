"""Microsoft.Authorization: role assignments, on any scope."""

import re
from typing import TYPE_CHECKING

from sandbox.arm import refusals, roles
from sandbox.arm.ids import ResourceId
from sandbox.arm.shapes import READ_ONLY, Choice, Fields, fitted
from sandbox.arm.types import ResourceType, register
from sandbox.entra import principals
from sandbox.errors import AzureError
from sandbox.store import Document
from sandbox.world import TENANT_ID

if TYPE_CHECKING:
    from sandbox.world import World

GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

_SHAPE = Fields(
    "RoleAssignmentProperties",
    {
        "roleDefinitionId": str, "principalId": str, "description": str, "condition": str, "conditionVersion": str,
        "principalType": Choice("PrincipalType", ("User", "Group", "ServicePrincipal", "ForeignGroup", "Device")),
        "delegatedManagedIdentityResourceId": str, "canDelegate": bool, "scope": READ_ONLY, "createdOn": READ_ONLY,
        "updatedOn": READ_ONLY, "createdBy": READ_ONLY, "updatedBy": READ_ONLY,
    },
)  # fmt: skip


class RoleAssignment(ResourceType):
    """Who has which role at the scope that the assignment extends. Its name is a GUID that the caller makes up."""

    name = roles.ASSIGNMENTS
    api_versions = frozenset(
        {"2015-07-01", "2018-01-01-preview", "2018-09-01-preview", "2020-03-01-preview", "2020-04-01-preview",
         "2020-08-01-preview", "2020-10-01-preview", "2022-04-01"}
    )  # fmt: skip
    tracked = False
    extension = True
    shown_when_deleted = True

    def desired(self, world: "World", id: ResourceId, body: Document, existing: Document | None) -> Document:
        if not GUID.fullmatch(id.name):
            raise AzureError(
                400, "InvalidRoleAssignmentId",
                f"The role assignment ID '{id.name}' is not valid. The role assignment ID must be a GUID.",
            )  # fmt: skip
        properties = fitted(body.get("properties") or {}, _SHAPE)
        for field in ("roleDefinitionId", "principalId"):
            if not properties.get(field):
                raise AzureError(
                    400, "BadRequestFormat", f"The request was incorrectly formatted: '{field}' is required."
                )
        properties["principalId"] = properties["principalId"].lower()
        role = roles.definition(world, properties["roleDefinitionId"])
        if role is None:
            raise refusals.role_definition_not_found(properties["roleDefinitionId"].rpartition("/")[2])
        properties["principalType"] = _principal_type(world, properties)
        properties["roleDefinitionId"] = role["id"]
        properties["scope"] = id.scope or "/"
        _check_standing(world, id, properties, existing)
        return self._document(id, properties, existing)

    def _document(self, id: ResourceId, properties: Document, existing: Document | None) -> Document:
        fresh = roles.assignment_document(id.text, id.name, properties)
        if existing is None:
            return fresh
        changeable = ("description", "condition", "conditionVersion")
        changed = {field: fresh["properties"][field] for field in changeable}
        return {**existing, "properties": {**existing["properties"], **changed}}

    def listed(self, world: "World", scope: str, found: list[Document], wanted: str) -> list[Document]:
        """Assignments that are inherited count too; ``atScope()`` leaves out those further down."""
        everywhere = [
            {field: value for field, value in one.items() if not field.startswith("_")}
            for one in roles.assignments(world)
        ]
        here = [one for one in everywhere if roles.covers(one["properties"]["scope"], scope)]
        below = [one for one in everywhere if one not in here and roles.covers(scope, one["properties"]["scope"])]
        chosen = here if "atscope()" in wanted.lower() else here + below
        assigned = re.search(r"assignedTo\('([^']*)'\)", wanted, re.IGNORECASE)
        if assigned:
            who = {assigned[1].lower(), *principals.groups_of(world, assigned[1])}
            chosen = [one for one in chosen if one["properties"]["principalId"] in who]
        return chosen


def _principal_type(world: "World", properties: Document) -> str:
    """What kind of principal is meant; raises PrincipalNotFound or UnmatchedPrincipalType."""
    id = properties["principalId"]
    document = principals.get(world, id)
    if document is None:
        hint = "" if properties.get("principalType") else (
            " If you are creating this principal and then immediately assigning a role, this error might be related to "
            "a replication delay. In this case, set the role assignment principalType property to a value, such as "
            "ServicePrincipal, User, or Group.  See https://aka.ms/docs-principaltype"
        )  # fmt: skip
        raise AzureError(
            400, "PrincipalNotFound", f"Principal {id.replace('-', '')} does not exist in the directory {TENANT_ID}. "
            f"Check that you have the correct principal ID.{hint}",
        )  # fmt: skip
    kind = principals.principal_of(document).kind
    actual = "ServicePrincipal" if kind == "ManagedIdentity" else kind
    if document["@odata.type"] == principals.APPLICATION:
        raise AzureError(
            400, "UnsupportedPrincipalType",
            f"Principals of type Application cannot validly be used in role assignments. Principal: {id}.",
        )  # fmt: skip
    given = properties.get("principalType", actual)
    if given != actual:
        raise AzureError(
            400, "UnmatchedPrincipalType",
            f"The PrincipalId '{id.replace('-', '')}' has type '{actual}' , which is different from specified "
            f"PrinciaplType '{given}'.",
        )  # fmt: skip
    return actual


def _check_standing(world: "World", id: ResourceId, wanted: Document, existing: Document | None) -> None:
    """One assignment a role, principal and scope; the same name must not come to mean another."""
    identity = ("roleDefinitionId", "principalId")
    if existing:
        if any(existing["properties"][field] != wanted[field] for field in identity):
            raise AzureError(
                400, "RoleAssignmentUpdateNotPermitted",
                "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
            )  # fmt: skip
        return
    for other in roles.assignments(world):
        standing = other["properties"]
        same_scope = standing["scope"].strip("/").lower() == wanted["scope"].strip("/").lower()
        if same_scope and all(standing[field] == wanted[field] for field in identity):
            raise AzureError(
                409, "RoleAssignmentExists", "The role assignment already exists. The ID of the existing role "
                f"assignment is {other['name'].replace('-', '')}.",
            )  # fmt: skip


register(RoleAssignment())
