"""Events: what the controllers have to say about an object, as ``kubectl describe`` shows it."""

import time
from datetime import UTC, datetime

from sandbox.controllers.controller import Cluster
from sandbox.kube.objects import timestamp
from sandbox.store import Document

#: How long an event is kept, in seconds.
KEPT_S = 3600.0


def record(
    cluster: Cluster, about: Document, type: str, reason: str, message: str, source: str, field: str = ""
) -> None:
    """Say something about an object. The same thing said again raises the count of the event that is there.

    ``type`` is Normal or Warning, ``source`` the component (``kubelet``), ``field`` a part of the object such as
    ``spec.containers{web}``."""
    metadata = about["metadata"]
    namespace = metadata.get("namespace") or "default"
    now = timestamp()
    for event in cluster.objects.list("events", namespace):
        if _moment(event) < time.time() - KEPT_S:
            cluster.objects.delete("events", namespace, event["metadata"]["name"])
        elif _same(event, about, type, reason, message, source, field):
            _again(cluster, event, now)
            return
    name = f"{metadata['name']}.{time.time_ns():016x}"  # in order of time when sorted by name, as the real ones are
    involved = {
        "apiVersion": about["apiVersion"], "kind": about["kind"], "name": metadata["name"], "uid": metadata["uid"],
        "resourceVersion": metadata["resourceVersion"],
    }  # fmt: skip
    if metadata.get("namespace"):
        involved["namespace"] = namespace
    if field:
        involved["fieldPath"] = field
    event_source = {"component": source}
    if source == "kubelet":
        event_source["host"] = about.get("spec", {}).get("nodeName", "")
    cluster.objects.create(
        "events",
        {
            "apiVersion": "v1", "kind": "Event", "metadata": {"name": name, "namespace": namespace},
            "involvedObject": involved, "type": type, "reason": reason, "message": message, "source": event_source,
            "firstTimestamp": now, "lastTimestamp": now, "count": 1, "eventTime": None,
            "reportingComponent": source, "reportingInstance": event_source.get("host", ""),
        },
    )  # fmt: skip


def _same(event: Document, about: Document, type: str, reason: str, message: str, source: str, field: str) -> bool:
    involved = event["involvedObject"]
    return (
        involved.get("uid") == about["metadata"]["uid"]
        and involved.get("fieldPath", "") == field
        and (event.get("type"), event.get("reason"), event.get("message")) == (type, reason, message)
        and (event.get("source") or {}).get("component") == source
    )


def _again(cluster: Cluster, event: Document, now: str) -> None:
    def count(document: Document) -> None:
        document["count"] = document.get("count", 1) + 1
        document["lastTimestamp"] = now

    cluster.objects.edit("events", event["metadata"]["namespace"], event["metadata"]["name"], count)


def _moment(event: Document) -> float:
    said = event.get("lastTimestamp") or event["metadata"]["creationTimestamp"]
    return datetime.strptime(said, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
