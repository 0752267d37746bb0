"""Objects in the version that a request speaks: most differ in ``apiVersion`` alone, two kinds in their fields."""

import copy

from sandbox.kube.kinds import Kind
from sandbox.store import Document

#: autoscaling/v1 keeps what it has no field for in annotations; these two it has fields for.
_CPU = "targetCPUUtilizationPercentage"


def served(document: Document, kind: Kind) -> Document:
    """A stored object as ``kind``."""
    if document.get("apiVersion") == kind.api_version and document.get("kind") == kind.kind:
        return document
    if kind.kind == "HorizontalPodAutoscaler" and kind.version == "v1":
        document = _scaler_v1(document)
    if kind.resource == "events":
        document = _event(document, new=kind.group != "")
    return {**document, "apiVersion": kind.api_version, "kind": kind.kind}


def storable(document: Document, kind: Kind) -> Document:
    """An object sent as ``kind`` in the version that it is stored in."""
    if kind.kind == "HorizontalPodAutoscaler" and kind.version == "v1":
        return {**_scaler_v2(document), "apiVersion": "autoscaling/v2"}
    if kind.resource == "events" and kind.group:
        return {**_event(document, new=False), "apiVersion": "v1"}
    return document


def _scaler_v1(document: Document) -> Document:
    document = copy.deepcopy(document)
    for metric in document["spec"].pop("metrics", None) or []:
        resource = metric.get("resource") or {}
        if resource.get("name") == "cpu" and "averageUtilization" in resource.get("target", {}):
            document["spec"][_CPU] = resource["target"]["averageUtilization"]
    document["spec"].pop("behavior", None)
    document.get("status", {}).pop("conditions", None)
    document.get("status", {}).pop("currentMetrics", None)
    return document


def _scaler_v2(document: Document) -> Document:
    document = copy.deepcopy(document)
    if (percentage := document["spec"].pop(_CPU, None)) is not None:
        target = {"type": "Utilization", "averageUtilization": percentage}
        metric = {"type": "Resource", "resource": {"name": "cpu", "target": target}}
        document["spec"]["metrics"] = [metric]
    return document


#: Names of an event's fields: in the core group, in events.k8s.io.
_EVENT = (
    ("involvedObject", "regarding"), ("message", "note"), ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"), ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"), ("reportingComponent", "reportingController"),
)  # fmt: skip


def _event(document: Document, *, new: bool) -> Document:
    names = {core: later for core, later in _EVENT} if new else {later: core for core, later in _EVENT}
    return {names.get(name, name): value for name, value in document.items()}
