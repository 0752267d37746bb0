"""Events: what the controllers have to say about an object, as ``kubectl describe`` shows it."""

import zlib

from sandbox.controllers.controller import Cluster
from sandbox.kube.objects import timestamp
from sandbox.store import Document


def record(
    cluster: Cluster, about: Document, type: str, reason: str, message: str, source: str, field: str = ""
) -> None:
    """Say something about an object. The same thing said again raises the count of the event that is there.

    ``type`` is Normal or Warning, ``source`` the component (``kubelet``), ``field`` a part of the object such as
    ``spec.containers{web}``."""
    metadata = about["metadata"]
    namespace = metadata.get("namespace") or "default"
    said = "\n".join((metadata["uid"], type, reason, message, source, field))
    name = f"{metadata['name']}.{zlib.crc32(said.encode()):016x}"
    now = timestamp()
    if cluster.objects.find("events", namespace, name):

        def again(event: Document) -> None:
            event["count"] += 1
            event["lastTimestamp"] = now

        cluster.objects.edit("events", namespace, name, again)
        return
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
