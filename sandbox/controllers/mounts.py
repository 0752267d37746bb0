"""What a pod needs from its namespace before its containers can start: config maps, secrets, claims, keys of them."""

from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.controllers.controller import Cluster
from sandbox.store import Document


@dataclass(frozen=True)
class Lack:
    """Something that is not there. ``message`` is the kubelet's."""

    message: str


def lacking_volume(cluster: Cluster, pod: Document) -> Lack | None:
    """The first volume that cannot be mounted."""
    namespace = pod["metadata"]["namespace"]
    for volume in pod["spec"].get("volumes") or []:
        for resource, name, keys in _sources(volume):
            said = _missing(cluster, resource, namespace, name, keys)
            if said:
                return Lack(f'MountVolume.SetUp failed for volume "{volume["name"]}" : {said}')
        claim = (volume.get("persistentVolumeClaim") or {}).get("claimName")
        if claim and cluster.objects.find("persistentvolumeclaims", namespace, claim) is None:
            return Lack(f'persistentvolumeclaim "{claim}" not found')
    return None


def _sources(volume: Document) -> Iterator[tuple[str, str, list[str]]]:
    """(resource, name, keys) of everything a volume is made from that must be there."""
    parts = [volume, *((volume.get("projected") or {}).get("sources") or [])]
    for part in parts:
        for field, resource, named in (
            ("secret", "secrets", "secretName"),
            ("secret", "secrets", "name"),
            ("configMap", "configmaps", "name"),
        ):
            source = part.get(field) or {}
            if source.get(named) and not source.get("optional"):
                yield resource, source[named], [item["key"] for item in source.get("items") or []]


def _missing(cluster: Cluster, resource: str, namespace: str, name: str, keys: list[str]) -> str | None:
    found = cluster.objects.find(resource, namespace, name)
    if found is None:
        return f'{resource[:-1]} "{name}" not found'
    held = {**(found.get("data") or {}), **(found.get("binaryData") or {})}
    absent = [key for key in keys if key not in held]
    return f"references non-existent {resource[:-1]} key: {absent[0]}" if absent else None


def lacking_environment(cluster: Cluster, pod: Document, container: Document) -> Lack | None:
    """The first config map, secret or key that a container's environment names and that is not there."""
    namespace = pod["metadata"]["namespace"]
    for resource, kind, source, key in _environment(container):
        if source.get("optional"):
            continue
        found = cluster.objects.find(resource, namespace, source["name"])
        if found is None:
            return Lack(f'{kind.lower()} "{source["name"]}" not found')
        if key and key not in (found.get("data") or {}):
            return Lack(f"couldn't find key {key} in {kind} {namespace}/{source['name']}")
    return None


def _environment(container: Document) -> Iterator[tuple[str, str, Document, str]]:
    kinds = (("configMap", "configmaps", "ConfigMap"), ("secret", "secrets", "Secret"))
    for variable in container.get("env") or []:
        for field, resource, kind in kinds:
            source = (variable.get("valueFrom") or {}).get(f"{field}KeyRef")
            if source:
                yield resource, kind, source, source["key"]
    for whole in container.get("envFrom") or []:
        for field, resource, kind in kinds:
            if whole.get(f"{field}Ref"):
                yield resource, kind, whole[f"{field}Ref"], ""
