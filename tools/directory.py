"""Entra's directory: groups, service principals and app roles, asked and changed through Microsoft Graph."""

import json
from typing import Any

from engine.errors import StepFailed
from engine.goal import Change, Completed, Differs, Goal, Holds, Missing, Question, State
from tools import az

#: Microsoft Graph's own application, the same in every tenant.
GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"


def groups_called(name: str) -> Question:
    """The groups with exactly this display name. `az ad group show --group NAME` would also take a unique prefix."""
    quoted = name.replace("'", "''")
    return az.question(az.az("ad", "group", "list", "--filter", f"displayName eq '{quoted}'"), topic="directory/groups")


def group_exists(name: str, owner: str) -> Goal:
    """There is a security group of this name; one that the lab makes says so in its description."""

    def judge(groups: list[dict[str, Any]]) -> State:
        return Holds() if groups else Missing(f"group {name}")

    nickname = "".join(letter for letter in name if letter.isalnum() or letter in "-_")
    create = az.az(
        "ad",
        "group",
        "create",
        "--display-name",
        name,
        "--mail-nickname",
        nickname,
        "--description",
        made_by(owner),
    )
    return Goal(f"group {name}", asks=(groups_called(name),), judge=judge, acts=(create,))


def group_removed(group: dict[str, Any]) -> Goal:
    """This group is gone."""

    def judge(groups: list[dict[str, Any]]) -> State:
        return Differs((Change("remove", f"group {group['displayName']}"),)) if groups else Holds()

    delete = az.az("ad", "group", "delete", "--group", group["id"])
    return Goal(
        f"no group {group['displayName']}",
        asks=(groups_called(group["displayName"]),),
        judge=judge,
        acts=(delete,),
    )


def made_by(owner: str) -> str:
    """What the description of a group made by the lab called ``owner`` says; `destroy` goes by it."""
    return f"made by {owner}"


def graph_application() -> Question:
    """Microsoft Graph's service principal in this tenant, with the app roles that it offers."""
    return az.question(az.az("ad", "sp", "show", "--id", GRAPH_APP_ID), topic="directory/graph")


def organisation(graph_url: str) -> Question:
    """The tenant's name; absent where the caller may not read it."""
    command = az.az("rest", "--method", "get", "--url", f"{graph_url}/v1.0/organization")
    refused = az.absent_where("Authorization_RequestDenied")

    def read(completed: Completed) -> str:
        return str(refused(completed)["value"][0]["displayName"])

    return Question(command=command, read=read, topic="az/directory/organisation", accepts=frozenset({0, 1}))


def app_roles_of(principal_id: str, graph_url: str) -> Question:
    """The app roles that a service principal holds."""
    url = f"{graph_url}/v1.0/servicePrincipals/{principal_id}/appRoleAssignments"
    command = az.az("rest", "--method", "get", "--url", url)
    gone = az.absent_where("Request_ResourceNotFound")

    def read(completed: Completed) -> list[dict[str, Any]]:
        value: list[dict[str, Any]] = gone(completed)["value"]
        return value

    return Question(command=command, read=read, topic=f"az/directory/{principal_id}", accepts=frozenset({0, 1}))


def app_role_held(role_id: str, role: str, principal_id: str, whom: str, graph_id: str, graph_url: str) -> Goal:
    """``whom`` holds this app role of Microsoft Graph, in the whole tenant."""

    def judge(assignments: list[dict[str, Any]] | Exception) -> State:
        held = isinstance(assignments, list) and any(a["appRoleId"] == role_id for a in assignments)
        return Holds() if held else Missing(f"app role {role} for {whom}")

    body = json.dumps({"principalId": principal_id, "resourceId": graph_id, "appRoleId": role_id})
    url = f"{graph_url}/v1.0/servicePrincipals/{graph_id}/appRoleAssignedTo"
    grant = az.az(
        "rest", "--method", "post", "--url", url, "--headers", "Content-Type=application/json", "--body", body
    )
    ask = app_roles_of(principal_id, graph_url)
    return Goal(f"{whom} may {role} in Graph", asks=(ask,), judge=judge, acts=(grant,))


def app_role_revoked(assignment: dict[str, Any], whom: str, graph_url: str) -> Goal:
    """``whom`` no longer holds this app role."""
    principal_id = assignment["principalId"]

    def judge(assignments: list[dict[str, Any]] | Exception) -> State:
        held = isinstance(assignments, list) and any(a["id"] == assignment["id"] for a in assignments)
        return Differs((Change("remove", f"app role of {whom}"),)) if held else Holds()

    url = f"{graph_url}/v1.0/servicePrincipals/{principal_id}/appRoleAssignments/{assignment['id']}"
    revoke = az.az("rest", "--method", "delete", "--url", url)
    ask = app_roles_of(principal_id, graph_url)
    return Goal(f"{whom} without app role", asks=(ask,), judge=judge, acts=(revoke,))


def role_id(graph: dict[str, Any], role: str) -> str:
    """The id of an app role of Microsoft Graph, looked up by its name ("User.Read.All").

    :raises StepFailed: Graph has no such app role
    """
    for offered in graph["appRoles"]:
        if offered["value"] == role and "Application" in offered["allowedMemberTypes"]:
            return str(offered["id"])
    raise StepFailed(f"workload.graph_role: Microsoft Graph has no app role {role}")


def caller(user: str, kind: str) -> Question:
    """Who runs the lab, as a directory object: a user, or the service principal of a pipeline."""
    if kind == "user":
        return az.question(az.az("ad", "signed-in-user", "show"), topic="directory/caller")
    return az.question(az.az("ad", "sp", "show", "--id", user), topic="directory/caller")


def members(group_id: str) -> Question:
    """The members of a group."""
    return az.question(az.az("ad", "group", "member", "list", "--group", group_id), topic="directory/groups")


def member(group: dict[str, Any], who: dict[str, Any]) -> Goal:
    """``who`` is a member of ``group``."""

    def judge(found: list[dict[str, Any]]) -> State:
        inside = any(one["id"] == who["id"] for one in found)
        return Holds() if inside else Missing(f"{who['displayName']} in {group['displayName']}")

    add = az.az("ad", "group", "member", "add", "--group", group["id"], "--member-id", who["id"])
    name = f"{who['displayName']} is in {group['displayName']}"
    return Goal(name, asks=(members(group["id"]),), judge=judge, acts=(add,))
