"""Custom resource definitions: the kinds that they add, their schemas, and how their own status comes about."""

import copy
import functools
import json
from collections.abc import Iterator
from dataclasses import replace

from sandbox.kube.kinds import Kind
from sandbox.kube.objects import timestamp
from sandbox.kube.schemas import shapes
from sandbox.kube.schemas.shapes import Shape
from sandbox.store import Document


def kinds(definition: Document) -> Iterator[Kind]:
    """The kinds that a definition adds, one a served version; none until its names are accepted."""
    spec = definition["spec"]
    if not established(definition):
        return
    names = spec["names"]
    for version in spec["versions"]:
        if not version.get("served"):
            continue
        yield Kind(
            group=spec["group"],
            version=version["name"],
            kind=names["kind"],
            plural=names["plural"],
            namespaced=spec["scope"] == "Namespaced",
            short_names=tuple(names.get("shortNames") or ()),
            categories=tuple(names.get("categories") or ()),
            subresources=tuple(sorted(version.get("subresources") or ())),
            singular=names.get("singular") or names["kind"].lower(),
            list_kind=names.get("listKind") or f"{names['kind']}List",
            custom=True,
        )


def established(definition: Document) -> bool:
    conditions = definition.get("status", {}).get("conditions", [])
    return any(one["type"] == "Established" and one["status"] == "True" for one in conditions)


def version(definition: Document, name: str) -> Document:
    return next(one for one in definition["spec"]["versions"] if one["name"] == name)


def storage_version(definition: Document) -> str:
    return next(one["name"] for one in definition["spec"]["versions"] if one.get("storage"))


def schema(definition: Document, name: str) -> Document:
    """The structural schema of one version; an open one where it has none."""
    found = version(definition, name).get("schema", {}).get("openAPIV3Schema")
    return found or {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def shape(definition: Document, name: str) -> Shape:
    """The shape of the objects of one version, with the metadata that every object has."""
    return _shape(json.dumps(schema(definition, name), sort_keys=True))


@functools.lru_cache(maxsize=256)
def _shape(text: str) -> Shape:
    own = shapes.custom(json.loads(text))
    text_shape, metadata = shapes.builtin("string"), shapes.builtin("meta.v1.ObjectMeta")
    declared = {**(own.declared or {}), "apiVersion": text_shape, "kind": text_shape, "metadata": metadata}
    return replace(own, form="object", declared=declared)


def establish(definition: Document) -> Document:
    """A definition with the status that the API server writes: its names accepted, established at once (helm 4
    installs a chart's objects right behind its definitions and does not wait)."""
    definition = copy.deepcopy(definition)
    spec = definition["spec"]
    names = spec["names"]
    names.setdefault("singular", names["kind"].lower())
    names.setdefault("listKind", f"{names['kind']}List")
    spec.setdefault("conversion", {"strategy": "None"})
    for one in spec["versions"]:
        for column in one.get("additionalPrinterColumns") or []:
            column.setdefault("priority", 0)
            if not column["priority"]:
                del column["priority"]
    status = definition.setdefault("status", {})
    old = {one["type"]: one for one in status.get("conditions", [])}
    status["acceptedNames"] = names
    status["storedVersions"] = sorted({*status.get("storedVersions", []), storage_version(definition)})
    status["conditions"] = [
        old.get(type)
        or {
            "type": type, "status": "True", "reason": reason, "message": message,
            "lastTransitionTime": timestamp(),
        }
        for type, reason, message in (
            ("NamesAccepted", "NoConflicts", "no conflicts found"),
            ("Established", "InitialNamesAccepted", "the initial names have been accepted"),
        )
    ]  # fmt: skip
    return definition
