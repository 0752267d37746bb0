"""What-if: which resources a deployment would create, change or leave alone."""

import uuid
from typing import TYPE_CHECKING, Any

from sandbox.arm import types
from sandbox.deployments.body import Request
from sandbox.deployments.differences import completed, delta
from sandbox.deployments.rehearsal import Foreseen, Rehearsal
from sandbox.deployments.residents import residents
from sandbox.deployments.scope import Scope
from sandbox.store import Document

if TYPE_CHECKING:
    from sandbox.entra.principals import Principal
    from sandbox.world import World


def what_if(world: "World", principal: "Principal", scope: Scope, name: str, request: Request) -> dict[str, Any]:
    """The answer of ``whatIf``. Raises the AzureError that stands against the deployment."""
    rehearsal = Rehearsal(world, principal)
    rehearsal.play(scope, name, request)
    full = request.result_format != "ResourceIdOnly"
    changes = [_change(foreseen, full) for foreseen in rehearsal.foreseen]
    changes += _others(world, rehearsal, scope, request.mode, full)
    return {
        "status": "Succeeded",
        "properties": {
            "correlationId": str(uuid.uuid4()),
            "changes": changes,
            "potentialChanges": [],
            "diagnostics": [],
        },
    }


def _change(foreseen: Foreseen, full: bool) -> dict[str, Any]:
    planned = foreseen.planned
    change: dict[str, Any] = {"resourceId": planned.id.text, "deploymentId": foreseen.deployment.text}
    if planned.declaration.symbol:
        change["symbolicName"] = planned.declaration.symbol
    if foreseen.undecided or foreseen.after is None:
        reason = (
            f"Changes to the resource declared at '{planned.id.text}' on deployment '{foreseen.deployment.name}' "
            f"cannot be analyzed because '{foreseen.undecided}' cannot be evaluated before the deployment runs."
        )
        return change | {"changeType": "Unsupported", "unsupportedReason": reason}
    after = _public(foreseen.after)
    if foreseen.before is None:
        identity = {key: after[key] for key in ("id", "name", "type")}
        states = _states(None, identity | foreseen.content, planned.api_version)
        return change | {"changeType": "Create"} | (states if full else {})
    if not full:
        return change | {"changeType": "Deploy"}
    before = _public(foreseen.before)
    after = completed(before, after)
    differences = delta(before, after)
    states = _states(before, after, planned.api_version)
    if not differences:
        return change | {"changeType": "NoChange"} | states
    return change | {"changeType": "Modify"} | states | {"delta": differences}


def _others(world: "World", rehearsal: Rehearsal, scope: Scope, mode: str, full: bool) -> list[dict[str, Any]]:
    """What stands in the groups deployed to and is not of the template: left alone, or deleted in Complete mode."""
    planned = {foreseen.planned.id.key for foreseen in rehearsal.foreseen}
    changes = []
    for touched in rehearsal.touched.values():
        for document in residents(world, touched):
            kind = types.find(document["type"])
            if document["id"].lower() in planned or kind is None or not kind.tracked:
                continue
            deleted = mode == "Complete" and touched == scope
            change = {"resourceId": document["id"], "changeType": "Delete" if deleted else "Ignore"}
            state = _public(document)
            version = max(kind.api_versions, default="")
            changes.append(change | (_states(state, None if deleted else state, version) if full else {}))
    return changes


def _public(document: Document) -> Document:
    return {key: value for key, value in document.items() if not key.startswith("_")}


def _states(before: Document | None, after: Document | None, api_version: str) -> dict[str, Any]:
    """``before`` and ``after`` with the api-version that they are written in."""
    states = {"before": before, "after": after}
    return {name: state and {"apiVersion": api_version, **state} for name, state in states.items()}
