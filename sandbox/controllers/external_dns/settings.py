"""What ExternalDNS was told: its arguments, and the azure.json that is mounted into its pod."""

import base64
import json
from dataclasses import dataclass, field

from sandbox.controllers.controller import Cluster
from sandbox.store import Document


class BadConfiguration(Exception):
    """The program ends with these words."""


@dataclass(frozen=True)
class Settings:
    """The arguments that matter for Azure."""

    provider: str = ""
    sources: tuple[str, ...] = ()
    policy: str = "sync"
    registry: str = "txt"
    owner: str = "default"
    prefix: str = ""
    suffix: str = ""
    domains: tuple[str, ...] = ()
    namespace: str = ""
    annotations: str = "external-dns.alpha.kubernetes.io/"
    config_file: str = "/etc/kubernetes/azure.json"
    resource_group: str = ""
    subscription: str = ""
    interval_s: float = 60.0
    dry_run: bool = False
    azure: Document = field(default_factory=dict)


_SINGLE = {
    "provider": "provider", "policy": "policy", "registry": "registry", "txt-owner-id": "owner", "txt-prefix": "prefix",
    "txt-suffix": "suffix", "namespace": "namespace", "annotation-prefix": "annotations",
    "azure-config-file": "config_file", "azure-resource-group": "resource_group",
    "azure-subscription-id": "subscription",
}  # fmt: skip


def read(cluster: Cluster, pod: Document) -> Settings:
    """The settings of a pod's program. Raises BadConfiguration."""
    container = next(one for one in pod["spec"]["containers"] if is_external_dns(one))
    found: dict[str, object] = {}
    lists: dict[str, list[str]] = {"source": [], "domain-filter": []}
    for argument in container.get("args") or []:
        name, _, value = argument.removeprefix("--").partition("=")
        if name in _SINGLE:
            found[_SINGLE[name]] = value
        elif name in lists:
            lists[name].append(value)
        elif name == "interval":
            found["interval_s"] = seconds(value)
        elif name == "dry-run":
            found["dry_run"] = True
    found |= {"sources": tuple(lists["source"]), "domains": tuple(lists["domain-filter"])}
    settings = Settings(**found)  # type: ignore[arg-type]
    if not settings.provider.startswith("azure"):
        return settings
    return Settings(**{**found, "azure": _azure(cluster, pod, container, settings.config_file)})  # type: ignore[arg-type]


def is_external_dns(container: Document) -> bool:
    return "external-dns/external-dns" in container["image"]


def seconds(text: str) -> float:
    """A Go duration such as ``1m`` or ``1h30m``."""
    units = {"h": 3600.0, "m": 60.0, "s": 1.0}
    total, number = 0.0, ""
    for character in text:
        if character in units:
            total, number = total + float(number or 0) * units[character], ""
        else:
            number += character
    return total


def _azure(cluster: Cluster, pod: Document, container: Document, path: str) -> Document:
    text = _file(cluster, pod, container, path)
    if text is None:
        raise BadConfiguration(f"failed to read Azure config file '{path}': open {path}: no such file or directory")
    try:
        read = json.loads(text)
    except json.JSONDecodeError as error:
        raise BadConfiguration(f"failed to parse Azure config file '{path}': {error.msg.lower()}") from error
    if not isinstance(read, dict):
        raise BadConfiguration(f"failed to parse Azure config file '{path}': json: cannot unmarshal into Go value")
    return read


def _file(cluster: Cluster, pod: Document, container: Document, path: str) -> str | None:
    """What a file in the container holds, if it comes from a Secret or a ConfigMap."""
    namespace = pod["metadata"]["namespace"]
    volumes = {volume["name"]: volume for volume in pod["spec"].get("volumes") or []}
    for mount in container.get("volumeMounts") or []:
        at = mount["mountPath"].rstrip("/")
        if path != at and not path.startswith(f"{at}/"):
            continue
        name = mount.get("subPath") or path.removeprefix(f"{at}/")
        volume = volumes.get(mount["name"], {})
        if secret := volume.get("secret"):
            found = cluster.objects.find("secrets", namespace, secret["secretName"]) or {}
            held = (found.get("data") or {}).get(_key(secret, name))
            return base64.b64decode(held).decode() if held is not None else None
        if config := volume.get("configMap"):
            found = cluster.objects.find("configmaps", namespace, config["name"]) or {}
            return (found.get("data") or {}).get(_key(config, name))
    return None


def _key(source: Document, name: str) -> str:
    """The key behind a file's name: ``items`` may rename it."""
    return next((item["key"] for item in source.get("items") or [] if item["path"] == name), name)
