"""What a pod takes from elsewhere: fields of itself (the downward API), and the values of secrets and config maps."""

import base64
import re

from sandbox.controllers.controller import Cluster
from sandbox.store import Document


def field(pod: Document, path: str) -> str:
    """A field of the downward API: ``metadata.name``, ``metadata.labels['app']``, ``status.podIP``, ..."""
    keyed = re.fullmatch(r"metadata\.(labels|annotations)\['(.+)'\]", path)
    if keyed:
        return (pod["metadata"].get(keyed[1]) or {}).get(keyed[2], "")
    value: object = pod
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    if isinstance(value, dict):
        return "\n".join(f'{name}="{one}"' for name, one in sorted(value.items()))
    return "" if value is None else str(value)


def values(cluster: Cluster, resource: str, namespace: str, name: str) -> dict[str, bytes]:
    """The keys of a Secret (``secrets``) or ConfigMap (``configmaps``); {} where there is none of that name."""
    found = cluster.objects.find(resource, namespace, name) or {}
    plain, encoded = (found.get("data") or {}), (found.get("binaryData") or {})
    if resource == "secrets":
        plain, encoded = {}, plain
    held = {key: value.encode() for key, value in plain.items()}
    return held | {key: base64.b64decode(value) for key, value in encoded.items()}
