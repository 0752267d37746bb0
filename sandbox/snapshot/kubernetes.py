"""The clusters' side of a snapshot: objects as they are wanted and whether they stand, helm's releases."""

import base64
import gzip
import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sandbox.kube import cluster
from sandbox.store import Document

if TYPE_CHECKING:
    from sandbox.world import World

_RELEASE = "helm.sh/release.v1"
#: What controllers make of other objects, and what only tells what happened.
_DERIVED = {
    "events", "endpoints", "discovery.k8s.io/endpointslices", "coordination.k8s.io/leases", "pods",
    "apps/replicasets", "apps/controllerrevisions", "cert-manager.io/certificaterequests",
    "acme.cert-manager.io/orders", "acme.cert-manager.io/challenges",
}  # fmt: skip
#: Fields of any depth that are given out, not asked for.
_GIVEN = {"nodeName", "clusterIP", "clusterIPs", "nodePort", "healthCheckNodePort", "caBundle", "nodeInfo", "addresses"}
_PASSING_MARKS = {"deployment.kubernetes.io/revision", "kubectl.kubernetes.io/restartedAt", "pod-template-hash"}
#: The parts of a status that tell how things stand; the rest tells when and why.
_STANDING = ("phase", "loadBalancer", "replicas", "readyReplicas", "availableReplicas", "unavailableReplicas")
_TOKEN_VOLUME = re.compile(r"\bkube-api-access-[a-z0-9]{5}\b")


def objects(world: "World") -> dict[str, Any]:
    """Every object that somebody wanted, by cluster, resource, namespace and name."""
    return {f"{uid}/{key}": _object(document) for uid, key, document in _wanted(world)}


def pods(world: "World") -> dict[str, Any]:
    """What runs, by whose pods they are: how many are ready, and their specification."""
    found: dict[str, Any] = {}
    for record in _clusters(world):
        stored = cluster.objects(world, record["uid"])
        for pod in stored.list("pods"):
            if "deletionTimestamp" in pod["metadata"]:
                continue
            owner = next((one["name"] for one in pod["metadata"].get("ownerReferences") or []), pod["metadata"]["name"])
            whose = f"{record['uid']}/{pod['metadata']['namespace']}/{re.sub('-[a-z0-9]{10}$', '', owner)}"
            conditions = (pod.get("status") or {}).get("conditions") or []
            ready = any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
            one = _object({"metadata": pod["metadata"], "spec": pod["spec"]})
            entry = found.setdefault(whose, {"ready": 0, "not ready": 0, "as": []})
            entry["ready" if ready else "not ready"] += 1
            if one not in entry["as"]:
                entry["as"].append(one)
    return found


def releases(world: "World") -> dict[str, Any]:
    """helm's releases: chart, values and state of the newest revision, and older ones that are not over."""
    found: dict[str, Any] = {}
    for record in _clusters(world):
        revisions: dict[str, list[Document]] = {}
        for secret in cluster.objects(world, record["uid"]).list("secrets"):
            if secret.get("type") == _RELEASE:
                release = json.loads(gzip.decompress(base64.b64decode(base64.b64decode(secret["data"]["release"]))))
                revisions.setdefault(f"{record['uid']}/{release['namespace']}/{release['name']}", []).append(release)
        for name, all_ in revisions.items():
            *older, newest = sorted(all_, key=lambda one: one["version"])
            states = {one["info"]["status"] for one in older} - {"superseded", "failed"}
            metadata = newest["chart"]["metadata"]
            found[name] = {
                "chart": f"{metadata['name']}-{metadata['version']}", "status": newest["info"]["status"],
                "values": newest.get("config") or {}, "manifest": newest["manifest"], "unfinished": sorted(states),
            }  # fmt: skip
    return found


def _clusters(world: "World") -> list[Document]:
    return list(world.store.table("kube-clusters").values())


def _wanted(world: "World") -> Iterator[tuple[str, str, Document]]:
    for record in _clusters(world):
        for key, document in world.store.table(f"kube/{record['uid']}").items():
            resource = key.rpartition("/")[0].rpartition("/")[0]
            if resource not in _DERIVED and document.get("type") != _RELEASE:
                yield record["uid"], key, document


def _object(document: Document) -> Document:
    metadata, status = document["metadata"], document.get("status") or {}
    found = {key: _lasting(one) for key, one in document.items() if key not in ("metadata", "status")}
    for key in ("labels", "annotations", "finalizers"):
        if kept := _lasting(metadata.get(key)):
            found[key] = kept
    if "deletionTimestamp" in metadata:
        found["being deleted"] = True
    if document.get("kind") == "Secret":
        found["data"] = {key: base64.b64decode(one).decode(errors="replace") for key, one in document["data"].items()}
    standing = {key: _lasting(status[key]) for key in _STANDING if key in status}
    if status.get("conditions"):
        standing["conditions"] = {one["type"]: one["status"] for one in status["conditions"]}
    return found | ({"status": standing} if standing else {})


def _lasting(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _lasting(one) for key, one in value.items() if key not in _GIVEN | _PASSING_MARKS}
    if isinstance(value, list):
        return [_lasting(one) for one in value]
    return _TOKEN_VOLUME.sub("kube-api-access-*", value) if isinstance(value, str) else value
