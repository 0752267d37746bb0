"""What the API has: the discovery documents, aggregated and plain, the version, and the OpenAPI stubs."""

import hashlib
import json
import platform
from typing import Any

from sandbox.kube.kinds import Kind
from sandbox.kube.registry import Registry
from sandbox.store import Document

#: What kubectl asks for first: every group in one answer.
AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

#: Subresources with a kind of their own: (group, version, kind, verbs). The rest are their parent's kind.
_SUBRESOURCES: dict[str, tuple[str, str, str, tuple[str, ...]]] = {
    "scale": ("autoscaling", "v1", "Scale", ("get", "patch", "update")),
    "eviction": ("policy", "v1", "Eviction", ("create",)),
    "token": ("authentication.k8s.io", "v1", "TokenRequest", ("create",)),
    "binding": ("", "v1", "Binding", ("create",)),
    "exec": ("", "v1", "PodExecOptions", ("create", "get")),
    "attach": ("", "v1", "PodAttachOptions", ("create", "get")),
    "portforward": ("", "v1", "PodPortForwardOptions", ("create", "get")),
    "proxy": ("", "v1", "PodProxyOptions", ("create", "delete", "get", "patch", "update")),
    "log": ("", "v1", "Pod", ("get",)),
    "finalize": ("", "v1", "Namespace", ("update",)),
}


def _subresource(kind: Kind, name: str) -> tuple[str, str, str, tuple[str, ...]]:
    own = (kind.group, kind.version, kind.kind, ("get", "patch", "update"))
    return _SUBRESOURCES.get(name, own)


def aggregated(registry: Registry, core: bool) -> Document:
    """``/api`` (the core group) or ``/apis`` (all others) in the aggregated form."""
    items = []
    for group, versions in registry.groups().items():
        if (group == "") is core:
            listed = [
                {
                    "version": version,
                    "resources": [_aggregated_resource(kind) for kind in kinds],
                    "freshness": "Current",
                }
                for version, kinds in versions.items()
            ]
            items.append({"metadata": {"name": group} if group else {}, "versions": listed})
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": items,
    }


def _aggregated_resource(kind: Kind) -> Document:
    resource: Document = {
        "resource": kind.plural,
        "responseKind": {"group": kind.group, "version": kind.version, "kind": kind.kind},
        "scope": "Namespaced" if kind.namespaced else "Cluster",
        "singularResource": kind.singular_name,
        "verbs": list(kind.verbs),
    }
    if kind.short_names:
        resource["shortNames"] = list(kind.short_names)
    if kind.categories:
        resource["categories"] = list(kind.categories)
    if kind.subresources:
        resource["subresources"] = [
            {
                "subresource": name,
                "responseKind": {"group": group, "version": version, "kind": named},
                "verbs": list(verbs),
            }
            for name in kind.subresources
            for group, version, named, verbs in [_subresource(kind, name)]
        ]
    return resource


def versions(address: str) -> Document:
    """``/api``, plain."""
    return {
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}],
    }


def groups(registry: Registry) -> Document:
    """``/apis``, plain."""
    listed = [group(registry, name) for name in registry.groups() if name]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": listed}


def group(registry: Registry, name: str) -> Document | None:
    """``/apis/<group>``; None for an unknown one."""
    found = registry.groups().get(name)
    if not found:
        return None
    listed = [{"groupVersion": f"{name}/{version}", "version": version} for version in found]
    return {
        "kind": "APIGroup",
        "apiVersion": "v1",
        "name": name,
        "versions": listed,
        "preferredVersion": listed[0],
    }


def resources(registry: Registry, group: str, version: str) -> Document | None:
    """``/api/v1`` or ``/apis/<group>/<version>``; None for an unknown one."""
    kinds = registry.groups().get(group, {}).get(version)
    if kinds is None:
        return None
    listed: list[Document] = []
    for kind in kinds:
        listed.append(_plain(kind))
        for name in kind.subresources:
            sub_group, sub_version, named, verbs = _subresource(kind, name)
            entry = {
                "name": f"{kind.plural}/{name}", "singularName": "", "namespaced": kind.namespaced,
                "kind": named, "verbs": list(verbs),
            }  # fmt: skip
            if (sub_group, sub_version) != (group, version):
                entry |= {"group": sub_group, "version": sub_version}
            listed.append(entry)
    group_version = f"{group}/{version}" if group else version
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": listed}


def _plain(kind: Kind) -> Document:
    entry: Document = {
        "name": kind.plural, "singularName": kind.singular_name, "namespaced": kind.namespaced,
        "kind": kind.kind, "verbs": list(kind.verbs),
    }  # fmt: skip
    if kind.short_names:
        entry["shortNames"] = list(kind.short_names)
    if kind.categories:
        entry["categories"] = list(kind.categories)
    return entry


def version(release: str) -> Document:
    """``/version`` of a cluster that runs ``release``, e.g. ``1.35.2``."""
    major, minor, *_ = release.split(".")
    return {
        "major": major, "minor": minor, "emulationMajor": major, "emulationMinor": minor,
        "minCompatibilityMajor": major, "minCompatibilityMinor": str(int(minor) - 1),
        "gitVersion": f"v{release}", "gitCommit": hashlib.sha1(release.encode()).hexdigest(),
        "gitTreeState": "clean", "buildDate": "2026-01-15T00:00:00Z", "goVersion": "go1.25.5",
        "compiler": "gc", "platform": f"linux/{'arm64' if 'arm' in platform.machine() else 'amd64'}",
    }  # fmt: skip


def openapi_index(registry: Registry) -> Document:
    """``/openapi/v3``: where the document of each group and version is. The hash changes with what is in it."""
    paths: dict[str, Any] = {}
    for group, found in registry.groups().items():
        for version in found:
            path = f"apis/{group}/{version}" if group else f"api/{version}"
            text = json.dumps(openapi(registry, group, version), sort_keys=True)
            digest = hashlib.sha256(text.encode()).hexdigest()[:32].upper()
            paths[path] = {"serverRelativeURL": f"/openapi/v3/{path}?hash={digest}"}
    return {"paths": paths}


def openapi(registry: Registry, group: str, version: str) -> Document | None:
    """``/openapi/v3/...`` with the least that clients need: which kinds there are, and that the server itself checks
    fields (the query parameter ``fieldValidation``). The schemas are left out, so ``kubectl explain`` has none."""
    kinds = registry.groups().get(group, {}).get(version)
    if kinds is None:
        return None
    root = f"/apis/{group}/{version}" if group else f"/api/{version}"
    paths: dict[str, Any] = {}
    for kind in kinds:
        scope = "/namespaces/{namespace}" if kind.namespaced else ""
        described = {"group": kind.group, "version": kind.version, "kind": kind.kind}
        parameter = {
            "name": "fieldValidation",
            "in": "query",
            "schema": {"type": "string", "uniqueItems": True},
        }
        paths[f"{root}{scope}/{kind.plural}/{{name}}"] = {
            "patch": {
                "parameters": [parameter],
                "responses": {"200": {"description": "OK"}},
                "x-kubernetes-action": "patch",
                "x-kubernetes-group-version-kind": described,
            }
        }
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": version},
        "paths": paths,
        "components": {"schemas": {}},
    }


#: ``/openapi/v2`` in protobuf, with nothing in it: swagger "2.0", a title, a version. With a 404 in its place
#: kubectl complains of validation where it should say "no matches for kind".
OPENAPI_V2 = b"\x0a\x032.0\x12\x0f\x0a\x0aKubernetes\x12\x011"
