"""What a pod's status says at each stage of its life."""

import copy
import hashlib
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.controllers import conditions
from sandbox.kube.objects import timestamp
from sandbox.store import Document

#: The conditions as ``kubectl describe`` lists them.
_ORDER = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")


def waiting(reason: str, message: str = "") -> Document:
    return {"waiting": {"reason": reason, **({"message": message} if message else {})}}


def running(since: str | None = None) -> Document:
    return {"running": {"startedAt": since or timestamp()}}


def terminated(exit_code: int, started: str, container_id: str, reason: str = "") -> Document:
    reason = reason or ("Completed" if exit_code == 0 else "Error")
    return {
        "terminated": {
            "exitCode": exit_code, "reason": reason, "startedAt": started, "finishedAt": timestamp(),
            "containerID": container_id,
        }
    }  # fmt: skip


def state_of(pod: Document, container: str, init: bool = False) -> Document:
    """A container's state as the status has it: {} before the kubelet looked at it."""
    field = "initContainerStatuses" if init else "containerStatuses"
    statuses = (pod.get("status") or {}).get(field) or []
    return next((one["state"] for one in statuses if one["name"] == container), {})


def container_id(pod: Document, container: str) -> str:
    seed = f"{pod['metadata']['uid']} {container}"
    return "containerd://" + hashlib.sha256(seed.encode()).hexdigest()


def _container(
    pod: Document,
    container: Document,
    state: Document,
    ready: bool,
    image_id: str,
    old: Document,
    last: Document,
    restarts: int,
) -> Document:
    begun = "waiting" not in state
    status: Document = {
        "name": container["name"],
        "state": state,
        "lastState": last or old.get("lastState", {}),
        "ready": ready,
        "restartCount": old.get("restartCount", 0) + restarts,
        "image": container["image"],
        "imageID": image_id or old.get("imageID", ""),
        "started": "running" in state,
        "resources": container.get("resources") or {},
    }
    if begun:
        status["containerID"] = container_id(pod, container["name"])
    return status


def described(
    pod: Document,
    states: dict[str, Document],
    ready: bool,
    *,
    phase: str,
    host_ip: str,
    pod_ip: str,
    image_ids: dict[str, str],
    ends: Mapping[str, Document],
    restarted: Sequence[str],
) -> Document:
    """The whole status. ``states`` are the containers' by name, the initial ones' too; ``ends`` the states in which
    they last ended, ``restarted`` names those that were started again since the status was last written."""
    status = copy.deepcopy(pod.get("status") or {})
    spec = pod["spec"]
    status["phase"] = phase
    status["observedGeneration"] = pod["metadata"].get("generation", 1)
    status["qosClass"] = qos_class(spec)
    status.setdefault("startTime", timestamp())
    status |= {"hostIP": host_ip, "hostIPs": [{"ip": host_ip}]}
    if pod_ip:
        status |= {"podIP": pod_ip, "podIPs": [{"ip": pod_ip}]}
    for field, containers in (
        ("initContainerStatuses", spec.get("initContainers") or []),
        ("containerStatuses", spec["containers"]),
    ):
        old = {one["name"]: one for one in status.get(field) or []}
        if containers:
            status[field] = [
                _container(
                    pod, one, states[one["name"]], _ready(states[one["name"]], ready, field),
                    image_ids.get(one["name"], ""), old.get(one["name"], {}), ends.get(one["name"], {}),
                    one["name"] in restarted,
                )
                for one in containers
            ]  # fmt: skip
    _conditions(pod, status, ready)
    return status


def _ready(state: Document, ready: bool, field: str) -> bool:
    if field == "initContainerStatuses":
        return (state.get("terminated") or {}).get("exitCode") == 0
    return ready and "running" in state


def _conditions(pod: Document, status: Document, ready: bool) -> None:
    probe: dict[str, Any] = {"lastProbeTime": None}
    over = status["phase"] == "Succeeded"
    initialised = all("terminated" in one["state"] for one in status.get("initContainerStatuses") or [])
    begun = any("waiting" not in one["state"] for one in status["containerStatuses"])
    unready = [one["name"] for one in status["containerStatuses"] if not one["ready"]]
    reason = "PodCompleted" if over else "" if ready else "ContainersNotReady"
    message = "" if ready or over else f"containers with unready status: [{' '.join(unready)}]"
    conditions.put(status, "PodReadyToStartContainers", begun and not over, **probe)
    uninitialised = [
        one["name"] for one in status.get("initContainerStatuses") or [] if "terminated" not in one["state"]
    ]
    why = "" if initialised else f"containers with incomplete status: [{' '.join(uninitialised)}]"
    conditions.put(status, "Initialized", initialised, "" if initialised else "ContainersNotInitialized", why, **probe)
    conditions.put(status, "Ready", ready, reason, message, **probe)
    conditions.put(status, "ContainersReady", ready, reason, message, **probe)
    if not conditions.find(status, "PodScheduled"):
        conditions.put(status, "PodScheduled", True, **probe)
    status["conditions"].sort(key=lambda one: _ORDER.index(one["type"]) if one["type"] in _ORDER else len(_ORDER))


def qos_class(spec: Document) -> str:
    """Guaranteed, Burstable or BestEffort, by what the containers request."""
    resources = [one.get("resources") or {} for one in [*spec["containers"], *(spec.get("initContainers") or [])]]
    if not any(one.get("requests") or one.get("limits") for one in resources):
        return "BestEffort"
    guaranteed = all(
        {"cpu", "memory"} <= (one.get("limits") or {}).keys()
        and one["limits"].items() >= (one.get("requests") or {}).items()
        for one in resources
    )
    return "Guaranteed" if guaranteed else "Burstable"


def address(node: Document, seed: str) -> str:
    """An address for a pod in its node's range."""
    range_ = node["spec"].get("podCIDR") or "10.244.0.0/24"
    return f"{range_.rpartition('.')[0]}.{4 + uuid.UUID(seed).int % 247}"
