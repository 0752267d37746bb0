"""What is behind a Service: ready pods whose process listens on this machine."""

import random
from dataclasses import dataclass

from sandbox.controllers import conditions
from sandbox.controllers.controller import Cluster
from sandbox.controllers.labels import equal, labels_of
from sandbox.store import Document


class NoBackend(Exception):
    """Nothing is behind the Service; the message says why."""


@dataclass(frozen=True)
class Backend:
    """A pod, its port, and the port on this machine that stands for it."""

    pod: Document
    port: int
    local_port: int


def place_of(host: str, namespace: str) -> tuple[str, str] | None:
    """(namespace, name) of the Service that a host name means to a pod of ``namespace``; None for other names."""
    parts = host.rstrip(".").removesuffix(".cluster.local").split(".")
    if len(parts) == 3 and parts.pop() != "svc":
        return None
    if len(parts) > 2:
        return None
    return (parts[1] if len(parts) == 2 else namespace), parts[0]


def backend(cluster: Cluster, service: Document, port: int | str) -> Backend:
    """One of the ready pods behind a Service's port (its number or name). Raises NoBackend."""
    metadata, spec = service["metadata"], service["spec"]
    shown = f"service {metadata['namespace']}/{metadata['name']}"
    wanted = next((one for one in spec.get("ports") or [] if port in (one["port"], one.get("name"))), None)
    if wanted is None:
        raise NoBackend(f"{shown} has no port {port}")
    if not spec.get("selector"):
        raise NoBackend(f"{shown} has no selector")
    ready = [
        pod
        for pod in cluster.objects.list("pods", metadata["namespace"])
        if equal(spec["selector"], labels_of(pod)) and conditions.is_true(pod, "Ready")
    ]
    if not ready:
        raise NoBackend(f"{shown} has no ready endpoint")
    found = [one for pod in ready if (one := _backend(cluster, pod, wanted.get("targetPort", wanted["port"])))]
    if not found:
        raise NoBackend(f"no pod of {shown} has a process: their images were not built in this sandbox")
    return random.choice(found)


def _backend(cluster: Cluster, pod: Document, target: int | str) -> Backend | None:
    number = container_port(pod, target)
    running = cluster.world.pods.find(pod["metadata"]["uid"])
    local = running.port(number) if running and number else None
    return Backend(pod, number, local) if number and local else None


def container_port(pod: Document, target: int | str) -> int | None:
    """A port's number; a name is looked up among the pod's container ports."""
    if isinstance(target, int):
        return target
    named = (one for container in pod["spec"]["containers"] for one in container.get("ports") or [])
    return next((one["containerPort"] for one in named if one.get("name") == target), None)
