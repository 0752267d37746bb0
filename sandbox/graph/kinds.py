"""The kinds of directory objects as Graph shows and takes them: properties with their defaults, who may do what."""

import datetime
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.entra import principals
from sandbox.graph import permissions
from sandbox.graph.errors import GraphError, bad, same_key
from sandbox.store import Document
from sandbox.world import TENANT_DOMAIN, TENANT_ID

if TYPE_CHECKING:
    from sandbox.world import World


@dataclass(frozen=True)
class Kind:
    """One collection of Graph. ``defaults`` names every property; ``taken`` what a client may send when it creates or
    changes an object, ``required`` what it must. ``make`` turns the accepted body into the stored document."""

    collection: str
    odata_type: str
    defaults: Document
    taken: frozenset[str]
    required: tuple[str, ...]
    make: Callable[["World", Document], Document]
    read: frozenset[str]
    create: frozenset[str]
    write: frozenset[str]
    #: Sent by clients and never kept (secrets, or what an empty value stands for).
    dropped: frozenset[str] = field(default=frozenset())

    @property
    def title(self) -> str:
        """The kind's name in messages: ``Group``."""
        name = self.odata_type.rpartition(".")[2]
        return name[0].upper() + name[1:]

    def shown(self, document: Document) -> Document:
        """All properties of an object, without its type."""
        return {**self.defaults, **{key: value for key, value in document.items() if key != "@odata.type"}}

    def accepted(self, body: Document, *, creating: bool) -> Document:
        """What of a request's body is to be stored. Raises GraphError 400 for properties unknown or missing."""
        for name in body:
            if name not in self.taken | self.dropped and not name.startswith("@odata."):
                raise bad(f"Invalid property '{name}'.")
        for name in self.required if creating else ():
            if body.get(name) in (None, ""):
                raise bad(f"A value is required for property '{name}' of resource '{self.title}'.")
        return {name: value for name, value in body.items() if name in self.taken}


def now() -> str:
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _make_group(world: "World", body: Document) -> Document:
    for flag in ("mailEnabled", "securityEnabled"):
        if not isinstance(body[flag], bool):
            raise bad(f"Invalid value specified for property '{flag}' of resource 'Group'.")
    if body["mailEnabled"]:
        raise bad("The sandbox's directory has no mail: mailEnabled must be false.")
    if not re.fullmatch(r"[^\s@()\\\[\]\";:<>,]{1,64}", body["mailNickname"]):
        raise bad("Invalid value specified for property 'mailNickname' of resource 'Group'.")
    return {"@odata.type": principals.GROUP, "id": str(uuid.uuid4()), "createdDateTime": now(), **body}


def _make_user(world: "World", body: Document) -> Document:
    name = body["userPrincipalName"]
    if not name.lower().endswith(f"@{TENANT_DOMAIN}"):
        raise bad("The domain portion of the userPrincipalName property is invalid. You must use one of the verified"
                  " domain names in your organization.")  # fmt: skip
    if any(user["userPrincipalName"].lower() == name.lower() for user in principals.of_type(world, principals.USER)):
        raise bad("Another object with the same value for property userPrincipalName already exists.")
    return {"@odata.type": principals.USER, "id": str(uuid.uuid4()), "createdDateTime": now(), **body}


def _make_application(world: "World", body: Document) -> Document:
    document = principals.create_application(world, body["displayName"])
    return {**document, "createdDateTime": now(), **body}


def _make_service_principal(world: "World", body: Document) -> Document:
    app_id = str(body["appId"]).lower()
    applications = principals.of_type(world, principals.APPLICATION)
    application = next((app for app in applications if app["appId"] == app_id), None)
    if application is None:
        text = f"The appId '{app_id}' of the service principal does not reference a valid application object."
        raise GraphError(400, "NoBackingApplicationObject", text)
    if principals.find_by_app_id(world, app_id):
        raise same_key(
            "The service principal cannot be created, updated, or restored because the service principal name"
            f" {app_id} is already in use."
        )
    document = principals.create_service_principal(world, application["displayName"], app_id)
    return {**document, "appRoles": application["appRoles"], **body, "appId": app_id}


def _properties(*names: str, **defaults: Any) -> Document:
    return {**dict.fromkeys(("id", "deletedDateTime", *names)), **defaults}


GROUPS = Kind(
    "groups", principals.GROUP,
    _properties(
        "classification", "createdDateTime", "description", "displayName", "mail", "mailNickname", "visibility",
        "membershipRule", groupTypes=[], mailEnabled=False, securityEnabled=True, proxyAddresses=[],
    ),
    frozenset({"displayName", "description", "mailNickname", "mailEnabled", "securityEnabled", "groupTypes"}),
    ("displayName", "mailEnabled", "mailNickname", "securityEnabled"), _make_group,
    permissions.GROUPS_READ, permissions.GROUPS_CREATE, permissions.GROUPS_WRITE,
)  # fmt: skip
USERS = Kind(
    "users", principals.USER,
    _properties(
        "createdDateTime", "displayName", "givenName", "surname", "mail", "mailNickname", "jobTitle", "mobilePhone",
        "officeLocation", "preferredLanguage", "userPrincipalName", accountEnabled=True, businessPhones=[],
        userType="Member",
    ),
    frozenset({
        "accountEnabled", "displayName", "givenName", "surname", "mail", "mailNickname", "jobTitle",
        "userPrincipalName", "mobilePhone", "officeLocation", "preferredLanguage",
    }),
    ("accountEnabled", "displayName", "mailNickname", "userPrincipalName"), _make_user,
    permissions.USERS_READ, permissions.USERS_WRITE, permissions.USERS_WRITE, frozenset({"passwordProfile"}),
)  # fmt: skip
APPLICATIONS = Kind(
    "applications", principals.APPLICATION,
    _properties(
        "appId", "createdDateTime", "description", "displayName", "notes", identifierUris=[], appRoles=[],
        signInAudience="AzureADMyOrg", keyCredentials=[], passwordCredentials=[], requiredResourceAccess=[], tags=[],
        web={"redirectUris": []}, publisherDomain=TENANT_DOMAIN,
    ),
    frozenset({
        "displayName", "description", "notes", "identifierUris", "appRoles", "signInAudience", "tags",
        "requiredResourceAccess", "web",
    }),
    ("displayName",), _make_application,
    permissions.APPLICATIONS_READ, permissions.APPLICATIONS_WRITE, permissions.APPLICATIONS_WRITE,
    frozenset({"isFallbackPublicClient", "isDeviceOnlyAuthSupported", "keyCredentials", "publicClient", "spa",
               "optionalClaims", "passwordCredentials", "api", "serviceManagementReference"}),
)  # fmt: skip
SERVICE_PRINCIPALS = Kind(
    "servicePrincipals", principals.SERVICE_PRINCIPAL,
    _properties(
        "appId", "appDisplayName", "description", "displayName", "homepage", "loginUrl", "notes", accountEnabled=True,
        alternativeNames=[], appOwnerOrganizationId=TENANT_ID, appRoles=[], appRoleAssignmentRequired=False,
        keyCredentials=[], oauth2PermissionScopes=[], passwordCredentials=[], servicePrincipalNames=[],
        servicePrincipalType="Application", tags=[],
    ),
    frozenset({"appId", "accountEnabled", "displayName", "description", "notes", "tags", "appRoleAssignmentRequired"}),
    ("appId",), _make_service_principal,
    permissions.APPLICATIONS_READ, permissions.APPLICATIONS_WRITE, permissions.APPLICATIONS_WRITE,
)  # fmt: skip

KINDS = (GROUPS, USERS, APPLICATIONS, SERVICE_PRINCIPALS)


def kind_of(document: Document) -> Kind:
    return next(kind for kind in KINDS if kind.odata_type == document["@odata.type"])
