"""Microsoft Graph's own service principal, with the app roles that can be granted on it."""

import datetime
import uuid
from typing import TYPE_CHECKING

from sandbox.entra import principals
from sandbox.entra.audiences import GRAPH_APP_ID
from sandbox.store import Document

if TYPE_CHECKING:
    from sandbox.world import World

#: App roles by value: (id, display name). Ids are Microsoft's, see
#: learn.microsoft.com/graph/permissions-reference.
ROLES = {
    "Application.Read.All": ("9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30", "Read all applications"),
    "Application.ReadWrite.All": ("1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9", "Read and write all applications"),
    "AppRoleAssignment.ReadWrite.All": (
        "06b708a9-e830-4db3-a914-8e69da51d44f",
        "Manage app permission grants and app role assignments",
    ),
    "Directory.Read.All": ("7ab1d382-f21e-4acd-a863-ba3e13f7da61", "Read directory data"),
    "Directory.ReadWrite.All": ("19dbc75e-c2e2-444c-a770-ec69d8559fc7", "Read and write directory data"),
    "Group.Create": ("bf7b1a76-6e77-406b-b258-bf5c7720e98f", "Create groups"),
    "Group.Read.All": ("5b567255-7703-4780-807c-7be8301ae99b", "Read all groups"),
    "Group.ReadWrite.All": ("62a82d76-70ea-41e2-9197-370581804d09", "Read and write all groups"),
    "GroupMember.Read.All": ("98830695-27a2-44f7-8c18-0c3ebc9698f6", "Read all group memberships"),
    "GroupMember.ReadWrite.All": (
        "dbaae8cf-10b5-4b86-a4a1-f871c94c6695",
        "Read and write all group memberships",
    ),
    "Organization.Read.All": ("498476ce-e0fe-48b0-b801-37ba7e2685c6", "Read organization information"),
    "User.Read.All": ("df021288-bdef-4463-88db-98f22de89214", "Read all users' full profiles"),
    "User.ReadWrite.All": ("741f803b-c850-494e-b5df-cde7c675a1ca", "Read and write all users' full profiles"),
}

#: What an administrator's application needs to do all that the lab may ask of Graph.
ADMINISTRATION = (
    "Application.ReadWrite.All",
    "AppRoleAssignment.ReadWrite.All",
    "Directory.Read.All",
    "Group.ReadWrite.All",
    "User.ReadWrite.All",
)


def plant(world: "World") -> Document:
    """Add the service principal of Microsoft Graph to a new directory."""
    graph = principals.create_service_principal(world, "Microsoft Graph", GRAPH_APP_ID)
    roles = [
        {
            "id": id,
            "value": value,
            "displayName": name,
            "description": f"Allows the app to: {name[0].lower()}{name[1:]}, without a signed-in user.",
            "allowedMemberTypes": ["Application"],
            "isEnabled": True,
            "origin": "Application",
        }
        for value, (id, name) in ROLES.items()
    ]
    names = [GRAPH_APP_ID, "https://graph.microsoft.com", "https://graph.microsoft.com/"]
    document = graph | {"appRoles": roles, "servicePrincipalNames": names}
    principals.directory(world)[graph["id"]] = document
    return document


def grant(world: "World", principal_id: str, roles: tuple[str, ...]) -> None:
    """Give a service principal app roles on Microsoft Graph, by value."""
    graph = principals.find_by_app_id(world, GRAPH_APP_ID)
    assert graph is not None
    for role in roles:
        assign(world, principals.directory(world)[principal_id], graph, ROLES[role][0])


def assign(world: "World", principal: Document, resource: Document, app_role_id: str) -> Document:
    """Store an app role assignment and return it in Graph's shape."""
    id = uuid.uuid4().hex
    kind = principal["@odata.type"].rpartition(".")[2]
    principals.app_roles(world)[id] = {
        "id": id,
        "deletedDateTime": None,
        "appRoleId": app_role_id,
        "createdDateTime": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "principalDisplayName": principal["displayName"],
        "principalId": principal["id"],
        "principalType": kind[0].upper() + kind[1:],
        "resourceDisplayName": resource["displayName"],
        "resourceId": resource["id"],
    }
    return principals.app_roles(world)[id]
