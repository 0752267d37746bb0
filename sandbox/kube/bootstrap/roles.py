"""The roles that every cluster has, and who holds them."""

from collections.abc import Iterator
from typing import Any

from sandbox.store import Document

_GROUP = "rbac.authorization.k8s.io"
_READ = ["get", "list", "watch"]
_WRITE = ["create", "delete", "deletecollection", "patch", "update"]

#: What one may look at with ``view``: API group -> resources.
_VIEWED: dict[str, list[str]] = {
    "": [
        "bindings", "configmaps", "endpoints", "events", "limitranges", "namespaces", "namespaces/status",
        "persistentvolumeclaims", "persistentvolumeclaims/status", "pods", "pods/log", "pods/status",
        "replicationcontrollers", "replicationcontrollers/scale", "replicationcontrollers/status", "resourcequotas",
        "resourcequotas/status", "serviceaccounts", "services", "services/status",
    ],
    "apps": [
        "controllerrevisions", "daemonsets", "daemonsets/status", "deployments", "deployments/scale",
        "deployments/status", "replicasets", "replicasets/scale", "replicasets/status", "statefulsets",
        "statefulsets/scale", "statefulsets/status",
    ],
    "autoscaling": ["horizontalpodautoscalers", "horizontalpodautoscalers/status"],
    "batch": ["cronjobs", "cronjobs/status", "jobs", "jobs/status"],
    "discovery.k8s.io": ["endpointslices"],
    "networking.k8s.io": ["ingresses", "ingresses/status", "networkpolicies"],
    "policy": ["poddisruptionbudgets", "poddisruptionbudgets/status"],
}  # fmt: skip

#: What one may change with ``edit``.
_EDITED: dict[str, list[str]] = {
    "": [
        "configmaps", "events", "persistentvolumeclaims", "pods", "pods/attach", "pods/eviction", "pods/exec",
        "pods/portforward", "pods/proxy", "replicationcontrollers", "replicationcontrollers/scale", "secrets",
        "serviceaccounts", "serviceaccounts/token", "services", "services/proxy",
    ],
    "apps": [
        "daemonsets", "deployments", "deployments/rollback", "deployments/scale", "replicasets", "replicasets/scale",
        "statefulsets", "statefulsets/scale",
    ],
    "autoscaling": ["horizontalpodautoscalers"],
    "batch": ["cronjobs", "jobs"],
    "coordination.k8s.io": ["leases"],
    "networking.k8s.io": ["ingresses", "networkpolicies"],
    "policy": ["poddisruptionbudgets"],
}  # fmt: skip

#: Secrets are read with ``edit`` only.
_SECRETS = {"apiGroups": [""], "resources": ["secrets", "pods/exec", "pods/attach", "pods/portforward"], "verbs": _READ}
_ROLES = [
    {"apiGroups": [_GROUP], "resources": ["rolebindings", "roles"], "verbs": [*_WRITE, *_READ]},
    {"apiGroups": ["authorization.k8s.io"], "resources": ["localsubjectaccessreviews"], "verbs": ["create"]},
]


def _rules(resources: dict[str, list[str]], verbs: list[str]) -> list[Document]:
    return [{"apiGroups": [group], "resources": names, "verbs": verbs} for group, names in resources.items()]


def _role(name: str, rules: list[Any], aggregated_to: str = "") -> tuple[str, Document]:
    labels = {"kubernetes.io/bootstrapping": "rbac-defaults"}
    if aggregated_to:
        labels[f"{_GROUP}/aggregate-to-{aggregated_to}"] = "true"
    return f"{_GROUP}/clusterroles", {"metadata": {"name": name, "labels": labels}, "rules": rules}


def _sum(name: str, parts: list[str]) -> tuple[str, Document]:
    """A role that is made of all roles with certain labels, of a chart's too."""
    selectors = [{"matchLabels": {f"{_GROUP}/aggregate-to-{part}": "true"}} for part in parts]
    resource, role = _role(name, [])
    return resource, role | {"aggregationRule": {"clusterRoleSelectors": selectors}}


def binding(name: str, role: str, subjects: list[Any]) -> Document:
    """A ClusterRoleBinding to a ClusterRole."""
    return {
        "metadata": {"name": name},
        "roleRef": {"apiGroup": _GROUP, "kind": "ClusterRole", "name": role},
        "subjects": subjects,
    }


def _to_group(role: str, group: str) -> tuple[str, Document]:
    subject = {"apiGroup": _GROUP, "kind": "Group", "name": group}
    return f"{_GROUP}/clusterrolebindings", binding(role, role, [subject])


def objects() -> Iterator[tuple[str, Document]]:
    """(resource, object) of the roles and bindings."""
    everything = [
        {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},
        {"nonResourceURLs": ["*"], "verbs": ["*"]},
    ]
    yield _role("cluster-admin", everything)
    yield _sum("admin", ["admin", "edit", "view"])
    yield _sum("edit", ["edit", "view"])
    yield _sum("view", ["view"])
    yield _role("system:aggregate-to-admin", _ROLES, "admin")
    yield _role("system:aggregate-to-edit", [*_rules(_EDITED, _WRITE), _SECRETS], "edit")
    yield _role("system:aggregate-to-view", _rules(_VIEWED, _READ), "view")
    paths = [
        "/api",
        "/api/*",
        "/apis",
        "/apis/*",
        "/healthz",
        "/livez",
        "/openapi",
        "/openapi/*",
        "/readyz",
        "/version",
    ]
    yield _role("system:discovery", [{"nonResourceURLs": paths, "verbs": ["get"]}])
    asked = {"apiGroups": ["authorization.k8s.io"], "verbs": ["create"]}
    asked |= {"resources": ["selfsubjectaccessreviews", "selfsubjectrulesreviews"]}
    yield _role("system:basic-user", [asked])
    yield _to_group("cluster-admin", "system:masters")
    yield _to_group("system:discovery", "system:authenticated")
    yield _to_group("system:basic-user", "system:authenticated")
