"""A wiring in which every link holds, as `kubectl get -o json` and az show it, to be broken one wire at a time."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

from tools.chain import Seen, Wanted, walk
from tools.links import Link

ISSUER = "https://norwayeast.oic.prod-aks.azure.com/tenant/cluster/"
TENANT, CLIENT, OTHER_CLIENT, PRINCIPAL = "tenant", "client-of-backend", "client-of-other", "principal-of-backend"
AUDIENCE = "api://AzureADTokenExchange"
USE, CLIENT_ID = "azure.workload.identity/use", "azure.workload.identity/client-id"

WANTED = Wanted("workload/backend", "backend", "id-backend", "inv workload", "inv workload-credential")
IN_ISSUERS = replace(WANTED, named_in="issuers")

LINKS = (
    "pod",
    "service account",
    "client id",
    "label on the template",
    "label on the pod",
    "environment and token",
    "token's audience",
    "federated credential",
)


def deployment() -> dict[str, Any]:
    labels = {"app": "backend", USE: "true"}
    return {
        "kind": "Deployment",
        "metadata": {"name": "backend", "namespace": "workload", "labels": {"app": "backend"}},
        "spec": {"selector": {"matchLabels": {"app": "backend"}}, "template": {"metadata": {"labels": labels}}},
    }


def pod(name: str = "backend-1") -> dict[str, Any]:
    environment = {
        "AZURE_CLIENT_ID": CLIENT,
        "AZURE_TENANT_ID": TENANT,
        "AZURE_FEDERATED_TOKEN_FILE": "/var/run/secrets/azure/tokens/azure-identity-token",
        "AZURE_AUTHORITY_HOST": "https://login.microsoftonline.com/",
    }
    token = {"audience": AUDIENCE, "expirationSeconds": 3600, "path": "azure-identity-token"}
    return {
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "workload", "labels": {"app": "backend", USE: "true"}},
        "spec": {
            "serviceAccountName": "backend",
            "containers": [{"name": "backend", "env": [{"name": k, "value": v} for k, v in environment.items()]}],
            "volumes": [{"name": "azure-identity-token", "projected": {"sources": [{"serviceAccountToken": token}]}}],
        },
        "status": {"phase": "Running", "containerStatuses": [{"state": {"running": {}}}]},
    }


def account() -> dict[str, Any]:
    annotations = {CLIENT_ID: CLIENT}
    return {
        "kind": "ServiceAccount",
        "metadata": {"name": "backend", "namespace": "workload", "annotations": annotations},
    }


def credential(**other: Any) -> dict[str, Any]:
    subject = "system:serviceaccount:workload:backend"
    stored = {"name": "fic-workload-backend", "issuer": ISSUER, "subject": subject, "audiences": [AUDIENCE]}
    return stored | other


def issuer(client: str | None = CLIENT, name: str = "letsencrypt-staging") -> dict[str, Any]:
    azure = {"hostedZoneName": "lab.contoso.com"} | ({"managedIdentity": {"clientID": client}} if client else {})
    return {
        "kind": "ClusterIssuer",
        "metadata": {"name": name},
        "spec": {"acme": {"solvers": [{"http01": {}}, {"dns01": {"azureDNS": azure}}]}},
    }


def seen(*objects: dict[str, Any], **other: Any) -> Seen:
    """All that holds; other objects or facts where given."""
    facts: dict[str, Any] = {
        "tenant": TENANT,
        "issuer": ISSUER,
        "objects": copy.deepcopy(list(objects)) or [deployment(), pod(), account()],
        "identities": {
            "id-backend": {"clientId": CLIENT, "principalId": PRINCIPAL},
            "id-other": {"clientId": OTHER_CLIENT, "principalId": "another"},
        },
        "credentials": [credential()],
        "issuers": [issuer()],
    }
    return Seen(**facts | other)


def changed(document: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """The document with another value at a path such as "spec.volumes"; None takes it away."""
    made = copy.deepcopy(document)
    *way, last = path.split(".")
    place = made
    for name in way:
        place = place[name]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return made


def links(facts: Seen, wanted: Wanted = WANTED) -> dict[str, Link]:
    return {link.name: link for link in walk(wanted, facts)}


def words(facts: Seen, wanted: Wanted = WANTED) -> dict[str, str]:
    """The links that do not hold, by name."""
    return {name: link.word for name, link in links(facts, wanted).items() if link.word != "held"}
