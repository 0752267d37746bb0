"""The columns of pods: the status column is computed as the API server computes it."""

from sandbox.kube.tables.column import Column, or_none, since, spec, status, wide
from sandbox.store import Document


def _ready(pod: Document) -> str:
    statuses = status(pod).get("containerStatuses") or []
    return f"{sum(bool(one.get('ready')) for one in statuses)}/{len(spec(pod).get('containers') or [])}"


def reason(pod: Document) -> str:
    """What the STATUS column says: the phase, or what a container waits for or ended with."""
    found = status(pod).get("reason") or status(pod).get("phase") or "Unknown"
    inits = status(pod).get("initContainerStatuses") or []
    initializing = False
    for index, one in enumerate(inits):
        state = one.get("state") or {}
        if (state.get("terminated") or {}).get("exitCode") == 0 or (one.get("started") and one.get("ready")):
            continue
        if "terminated" in state:
            ended = state["terminated"]
            found = "Init:" + (ended.get("reason") or f"ExitCode:{ended.get('exitCode')}")
        elif (state.get("waiting") or {}).get("reason") not in (None, "PodInitializing"):
            found = "Init:" + state["waiting"]["reason"]
        else:
            found = f"Init:{index}/{len(spec(pod).get('initContainers') or [])}"
        initializing = True
        break
    running = False
    if not initializing:
        for one in reversed(status(pod).get("containerStatuses") or []):
            state = one.get("state") or {}
            if (state.get("waiting") or {}).get("reason"):
                found = state["waiting"]["reason"]
            elif "terminated" in state:
                ended = state["terminated"]
                found = ended.get("reason") or f"ExitCode:{ended.get('exitCode')}"
            elif one.get("ready") and "running" in state:
                running = True
        if found == "Completed" and running:
            conditions = {one["type"]: one["status"] for one in status(pod).get("conditions") or []}
            found = "Running" if conditions.get("Ready") == "True" else "NotReady"
    return "Terminating" if "deletionTimestamp" in pod["metadata"] else found


def _restarts(pod: Document) -> str:
    statuses = status(pod).get("containerStatuses") or []
    count = sum(one.get("restartCount", 0) for one in statuses)
    ends = [((one.get("lastState") or {}).get("terminated") or {}).get("finishedAt") for one in statuses]
    latest = max(filter(None, ends), default="")
    return f"{count} ({since(latest)} ago)" if count and latest else str(count)


def _gates(pod: Document) -> str:
    gates = spec(pod).get("readinessGates") or []
    conditions = {one["type"]: one["status"] for one in status(pod).get("conditions") or []}
    met = sum(conditions.get(gate["conditionType"]) == "True" for gate in gates)
    return f"{met}/{len(gates)}" if gates else "<none>"


COLUMNS = {
    "pods": (
        Column("Ready", _ready),
        Column("Status", reason),
        Column("Restarts", _restarts),
        wide("IP", lambda pod: or_none(status(pod).get("podIP"))),
        wide("Node", lambda pod: or_none(spec(pod).get("nodeName"))),
        wide("Nominated Node", lambda pod: or_none(status(pod).get("nominatedNodeName"))),
        wide("Readiness Gates", _gates),
    ),
}
