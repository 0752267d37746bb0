"""Pods made from a template: named, labelled and owned, admitted as any other pod, and told about in an event."""

import copy
import hashlib
import json

from sandbox.controllers import admission, events, owners
from sandbox.controllers.controller import Cluster
from sandbox.kube.admission import defaults
from sandbox.kube.errors import ApiError
from sandbox.kube.objects import suffix
from sandbox.store import Document

#: The label that tells the pods of one version of a Deployment from those of another.
TEMPLATE_HASH = "pod-template-hash"
#: The same for DaemonSets and StatefulSets.
REVISION_HASH = "controller-revision-hash"

_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"


def fingerprint(template: Document) -> str:
    """Ten characters that stand for a template: the same for the same one."""
    digest = hashlib.sha256(json.dumps(template, sort_keys=True).encode()).digest()
    return "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest[:10])


def without_hash(template: Document) -> Document:
    """A template with no hash label, to compare with the one that it was made from."""
    bare = copy.deepcopy(template)
    labels = (bare.get("metadata") or {}).get("labels") or {}
    labels.pop(TEMPLATE_HASH, None)
    return bare


def labelled(template: Document, **labels: str) -> Document:
    """A copy of a template with more labels; underscores in names stand for dashes."""
    changed = copy.deepcopy(template)
    metadata = changed.setdefault("metadata", {})
    added = {name.replace("_", "-"): value for name, value in labels.items()}
    metadata["labels"] = {**(metadata.get("labels") or {}), **added}
    return changed


def create(
    cluster: Cluster,
    owner: Document,
    template: Document,
    source: str,
    *,
    name: str = "",
    labels: Document | None = None,
) -> Document:
    """Create a pod for ``owner`` (``name`` or one made of the owner's), with the events that its controller
    (``source``) sends. Raises ApiError where the pod is refused, after saying so."""
    pod = _pod(owner, template, name, labels or {})
    try:
        admitted = admission.admit(cluster.world, cluster.uid, "CREATE", "pods", pod)
        created = cluster.objects.create("pods", admitted)
    except ApiError as error:
        events.record(cluster, owner, "Warning", "FailedCreate", f"Error creating: {error.message}", source)
        raise
    events.record(cluster, owner, "Normal", "SuccessfulCreate", f"Created pod: {created['metadata']['name']}", source)
    return created


def _pod(owner: Document, template: Document, name: str, labels: Document) -> Document:
    made_of = template.get("metadata") or {}
    prefix = f"{owner['metadata']['name']}-"
    metadata: Document = {"name": name} if name else {"generateName": prefix, "name": prefix + suffix()}
    metadata["namespace"] = owner["metadata"]["namespace"]
    metadata["labels"] = {**(made_of.get("labels") or {}), **labels}
    if made_of.get("annotations"):
        metadata["annotations"] = dict(made_of["annotations"])
    metadata["ownerReferences"] = [owners.reference(owner)]
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": copy.deepcopy(template["spec"])}
    defaults.fill("pods", pod)
    return pod


def remove(cluster: Cluster, owner: Document, pod: Document, source: str) -> None:
    """Delete a pod of ``owner``, with the event that its controller sends."""
    name = pod["metadata"]["name"]
    cluster.objects.delete("pods", pod["metadata"]["namespace"], name)
    events.record(cluster, owner, "Normal", "SuccessfulDelete", f"Deleted pod: {name}", source)
