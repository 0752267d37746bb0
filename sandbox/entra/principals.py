"""The directory: users, groups, service principals and applications, one document each, in Graph's shape."""

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sandbox.store import Document, Table

if TYPE_CHECKING:
    from sandbox.world import World

Kind = Literal["ServicePrincipal", "User", "Group", "ManagedIdentity"]

USER = "#microsoft.graph.user"
GROUP = "#microsoft.graph.group"
SERVICE_PRINCIPAL = "#microsoft.graph.servicePrincipal"
APPLICATION = "#microsoft.graph.application"


@dataclass(frozen=True)
class Principal:
    """Who makes a request. ``id`` is the object id; ``roles`` the app roles that the token carries."""

    id: str
    app_id: str
    display_name: str
    kind: Kind
    roles: frozenset[str] = frozenset()


def directory(world: "World") -> Table:
    """All directory objects by object id; ``@odata.type`` says what one is."""
    return world.store.table("directory")


def memberships(world: "World") -> Table:
    """Who is in which group: ``{"group", "member"}`` under ``<group>/<member>``."""
    return world.store.table("memberships")


def get(world: "World", id: str) -> Document | None:
    return directory(world).get(id.lower())


def of_type(world: "World", odata_type: str) -> list[Document]:
    return [document for document in directory(world).values() if document["@odata.type"] == odata_type]


def find_by_app_id(world: "World", app_id: str) -> Document | None:
    """The service principal of an application (or managed identity) by its client id."""
    wanted = app_id.lower()
    return next((sp for sp in of_type(world, SERVICE_PRINCIPAL) if sp["appId"] == wanted), None)


def principal_of(document: Document, roles: frozenset[str] = frozenset()) -> Principal:
    """A directory document as the one who makes a request."""
    kinds: dict[str, Kind] = {USER: "User", GROUP: "Group"}
    kind = kinds.get(document["@odata.type"], "ServicePrincipal")
    if document.get("servicePrincipalType") == "ManagedIdentity":
        kind = "ManagedIdentity"
    return Principal(document["id"], document.get("appId", ""), document["displayName"], kind, roles)


def create_service_principal(
    world: "World",
    display_name: str,
    app_id: str | None = None,
    kind: Literal["ServicePrincipal", "ManagedIdentity"] = "ServicePrincipal",
) -> Document:
    """Add a service principal, of an application or of a managed identity. Ids are made up unless
    ``app_id`` is given. Returns its document: ``id`` is the object (principal) id, ``appId`` the client
    id."""
    id, app_id = str(uuid.uuid4()), (app_id or str(uuid.uuid4())).lower()
    directory(world)[id] = {
        "@odata.type": SERVICE_PRINCIPAL,
        "id": id,
        "appId": app_id,
        "displayName": display_name,
        "appDisplayName": display_name if kind == "ServicePrincipal" else None,
        "accountEnabled": True,
        "servicePrincipalType": "ManagedIdentity" if kind == "ManagedIdentity" else "Application",
        "servicePrincipalNames": [app_id],
        "alternativeNames": [],
        "appRoles": [],
        "tags": [],
    }
    return directory(world)[id]


def remove(world: "World", id: str) -> None:
    """Take an object out of the directory, with its memberships and app role assignments. Unknown ids are
    no error."""
    id = id.lower()
    directory(world).pop(id, None)
    for table, ends in (
        (memberships(world), ("group", "member")),
        (app_roles(world), ("principalId", "resourceId")),
    ):
        for key, link in list(table.items()):
            if id in (link[end] for end in ends):
                del table[key]


def groups_of(world: "World", id: str) -> set[str]:
    """The object ids of all groups that an object is in, directly or through other groups."""
    links = [(link["member"], link["group"]) for link in memberships(world).values()]
    found: set[str] = set()
    reached = {id.lower()}
    while reached:
        reached = {group for member, group in links if member in reached} - found
        found |= reached
    return found


def app_roles(world: "World") -> Table:
    """App role assignments by id: ``{"id", "principalId", "resourceId", "appRoleId", ...}``."""
    return world.store.table("app_role_assignments")


def granted_roles(world: "World", principal_id: str, resource_app_id: str) -> list[str]:
    """The values (``User.Read.All``) of the app roles that a principal has on a resource application."""
    resource = find_by_app_id(world, resource_app_id)
    if resource is None:
        return []
    values = {role["id"]: role["value"] for role in resource["appRoles"]}
    held = (grant for grant in app_roles(world).values() if grant["resourceId"] == resource["id"])
    return sorted(values[grant["appRoleId"]] for grant in held if grant["principalId"] == principal_id)


def create_application(world: "World", display_name: str, app_id: str | None = None) -> Document:
    """Register an application. Its service principal is another object, made with the same ``appId``."""
    id, app_id = str(uuid.uuid4()), (app_id or str(uuid.uuid4())).lower()
    directory(world)[id] = {
        "@odata.type": APPLICATION,
        "id": id,
        "appId": app_id,
        "displayName": display_name,
        "identifierUris": [],
        "signInAudience": "AzureADMyOrg",
        "appRoles": [],
        "tags": [],
    }
    return directory(world)[id]


def application_credentials(world: "World") -> Table:
    """Federated credentials of applications, in Graph's shape, by id; ``applicationId`` is the object that
    has it."""
    return world.store.table("application_credentials")


def add_federated_credential(
    world: "World", application: str, name: str, issuer: str, subject: str, audiences: list[str]
) -> Document:
    """Let tokens of an external issuer sign in as an application (by its object id)."""
    id = str(uuid.uuid4())
    application_credentials(world)[id] = {
        "id": id,
        "applicationId": application,
        "name": name,
        "issuer": issuer,
        "subject": subject,
        "audiences": audiences,
    }
    return application_credentials(world)[id]


def create_user(world: "World", display_name: str, user_principal_name: str) -> Document:
    """Add a person. They cannot sign in: the sandbox knows no passwords."""
    id = str(uuid.uuid4())
    directory(world)[id] = {
        "@odata.type": USER,
        "id": id,
        "accountEnabled": True,
        "displayName": display_name,
        "mailNickname": user_principal_name.partition("@")[0],
        "userPrincipalName": user_principal_name,
    }
    return directory(world)[id]


def create_group(world: "World", display_name: str) -> Document:
    """Add a security group."""
    id = str(uuid.uuid4())
    directory(world)[id] = {
        "@odata.type": GROUP,
        "id": id,
        "displayName": display_name,
        "mailNickname": "".join(letter for letter in display_name if letter.isalnum()),
        "mailEnabled": False,
        "securityEnabled": True,
    }
    return directory(world)[id]


def add_member(world: "World", group: str, member: str) -> None:
    """Put an object into a group; both are object ids."""
    memberships(world)[f"{group}/{member}"] = {"group": group, "member": member}
