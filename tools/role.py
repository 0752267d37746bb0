"""Role assignments: who may do what, where."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from engine.goal import Change, Differs, Goal, Holds, Missing, Question, State
from tools import az

Assignment = dict[str, Any]


def at(scope: str, subscription: UUID) -> Question:
    """The assignments made at this very scope, not above it."""
    words = ("role", "assignment", "list", "--scope", scope, "--fill-principal-name", "false")

    def there(assignments: list[Assignment]) -> list[Assignment]:
        return [one for one in assignments if one["scope"].lower() == scope.lower()]

    question = az.question(az.az(*words, subscription=subscription), topic=f"role{scope.lower()}")
    return replace(question, whole=everywhere(subscription), part=there)


def everywhere(subscription: UUID) -> Question:
    """All assignments in the subscription. With each list, of one scope or of all, az also asks for all role
    definitions, which are the larger part of it."""
    words = ("role", "assignment", "list", "--all", "--fill-principal-name", "false")
    return az.question(az.az(*words, subscription=subscription), topic="role")


def assigned(role: str, principal_id: str, whom: str, scope: str, subscription: UUID) -> Goal:
    """``whom`` (its object id is ``principal_id``) holds ``role`` at ``scope``.

    The principal's type is said, so that az asks Graph nothing and Azure waits for a new principal to replicate."""
    place = scope.rsplit("/", 1)[-1]

    def judge(assignments: list[Assignment]) -> State:
        held = any(a["principalId"] == principal_id and a["roleDefinitionName"] == role for a in assignments)
        return Holds() if held else Missing(f"{role} for {whom} on {place}")

    create = az.az(
        "role", "assignment", "create", "--role", role, "--scope", scope,
        "--assignee-object-id", principal_id, "--assignee-principal-type", "ServicePrincipal",
        subscription=subscription,
    )  # fmt: skip
    return Goal(f"{whom} is {role} on {place}", asks=(at(scope, subscription),), judge=judge, acts=(create,))


def removed(assignment: Assignment, whom: str, subscription: UUID) -> Goal:
    """This assignment, as ``at`` listed it, is gone."""
    scope = assignment["scope"]

    def judge(assignments: list[Assignment]) -> State:
        there = any(a["id"] == assignment["id"] for a in assignments)
        return Differs((Change("remove", f"{assignment['roleDefinitionName']} for {whom}"),)) if there else Holds()

    delete = az.az("role", "assignment", "delete", "--ids", assignment["id"], subscription=subscription)
    name = f"{whom} is no longer {assignment['roleDefinitionName']} on {scope.rsplit('/', 1)[-1]}"
    return Goal(name, asks=(at(scope, subscription),), judge=judge, acts=(delete,))
