"""Conditions in a status: set one, keep the time at which it last turned, look one up."""

import copy

from sandbox.kube.objects import timestamp
from sandbox.store import Document


def find(status: Document | None, type: str) -> Document | None:
    return next((one for one in (status or {}).get("conditions") or [] if one["type"] == type), None)


def is_true(document: Document | None, type: str) -> bool:
    """Whether an object says ``type`` of itself."""
    return (find((document or {}).get("status"), type) or {}).get("status") == "True"


def put(status: Document, type: str, value: bool | str, reason: str = "", message: str = "", **more: object) -> bool:
    """Set a condition of a status in place; ``more`` are other fields (None: no such field). True if it changed."""
    said = value if isinstance(value, str) else str(value)
    wanted: Document = {"type": type, "status": said}
    if reason:
        wanted["reason"] = reason
    if message:
        wanted["message"] = message
    wanted |= {field: one for field, one in more.items() if one is not None}
    existing = find(status, type)
    if existing and all(
        existing.get(f) == wanted.get(f) for f in {*existing, *wanted} - {"lastTransitionTime", "lastUpdateTime"}
    ):
        return False
    turned = timestamp() if not existing or existing["status"] != said else existing.get("lastTransitionTime")
    wanted["lastTransitionTime"] = turned or timestamp()
    others = [copy.deepcopy(one) for one in status.get("conditions") or []]
    at = next((index for index, one in enumerate(others) if one["type"] == type), len(others))
    others[at : at + 1] = [wanted]
    status["conditions"] = others
    return True


def drop(status: Document, type: str) -> None:
    if find(status, type):
        status["conditions"] = [one for one in status["conditions"] if one["type"] != type]
