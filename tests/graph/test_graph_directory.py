"""Users, groups, applications, service principals: found, made, changed, deleted."""

from collections.abc import Callable
from typing import Any

import pytest
from graph_callers import Caller

from sandbox.entra.audiences import GRAPH_APP_ID
from sandbox.world import TENANT_ID, TENANT_NAME

GROUP = {"displayName": "O'Hara's admins", "mailNickname": "ohara", "mailEnabled": False, "securityEnabled": True}
NOBODY = "11111111-2222-4333-8444-555555555555"


def test_a_group_is_found_by_what_az_asks(admin: Caller) -> None:
    made = admin.post("/groups", GROUP)
    for filter in (
        "displayName eq 'o''hara''s ADMINS'",
        "displayName eq 'O''Hara''s admins' and mailNickname eq 'ohara'",
        "startswith(displayName,'O''H')",
        "securityEnabled eq true and not (mailNickname eq 'other')",
        f"id eq '{made['id']}' or id eq '{NOBODY}'",
    ):
        assert [group["id"] for group in admin.get("/groups", filter=filter)["value"]] == [made["id"]], filter
    assert admin.get("/groups", filter="displayName eq 'nobody'")["value"] == []
    assert admin.get(f"/groups/{made['id']}")["displayName"] == GROUP["displayName"]


@pytest.mark.parametrize(
    "filter",
    ["colour eq 'red'", "displayName gt 'a'", "displayName eq", "displayName eq 'a' displayName", "(id eq '1'"],
)
def test_filters_refused(admin: Caller, filter: str) -> None:
    status, code, message = admin.refused("GET", "/groups", filter=filter)
    assert (status, code) == (400, "BadRequest") and message.startswith("Invalid filter clause: ")


def test_service_principals_are_found_by_name_and_by_app_id(admin: Caller) -> None:
    by_name = admin.get("/servicePrincipals", filter=f"servicePrincipalNames/any(c:c eq '{GRAPH_APP_ID}')")["value"]
    by_key = admin.get(f"/servicePrincipals(appId='{GRAPH_APP_ID}')", select="id,displayName")
    assert by_name[0]["id"] == by_key["id"]
    assert set(by_key) == {"@odata.context", "id", "displayName"}
    roles = {role["value"]: role["id"] for role in by_name[0]["appRoles"]}
    assert roles["User.Read.All"] == "df021288-bdef-4463-88db-98f22de89214"


def test_pages(admin: Caller) -> None:
    for number in range(5):
        admin.post("/groups", {**GROUP, "displayName": f"g{number}", "mailNickname": f"g{number}"})
    first = admin.ask("GET", "/groups", top="2", count="true").json()
    assert (len(first["value"]), first["@odata.count"]) == (2, 5)
    second = admin.ask("GET", first["@odata.nextLink"]).json()
    third = admin.ask("GET", second["@odata.nextLink"]).json()
    names = [group["displayName"] for page in (first, second, third) for group in page["value"]]
    assert names == ["g0", "g1", "g2", "g3", "g4"] and "@odata.nextLink" not in third


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mailNickname": None}, "A value is required for property 'mailNickname' of resource 'Group'."),
        ({"colour": "red"}, "Invalid property 'colour'."),
        ({"mailNickname": "a b"}, "Invalid value specified for property 'mailNickname' of resource 'Group'."),
        ({"securityEnabled": "yes"}, "Invalid value specified for property 'securityEnabled' of resource 'Group'."),
    ],
)
def test_groups_refused(admin: Caller, change: dict[str, Any], message: str) -> None:
    assert admin.refused("POST", "/groups", GROUP | change) == (400, "Request_BadRequest", message)


def test_members(admin: Caller) -> None:
    group = admin.post("/groups", GROUP)["id"]
    reference = {"@odata.id": f"https://localhost:8443/v1.0/directoryObjects/{admin.id}"}
    admin.post(f"/groups/{group}/members/$ref", reference)
    assert [member["id"] for member in admin.get(f"/groups/{group}/members")["value"]] == [admin.id]
    assert admin.get(f"/servicePrincipals/{admin.id}/memberOf")["value"][0]["@odata.type"] == "#microsoft.graph.group"
    asked = {"groupIds": [group, NOBODY]}
    assert admin.post(f"/directoryObjects/{admin.id}/checkMemberGroups", asked)["value"] == [group]

    status, _, message = admin.refused("POST", f"/groups/{group}/members/$ref", reference)
    assert status == 400 and "already exist" in message
    absent = {"@odata.id": f"https://localhost:8443/v1.0/directoryObjects/{NOBODY}"}
    assert admin.refused("POST", f"/groups/{group}/members/$ref", absent)[:2] == (404, "Request_ResourceNotFound")

    assert admin.ask("DELETE", f"/groups/{group}/members/{admin.id}/$ref").status_code == 204
    assert admin.get(f"/groups/{group}/members")["value"] == []


def test_what_is_deleted_leaves_its_groups(admin: Caller) -> None:
    group = admin.post("/groups", GROUP)["id"]
    user = {
        "accountEnabled": True, "displayName": "Bo", "mailNickname": "bo",
        "userPrincipalName": "bo@contoso.onmicrosoft.com", "passwordProfile": {"password": "secret"},
    }  # fmt: skip
    made = admin.post("/users", user)
    assert "passwordProfile" not in made
    admin.post(f"/groups/{group}/members/$ref", {"@odata.id": f"/directoryObjects/{made['id']}"})
    assert admin.ask("DELETE", "/users/BO@contoso.onmicrosoft.com").status_code == 204
    assert admin.get(f"/groups/{group}/members")["value"] == []
    assert admin.refused("GET", f"/users/{made['id']}")[:2] == (404, "Request_ResourceNotFound")


def test_an_application_its_service_principal_and_its_credentials(admin: Caller) -> None:
    application = admin.post("/applications", {"displayName": "pipeline", "keyCredentials": []})
    principal = admin.post("/servicePrincipals", {"appId": application["appId"]})
    assert principal["servicePrincipalNames"] == [application["appId"]]
    assert admin.refused("POST", "/servicePrincipals", {"appId": application["appId"]})[0] == 409
    assert admin.refused("POST", "/servicePrincipals", {"appId": NOBODY})[1] == "NoBackingApplicationObject"

    path = f"/applications/{application['id']}/federatedIdentityCredentials"
    credential = {
        "name": "main", "issuer": "https://issuer", "subject": "me", "audiences": ["api://AzureADTokenExchange"],
    }  # fmt: skip
    made = admin.post(path, credential)
    assert admin.get(path)["value"] == [made]
    assert admin.refused("POST", path, credential)[0] == 409
    assert admin.refused("POST", path, credential | {"name": "other"})[0] == 409
    assert admin.ask("DELETE", f"{path}/main").status_code == 204

    admin.ask("PATCH", f"/applications/{application['id']}", {"displayName": "renamed"})
    assert admin.get(f"/applications/{application['id']}")["displayName"] == "renamed"
    admin.ask("DELETE", f"/applications/{application['id']}")
    assert admin.refused("GET", f"/servicePrincipals/{principal['id']}")[0] == 404


def test_objects_of_any_kind_by_id(admin: Caller) -> None:
    group = admin.post("/groups", GROUP)["id"]
    asked = {"ids": [group, admin.id, NOBODY], "types": ["user", "group", "servicePrincipal"]}
    found = admin.post("/directoryObjects/getByIds", asked)["value"]
    assert [item["@odata.type"] for item in found] == ["#microsoft.graph.group", "#microsoft.graph.servicePrincipal"]
    assert found[1]["servicePrincipalNames"]


def test_the_organisation_needs_one_of_three_roles(caller: Callable[..., Caller]) -> None:
    for role in ("Organization.Read.All", "Directory.Read.All", "User.Read.All"):
        assert caller(role).get("/organization")["value"][0]["displayName"] == TENANT_NAME
    assert (
        caller("Group.ReadWrite.All").refused("GET", f"/organization/{TENANT_ID}")[1] == "Authorization_RequestDenied"
    )


def test_readers_do_not_write(caller: Callable[..., Caller]) -> None:
    reader = caller("Directory.Read.All")
    assert reader.get("/groups")["value"] == []
    denied = (403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
    for collection in ("groups", "users", "applications", "servicePrincipals"):
        assert reader.refused("POST", f"/{collection}", {}) == denied
        assert caller().refused("GET", f"/{collection}") == denied


def test_what_graph_does_not_know(admin: Caller) -> None:
    assert admin.refused("GET", "/me")[2] == "/me request is only valid with delegated authentication flow."
    assert admin.refused("GET", "/teams") == (400, "BadRequest", "Resource not found for the segment 'teams'.")
    assert admin.refused("GET", "/groups", orderby="id")[1] == "Request_BadRequest"
    assert admin.refused("GET", "/groups", select="colour")[1] == "BadRequest"
