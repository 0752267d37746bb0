"""Microsoft.Authorization: role definitions, Azure's own and custom ones."""

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response

from sandbox.arm import refusals, resources, roles
from sandbox.arm.endpoints import Call, endpoint
from sandbox.arm.ids import ResourceId
from sandbox.arm.providers.role_assignments import GUID
from sandbox.arm.shapes import READ_ONLY, Fields, fitted
from sandbox.arm.types import ResourceType, register
from sandbox.errors import AzureError
from sandbox.store import Document

if TYPE_CHECKING:
    from sandbox.world import World

_PERMISSION = Fields(
    "Permission",
    {
        "actions": [str], "notActions": [str], "dataActions": [str], "notDataActions": [str], "condition": str,
        "conditionVersion": str,
    },
)  # fmt: skip
_SHAPE = Fields(
    "RoleDefinitionProperties",
    {
        "roleName": str, "description": str, "type": str, "permissions": [_PERMISSION], "assignableScopes": [str],
        "createdOn": READ_ONLY, "updatedOn": READ_ONLY, "createdBy": READ_ONLY, "updatedBy": READ_ONLY,
    },
)  # fmt: skip


class RoleDefinition(ResourceType):
    """A custom role; the built-in ones stand beside these and cannot be written."""

    name = roles.DEFINITIONS
    api_versions = frozenset({"2015-07-01", "2018-01-01-preview", "2022-04-01", "2022-05-01-preview"})
    tracked = False
    extension = True
    shown_when_deleted = True

    def desired(self, world: "World", id: ResourceId, body: Document, existing: Document | None) -> Document:
        if not GUID.fullmatch(id.name):
            raise AzureError(
                400, "RoleDefinitionIdNotGuid", f"The role definition ID '{id.name}' is not valid. It must be a GUID."
            )
        properties = fitted(body.get("properties") or {}, _SHAPE)
        if not properties.get("roleName") or not properties.get("assignableScopes"):
            raise AzureError(
                400, "BadRequestFormat", "The request was incorrectly formatted: 'roleName' and 'assignableScopes' are "
                "required.",
            )  # fmt: skip
        namesake = roles.named(world, properties["roleName"])
        standing = roles.definition(world, id.name)
        if (namesake and namesake["name"].lower() != id.name.lower()) or (standing and existing is None):
            raise AzureError(
                409, "RoleDefinitionWithSameNameExists",
                f"A custom role with the same name '{properties['roleName']}' already exists in this directory. Use a "
                "different name.",
            )  # fmt: skip
        properties["type"] = "CustomRole"
        properties["permissions"] = [
            {"actions": [], "notActions": [], "dataActions": [], "notDataActions": [], **one}
            for one in properties.get("permissions") or [{}]
        ]
        return {"id": id.text, "name": id.name, "type": self.name, "properties": properties}

    def deletable(self, world: "World", existing: Document) -> None:
        used = [
            one for one in roles.assignments(world)
            if one["properties"]["roleDefinitionId"].rpartition("/")[2] == existing["name"]
        ]  # fmt: skip
        if used:
            raise AzureError(
                400, "RoleDefinitionHasAssignments", "There are existing role assignments referencing role (code: "
                "RoleDefinitionHasAssignments).",
            )  # fmt: skip

    def listed(self, world: "World", scope: str, found: list[Document], wanted: str) -> list[Document]:
        """All that can be assigned at the scope."""
        return [
            one
            for one in roles.definitions(world)
            if any(roles.covers(assignable, scope) for assignable in one["properties"]["assignableScopes"])
        ]


@endpoint("GET", "{scope*}/providers/Microsoft.Authorization/roleDefinitions/{name}")
async def _one(call: Call) -> Response:
    id = ResourceId(call.path)
    kind = resources.known_type(id, call.api_version)
    if call.names["scope"]:  # at the tenant's root everybody reads them
        roles.require(call.world, call.principal, resources.action(kind, "read"), call.names["scope"])
    found = roles.definition(call.world, call.names["name"])
    if found is None:
        raise refusals.role_definition_not_found(call.names["name"])
    return JSONResponse(found)


register(RoleDefinition())
