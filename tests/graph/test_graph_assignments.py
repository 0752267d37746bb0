"""App roles granted and revoked, from either end."""

from collections.abc import Callable
from typing import Any

import pytest
from graph_callers import Caller

from sandbox.entra import audiences, principals, tokens
from sandbox.entra.audiences import GRAPH_APP_ID
from sandbox.graph.catalogue import ROLES
from sandbox.world import World

READ_USERS = ROLES["User.Read.All"][0]
NOBODY = "11111111-2222-4333-8444-555555555555"


@pytest.fixture
def graph(world: World) -> str:
    document = principals.find_by_app_id(world, GRAPH_APP_ID)
    assert document is not None
    return document["id"]


@pytest.fixture
def app(world: World) -> str:
    return principals.create_service_principal(world, "id-app", kind="ManagedIdentity")["id"]


def test_granted_seen_from_both_ends_and_revoked(world: World, admin: Caller, graph: str, app: str) -> None:
    body = {"principalId": app, "resourceId": graph, "appRoleId": READ_USERS}
    made = admin.post(f"/servicePrincipals/{graph}/appRoleAssignedTo", body)
    assert (made["principalDisplayName"], made["principalType"]) == ("id-app", "ServicePrincipal")
    held = admin.get(f"/servicePrincipals/{app}/appRoleAssignments")["value"]
    assert [grant["id"] for grant in held] == [made["id"]]
    assert made["id"] in [grant["id"] for grant in admin.get(f"/servicePrincipals/{graph}/appRoleAssignedTo")["value"]]
    token = tokens.issue(world, app, "https://graph.microsoft.com")
    assert tokens.verify(world, token, audiences.graph(world)).roles == {"User.Read.All"}

    again = admin.refused("POST", f"/servicePrincipals/{app}/appRoleAssignments", body)
    assert again == (400, "Request_BadRequest", "Permission being assigned already exists on the object")

    assert admin.ask("DELETE", f"/servicePrincipals/{app}/appRoleAssignments/{made['id']}").status_code == 204
    assert admin.get(f"/servicePrincipals/{app}/appRoleAssignments")["value"] == []
    assert admin.refused("DELETE", f"/servicePrincipals/{app}/appRoleAssignments/{made['id']}")[0] == 404


@pytest.mark.parametrize(
    ("change", "status", "text"),
    [
        ({"appRoleId": NOBODY}, 400, "Permission being assigned was not found on application"),
        ({"principalId": NOBODY}, 404, f"Resource '{NOBODY}' does not exist or one of its queried"),
        ({"resourceId": NOBODY}, 400, "The resourceId of the assignment is not the object"),
        ({"appRoleId": None}, 400, "One or more properties are null."),
        ({"colour": "red"}, 400, "Invalid property 'colour'."),
    ],
)
def test_refused(admin: Caller, graph: str, app: str, change: dict[str, Any], status: int, text: str) -> None:
    body = {"principalId": app, "resourceId": graph, "appRoleId": READ_USERS, **change}
    answer = admin.refused("POST", f"/servicePrincipals/{graph}/appRoleAssignedTo", body)
    assert answer[0] == status and answer[2].startswith(text)


def test_granting_needs_more_than_reading_and_writing_applications(
    caller: Callable[..., Caller], graph: str, app: str
) -> None:
    body = {"principalId": app, "resourceId": graph, "appRoleId": READ_USERS}
    writer = caller("Application.ReadWrite.All")
    denied = writer.refused("POST", f"/servicePrincipals/{graph}/appRoleAssignedTo", body)
    assert denied[:2] == (403, "Authorization_RequestDenied")
