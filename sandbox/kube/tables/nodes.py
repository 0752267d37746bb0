"""The columns of nodes and namespaces."""

from sandbox.kube.tables.column import Column, age, or_none, spec, status, wide
from sandbox.store import Document

_ROLE = "node-role.kubernetes.io/"


def _ready(node: Document) -> str:
    conditions = {one["type"]: one["status"] for one in status(node).get("conditions") or []}
    said = {"True": "Ready", "False": "NotReady"}.get(conditions.get("Ready", ""), "Unknown")
    return said + (",SchedulingDisabled" if spec(node).get("unschedulable") else "")


def _roles(node: Document) -> str:
    found = node["metadata"].get("labels") or {}
    return or_none(",".join(sorted(label.removeprefix(_ROLE) for label in found if label.startswith(_ROLE))))


def _address(node: Document, type: str) -> str:
    return or_none(next((one["address"] for one in status(node).get("addresses") or [] if one["type"] == type), None))


def _info(node: Document, field: str) -> str:
    return (status(node).get("nodeInfo") or {}).get(field, "<unknown>")


COLUMNS = {
    "nodes": (
        Column("Status", _ready),
        Column("Roles", _roles),
        Column("Age", age),
        Column("Version", lambda one: _info(one, "kubeletVersion")),
        wide("Internal-IP", lambda one: _address(one, "InternalIP")),
        wide("External-IP", lambda one: _address(one, "ExternalIP")),
        wide("OS-Image", lambda one: _info(one, "osImage")),
        wide("Kernel-Version", lambda one: _info(one, "kernelVersion")),
        wide("Container-Runtime", lambda one: _info(one, "containerRuntimeVersion")),
    ),
    "namespaces": (Column("Status", lambda one: status(one).get("phase", "")),),
}
