"""What a fresh AKS cluster holds before anybody has put anything into it."""

import copy
from typing import Any

from sandbox.kube.admission import defaults, services
from sandbox.kube.bootstrap import addons, nodes, roles
from sandbox.kube.kinds import builtin
from sandbox.kube.objects import Objects
from sandbox.store import Document

NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")


def furnish(objects: Objects, record: Document) -> None:
    """Bring a cluster's own objects about, or up to date with its record (see ``cluster.py``). What is there and has
    been changed by a user is left alone; nodes, the admin groups and the add-ons follow the record."""
    for name in NAMESPACES:
        _present(objects, "namespaces", {"metadata": {"name": name}})
    nodes.align(objects, record)
    for resource, document in [*roles.objects(), *addons.objects()]:
        _present(objects, resource, document)
    _admins(objects, (record["properties"].get("aadProfile") or {}).get("adminGroupObjectIDs") or [])
    security = record["properties"].get("securityProfile") or {}
    wanted = bool((security.get("workloadIdentity") or {}).get("enabled"))
    for resource, document in addons.workload_identity():
        if wanted:
            _present(objects, resource, document)
        else:
            _absent(objects, resource, document)


def keep_api_service(objects: Objects) -> None:
    """Make the service ``kubernetes`` anew where somebody has deleted it (``kubectl delete all --all`` does)."""
    _present(objects, "services", addons.API_SERVICE)


def _typed(resource: str, document: Document) -> Document:
    kind = builtin(resource)
    assert kind is not None
    return {"apiVersion": kind.api_version, "kind": kind.kind, **copy.deepcopy(document)}


def _present(objects: Objects, resource: str, document: Document) -> None:
    metadata = document["metadata"]
    if objects.find(resource, metadata.get("namespace", ""), metadata["name"]) is None:
        document = _typed(resource, document)
        defaults.fill(resource, document)
        if resource == "services":
            services.allocate(objects, document, None)
        objects.create(resource, document)


def _absent(objects: Objects, resource: str, document: Document) -> None:
    metadata = document["metadata"]
    if objects.find(resource, metadata.get("namespace", ""), metadata["name"]) is not None:
        objects.delete(resource, metadata.get("namespace", ""), metadata["name"])


def _admins(objects: Objects, groups: list[str]) -> None:
    """The binding that makes the Entra groups of ``adminGroupObjectIDs`` cluster admins."""
    resource, name = "rbac.authorization.k8s.io/clusterrolebindings", "aks-cluster-admin-binding-aad"
    subjects: list[Any] = [
        {"kind": "Group", "name": group, "apiGroup": "rbac.authorization.k8s.io"} for group in groups
    ]
    binding = roles.binding(name, "cluster-admin", subjects)
    if not groups:
        _absent(objects, resource, binding)
    elif objects.find(resource, "", name) is None:
        _present(objects, resource, binding)
    else:
        objects.edit(resource, "", name, lambda document: document.update(subjects=subjects))
