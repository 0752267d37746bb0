"""The links inside the cluster: the pod, its service account, the client id, the label, what the webhook injected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.errors import Absent
from tools.identity import AUDIENCE
from tools.links import Link, Unknown, blocked, failed, held

if TYPE_CHECKING:
    from tools.chain import Seen, Wanted

Object = Mapping[str, Any]

USE = "azure.workload.identity/use"
CLIENT_ID = "azure.workload.identity/client-id"
SKIPPED = "azure.workload.identity/skip-containers"

#: What the webhook injects besides AZURE_CLIENT_ID.
VARIABLES = ("AZURE_TENANT_ID", "AZURE_FEDERATED_TOKEN_FILE", "AZURE_AUTHORITY_HOST")

#: The volume of the token, and of nothing else.
VOLUME = "azure-identity-token"


def runs(name: str, wanted: Wanted, seen: Seen) -> Link:
    """The deployment has pods, and their containers run."""
    if not isinstance(seen.objects, list):
        return blocked(name, str(seen.objects))
    expected = f"a running pod of deployment {wanted.deployment}"
    deployment = deployment_of(wanted, seen)
    if deployment is None:
        return failed(name, f"no deployment {wanted.deployment} in {wanted.namespace}", expected, wanted.pods)
    found = pods_of(wanted, seen)
    if not found:
        conditions = deployment.get("status", {}).get("conditions", [])
        why = next((c.get("message", "") for c in conditions if c["type"] == "ReplicaFailure"), "")
        return failed(name, "no pod", expected, wanted.pods, note=why)
    for pod in found:
        if why := halted(pod):
            return failed(name, f"{pod['metadata']['name']}: {why}", expected, wanted.pods)
    return held(name, ", ".join(pod["metadata"]["name"] for pod in found))


def account(name: str, wanted: Wanted, seen: Seen) -> Link:
    """The pods run under the service account that the credential is for."""
    for pod in pods_of(wanted, seen):
        used = pod["spec"].get("serviceAccountName", "default")
        if used != wanted.name:
            return failed(name, used, wanted.name, wanted.pods)
    if _account(wanted, seen) is None:
        return failed(name, f"no service account {wanted.account}", wanted.account, wanted.pods)
    return held(name, wanted.account)


def client_id(name: str, wanted: Wanted, seen: Seen) -> Link:
    """The client id of the identity is where the program, or the webhook, reads it."""
    if isinstance(seen.identities, Unknown | Absent):
        return blocked(name, str(seen.identities))
    if wanted.identity not in seen.identities:
        return failed(name, f"no identity {wanted.identity}", wanted.identity, wanted.pods)
    expected = seen.identities[wanted.identity]["clientId"]
    if wanted.named_in == "issuers":
        return _in_issuers(name, expected, wanted, seen)
    if not isinstance(seen.objects, list):
        return blocked(name, str(seen.objects))
    found = _account(wanted, seen)
    if found is None:
        return blocked(name, f"there is no service account {wanted.account}")
    presented = (found["metadata"].get("annotations") or {}).get(CLIENT_ID)
    if presented == expected:
        return held(name, f"{expected}, {wanted.identity}")
    return failed(
        name, presented or f"no annotation {CLIENT_ID}", expected, wanted.pods, note=_whose(presented, seen.identities)
    )


def template_label(name: str, wanted: Wanted, seen: Seen) -> Link:
    """The pod template asks for the identity. The webhook looks at no other label."""
    if not isinstance(seen.objects, list):
        return blocked(name, str(seen.objects))
    deployment = deployment_of(wanted, seen)
    if deployment is None:
        return blocked(name, f"there is no deployment {wanted.deployment}")
    labels = deployment["spec"]["template"].get("metadata", {}).get("labels") or {}
    if labels.get(USE) == "true":
        return held(name, f"{USE}=true")
    places = [("the deployment itself", deployment), ("the service account", _account(wanted, seen))]
    places += [("a pod, where it comes too late", pod) for pod in pods_of(wanted, seen)]
    for place, found in places:
        if found and USE in (found["metadata"].get("labels") or {}):
            note = f"it stands on {place}"
            break
    else:
        note = ""
    return failed(name, f"{USE}={labels[USE]}" if USE in labels else "none", f"{USE}=true", wanted.pods, note=note)


def pod_label(name: str, wanted: Wanted, seen: Seen) -> Link:
    """The running pods have it too: they were made from the template as it is now."""
    for pod in pods_of(wanted, seen):
        label = (pod["metadata"].get("labels") or {}).get(USE)
        if label != "true":
            presented = f"{pod['metadata']['name']}: {f'{USE}={label}' if label else 'none'}"
            return failed(name, presented, f"{USE}=true", wanted.restart)
    return held(name)


def injected(name: str, wanted: Wanted, seen: Seen) -> Link:
    """The webhook gave the pods the identity's environment and the token, when they were created."""
    if isinstance(seen.identities, Unknown | Absent) or wanted.identity not in seen.identities:
        return blocked(name, f"there is no identity {wanted.identity}")
    expected = {"AZURE_TENANT_ID": seen.tenant}
    if wanted.named_in == "annotation":
        expected["AZURE_CLIENT_ID"] = seen.identities[wanted.identity]["clientId"]
    for pod in pods_of(wanted, seen):
        if found := lacking(pod, expected):
            presented, needed, why = found
            return failed(name, f"{pod['metadata']['name']}: {presented}", needed, wanted.restart, note=why)
    return held(name, "AZURE_CLIENT_ID and others, azure-identity-token")


def lacking(pod: Object, expected: Mapping[str, str]) -> tuple[str, str, str] | None:
    """What a pod has instead of what the webhook injects, what that is, and why it may be so; None where all is there.

    `expected`: the variables whose value is known."""
    skipped = (pod["metadata"].get("annotations") or {}).get(SKIPPED, "").replace(" ", "").split(";")
    containers = [one for one in pod["spec"]["containers"] if one["name"] not in skipped]
    variables = [{one["name"]: one.get("value", "") for one in box.get("env") or []} for box in containers]
    missing = [key for key in VARIABLES if not all(env.get(key) for env in variables)]
    if _volume(pod) is None:
        missing.append(f"volume {VOLUME}")
    if missing:
        why = "the pod is older than its label, or the webhook did not answer when it was created"
        return f"no {', '.join(missing)}", f"AZURE_CLIENT_ID, {', '.join(VARIABLES)}, volume {VOLUME}", why
    for key, value in expected.items():
        other = next((env.get(key, "") for env in variables if env.get(key) != value), None)
        if other is not None:
            why = "the pod is older than the annotation of its service account as it is now"
            return f"{key}={other or '(empty)'}", f"{key}={value}", why
    return None


def audience(name: str, wanted: Wanted, seen: Seen) -> Link:
    """The token in the pod is made for Entra."""
    for pod in pods_of(wanted, seen):
        for source in (_volume(pod) or {}).get("projected", {}).get("sources", []):
            made_for = source.get("serviceAccountToken", {}).get("audience", AUDIENCE)
            if made_for != AUDIENCE:
                return failed(name, made_for, AUDIENCE, wanted.restart)
    return held(name, AUDIENCE)


def deployment_of(wanted: Wanted, seen: Seen) -> Object | None:
    return _named("Deployment", wanted.deployment, seen)


def pods_of(wanted: Wanted, seen: Seen) -> list[Object]:
    return pods(wanted.deployment, seen.objects if isinstance(seen.objects, list) else [])


def pods(deployment: str, objects: Sequence[Object]) -> list[Object]:
    """A deployment's pods by its selector, without those that are going or have ended."""
    named = (one for one in objects if one["kind"] == "Deployment" and one["metadata"]["name"] == deployment)
    selector = next((one["spec"]["selector"].get("matchLabels") or {} for one in named), {})
    return [
        one
        for one in objects
        if selector
        and one["kind"] == "Pod"
        and "deletionTimestamp" not in one["metadata"]
        and one.get("status", {}).get("phase") not in ("Succeeded", "Failed")
        and selector.items() <= (one["metadata"].get("labels") or {}).items()
    ]


def _account(wanted: Wanted, seen: Seen) -> Object | None:
    return _named("ServiceAccount", wanted.name, seen)


def _named(kind: str, name: str, seen: Seen) -> Object | None:
    objects = seen.objects if isinstance(seen.objects, list) else []
    return next((one for one in objects if one["kind"] == kind and one["metadata"]["name"] == name), None)


def halted(pod: Object) -> str:
    """Why a pod does not run; empty where it does."""
    status = pod.get("status", {})
    for container in (*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())):
        waiting = container.get("state", {}).get("waiting")
        if waiting:
            return f"{waiting.get('reason', 'waiting')} {waiting.get('message', '')}".strip()
    phase = status.get("phase", "Unknown")
    return "" if phase == "Running" else f"{phase} {status.get('message', '')}".strip()


def _volume(pod: Object) -> Object | None:
    return next((one for one in pod["spec"].get("volumes") or [] if one["name"] == VOLUME), None)


def _in_issuers(name: str, expected: str, wanted: Wanted, seen: Seen) -> Link:
    """cert-manager is told the identity in each issuer that proves names through Azure DNS."""
    if isinstance(seen.issuers, Unknown | Absent):
        return blocked(name, str(seen.issuers))
    solvers = [
        (issuer["metadata"]["name"], solver["dns01"]["azureDNS"])
        for issuer in seen.issuers
        for solver in issuer["spec"].get("acme", {}).get("solvers") or []
        if "azureDNS" in solver.get("dns01", {})
    ]
    if not solvers:
        return failed(name, "no issuer that uses Azure DNS", expected, wanted.pods)
    for issuer, settings in solvers:
        presented = (settings.get("managedIdentity") or {}).get("clientID")
        if presented != expected:
            said = f"{issuer}: {presented or 'no managedIdentity.clientID'}"
            return failed(name, said, expected, wanted.pods, note=_whose(presented, seen.identities))
    return held(name, f"{expected}, {wanted.identity}, in {len(solvers)} issuers")


def _whose(client: str | None, identities: Mapping[str, Object]) -> str:
    return next((f"that is {name}" for name, one in identities.items() if client and one["clientId"] == client), "")
