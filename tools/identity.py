"""Managed identities and the federated credentials that tie Kubernetes service accounts to them."""

from typing import Any
from uuid import UUID

from engine.errors import Absent
from engine.goal import Differs, Goal, Holds, Missing, Question, State
from tools import az

#: What a service account's token must be made for before Entra takes it.
AUDIENCE = "api://AzureADTokenExchange"


def all_in(group: str, subscription: UUID) -> Question:
    """The identities of a resource group by name. One list instead of a show each: reads of one identity are
    limited to 0.5 a second (Entra, workload identity federation considerations)."""
    command = az.az("identity", "list", "--resource-group", group, subscription=subscription)

    def by_name(completed: Any) -> dict[str, Any]:
        return {identity["name"]: identity for identity in az.answer(completed)}

    return az.question(command, topic=f"identity/{group}", read=by_name)


def principal(name: str, found: dict[str, Any] | Absent) -> str | None:
    """The object id of an identity; None where there is none, as a plan may find."""
    return None if isinstance(found, Absent) or name not in found else str(found[name]["principalId"])


def credentials_of(identity: str, group: str, subscription: UUID) -> Question:
    """The federated credentials of an identity."""
    words = (
        "identity",
        "federated-credential",
        "list",
        "--identity-name",
        identity,
        "--resource-group",
        group,
    )
    return az.question(az.az(*words, subscription=subscription), topic=f"identity/{group}/{identity}/credentials")


def federated(identity: str, group: str, issuer: str, service_account: str, subscription: UUID) -> Goal:
    """Tokens that ``issuer`` signs for ``service_account`` ("namespace/name") are taken for ``identity``.

    The credential's name is made of the service account's, so that two of them never replace each other. Writes to
    one identity are serial: Azure answers concurrent ones with 409. One that says the same under another name will do:
    Azure takes issuer and subject once for each identity."""
    namespace, account = service_account.split("/")
    name, subject = f"fic-{namespace}-{account}", f"system:serviceaccount:{namespace}:{account}"
    wanted = {"issuer": issuer, "subject": subject, "audiences": [AUDIENCE]}

    def judge(credentials: list[dict[str, Any]]) -> State:
        if any(all(c[key] == value for key, value in wanted.items()) for c in credentials):
            return Holds()
        found = next((c for c in credentials if c["name"] == name), None)
        if found is None:
            return Missing(f"credential {name} of {identity}")
        return Differs(tuple(f"{key}: {found[key]} -> {value}" for key, value in wanted.items() if found[key] != value))

    create = az.az(
        "identity", "federated-credential", "create", "--identity-name", identity, "--resource-group", group,
        "--name", name, "--issuer", issuer, "--subject", subject, "--audiences", AUDIENCE, subscription=subscription,
    )  # fmt: skip
    return Goal(
        f"{identity} trusts {service_account}",
        asks=(credentials_of(identity, group, subscription),),
        judge=judge,
        acts=(create,),
        locks=(f"identity:{identity}",),
    )
