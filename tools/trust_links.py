"""The links in Azure: the cluster as issuer, the federated credential that trusts it, and what the identity may do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.errors import Absent
from tools.identity import AUDIENCE
from tools.links import Chain, Link, Unknown, blocked, failed, held

if TYPE_CHECKING:
    from tools.chain import Seen, Wanted

Object = Mapping[str, Any]

#: What Entra answers when issuer, subject or audience of a token is in no credential.
CODES = {"issuer": "AADSTS700211", "subject": "AADSTS700213", "audience": "AADSTS700212"}


def cluster(shown: Any, issuer: Any, mend: str) -> Chain:
    """The links that all chains share: the webhook is there, and tokens are signed under the issuer that Azure shows.

    shown   the cluster as `az aks show` has it
    issuer  what the API server calls itself
    """
    names = ("webhook", "issuer")
    if isinstance(shown, Unknown | Absent):
        return Chain("the cluster", tuple(blocked(name, str(shown)) for name in names))
    enabled = ((shown.get("securityProfile") or {}).get("workloadIdentity") or {}).get("enabled")
    on = held(names[0], "workload identity is on") if enabled else failed(names[0], "off", "workload identity on", mend)
    told = (shown.get("oidcIssuerProfile") or {}).get("issuerUrl")
    if not told:
        return Chain("the cluster", (on, failed(names[1], "none", "an OIDC issuer", mend)))
    if isinstance(issuer, Unknown | Absent):
        return Chain("the cluster", (on, blocked(names[1], str(issuer))))
    return Chain("the cluster", (on, held(names[1], told) if issuer == told else failed(names[1], issuer, told, mend)))


def credential(name: str, wanted: Wanted, seen: Seen) -> Link:
    """A federated credential of the identity has the token's issuer, subject and audience, all three to the letter."""
    for fact in (seen.credentials, seen.issuer):
        if isinstance(fact, Unknown | Absent):
            return blocked(name, str(fact))
    token = {"issuer": seen.issuer, "subject": wanted.subject, "audience": AUDIENCE}
    if not seen.credentials:
        return failed(name, f"none for {wanted.identity}", f"one for {wanted.subject}", wanted.credential)
    ours = f"fic-{wanted.namespace}-{wanted.name}"
    # Of two that are as near the one with the lab's name: somebody has put another in its place.
    nearest = min(seen.credentials, key=lambda one: (len(_differences(token, one)), one["name"] != ours))
    different = _differences(token, nearest)
    if not different:
        return held(name, nearest["name"])
    key = different[0]
    stored = ", ".join(nearest["audiences"]) if key == "audience" else nearest[key]
    note = f"nearest of {len(seen.credentials)}: {nearest['name']}; Entra says {CODES[key]}"
    if token[key].rstrip("/") == stored.rstrip("/"):
        note += "; only the slash at the end is missing or too many"
    elif token[key].lower() == stored.lower():
        note += "; only capitals differ"
    elif nearest["name"] == ours and "subject" in different:
        note += "; another credential was put under its name"
    if len(different) > 1:
        note += f"; {' and '.join(different[1:])} {'differs' if len(different) == 2 else 'differ'} too"
    return failed(name, f"{key} {token[key]}", f"{key} {stored}", wanted.credential, note=note)


def _differences(token: Mapping[str, str], credential: Object) -> list[str]:
    """In which of issuer, subject and audience a credential is another than the token."""
    same = {
        "issuer": credential["issuer"] == token["issuer"],
        "subject": credential["subject"] == token["subject"],
        "audience": token["audience"] in credential["audiences"],
    }
    return [key for key, equal in same.items() if not equal]


def role(assignments: Any, wanted: str, principal: str | None, place: str, mend: str) -> Link:
    """The identity holds an Azure role at a scope. `assignments`: those at the scope; `principal`: the object id."""
    name = f"role on {place}"
    if isinstance(assignments, Unknown | Absent) or principal is None:
        return blocked(name, "there is no identity" if principal is None else str(assignments))
    roles = sorted({one["roleDefinitionName"] for one in assignments if one["principalId"] == principal})
    return held(name, wanted) if wanted in roles else failed(name, ", ".join(roles) or "none", wanted, mend)


def app_role(assignments: Any, wanted: str, graph: Any, principal: str | None, mend: str) -> Link:
    """The identity holds an app role of Microsoft Graph. `graph`: its service principal, which offers the roles."""
    name = "app role of Graph"
    if principal is None:
        return blocked(name, "there is no identity")
    if isinstance(graph, Unknown | Absent) or isinstance(assignments, Unknown):
        return blocked(name, str(graph if isinstance(graph, Unknown | Absent) else assignments))
    names = {offered["id"]: offered["value"] for offered in graph["appRoles"]}
    given = [] if isinstance(assignments, Absent) else assignments
    roles = sorted(names.get(one["appRoleId"], one["appRoleId"]) for one in given)
    return held(name, wanted) if wanted in roles else failed(name, ", ".join(roles) or "none", wanted, mend)
