"""Service accounts: the one that every namespace has, and the token that a pod gets of its own."""

from sandbox.controllers.controller import Cluster
from sandbox.kube.errors import forbidden
from sandbox.kube.objects import suffix
from sandbox.store import Document

#: Where a container finds the token for the cluster's own API.
MOUNT_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"


def attach(cluster: Cluster, pod: Document) -> Document:
    """Give a new pod its service account and that account's token, in place. Returns the account.
    Raises ApiError 403 if there is no such account."""
    spec, metadata = pod["spec"], pod["metadata"]
    name = spec.get("serviceAccountName") or spec.get("serviceAccount") or "default"
    namespace = metadata["namespace"]
    account = cluster.objects.find("serviceaccounts", namespace, name)
    if account is None:
        shown = metadata.get("name") or metadata.get("generateName", "")
        why = f'error looking up service account {namespace}/{name}: serviceaccount "{name}" not found'
        raise forbidden("pods", shown, why)
    spec["serviceAccountName"] = spec["serviceAccount"] = name
    if account.get("imagePullSecrets") and not spec.get("imagePullSecrets"):
        spec["imagePullSecrets"] = account["imagePullSecrets"]
    if spec.get("automountServiceAccountToken", account.get("automountServiceAccountToken", True)) is not False:
        _mount(spec)
    return account


def _mount(spec: Document) -> None:
    containers = [*spec.get("initContainers", []), *spec["containers"]]
    lacking = [one for one in containers if all(m["mountPath"] != MOUNT_PATH for m in one.get("volumeMounts") or [])]
    if not lacking:
        return
    volume = f"kube-api-access-{suffix()}"
    for container in lacking:
        mount = {"name": volume, "mountPath": MOUNT_PATH, "readOnly": True}
        container["volumeMounts"] = [*(container.get("volumeMounts") or []), mount]
    namespace = {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}
    authority = {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}
    sources = [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": authority},
        {"downwardAPI": {"items": [namespace]}},
    ]
    projected = {"sources": sources, "defaultMode": 420}
    spec["volumes"] = [*(spec.get("volumes") or []), {"name": volume, "projected": projected}]
