"""One column of a table, and what cells have in common."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.store import Document


@dataclass(frozen=True)
class Column:
    """``value`` makes a row's cell of an object. ``priority`` 1 is for ``-o wide`` only."""

    name: str
    value: Callable[[Document], Any]
    type: str = "string"
    format: str = ""
    priority: int = 0
    description: str = ""

    def definition(self) -> Document:
        return {
            "name": self.name, "type": self.type, "format": self.format,
            "description": self.description or self.name, "priority": self.priority,
        }  # fmt: skip


def wide(name: str, value: Callable[[Document], Any]) -> Column:
    return Column(name, value, priority=1)


def number(name: str, value: Callable[[Document], Any]) -> Column:
    return Column(name, value, "integer")


def age(document: Document) -> str:
    return since(document["metadata"].get("creationTimestamp"))


def since(moment: str | None) -> str:
    """The time that has passed since a timestamp, as kubectl shows ages; ``<unknown>`` without one."""
    if not moment:
        return "<unknown>"
    return duration((datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds())


def duration(seconds: float) -> str:
    """Seconds as kubectl shows them: precise while short, one unit when long."""
    whole = int(max(seconds, 0))
    minutes, hours, days = whole // 60, whole // 3600, whole // 86400
    if whole < 120:
        return f"{whole}s"
    if minutes < 10:
        return f"{minutes}m" + (f"{whole % 60}s" if whole % 60 else "")
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return f"{hours}h" + (f"{minutes % 60}m" if minutes % 60 else "")
    if hours < 48:
        return f"{hours}h"
    if days < 8:
        return f"{days}d" + (f"{hours % 24}h" if hours % 24 else "")
    if days < 730:
        return f"{days}d"
    if days < 8 * 365:
        return f"{days // 365}y{days % 365}d"
    return f"{days // 365}y"


def spec(document: Document) -> Document:
    return document.get("spec") or {}


def status(document: Document) -> Document:
    return document.get("status") or {}


def or_none(text: object) -> str:
    return str(text) if text not in (None, "", [], {}) else "<none>"


def labels(found: Mapping[str, str] | None) -> str:
    """Labels or a selector as text."""
    return or_none(",".join(f"{key}={value}" for key, value in sorted((found or {}).items())))


def containers(template: Document) -> Callable[[str], str]:
    """Of a pod template's containers one field, separated by commas."""
    listed = spec(template).get("containers") or []
    return lambda field: ",".join(one.get(field, "") for one in listed)
