"""``kubectl get``: objects as the rows of a Table, with the columns that the API server has for their kind."""

import re
from typing import TYPE_CHECKING, Any

from sandbox.kube import crds
from sandbox.kube.kinds import Kind
from sandbox.kube.tables import access, jobs, networks, nodes, pods, storage, workloads
from sandbox.kube.tables.column import Column, age, since
from sandbox.store import Document

if TYPE_CHECKING:
    from sandbox.kube.call import Call

NAME = Column("Name", lambda one: one["metadata"]["name"], format="name")
AGE = Column("Age", age)

#: The columns between NAME and AGE by resource; a ``Last Seen`` first or an own AGE last is part of them.
_COLUMNS: dict[str, tuple[Column, ...]] = {
    **pods.COLUMNS, **workloads.COLUMNS, **jobs.COLUMNS, **networks.COLUMNS, **nodes.COLUMNS,
    **storage.COLUMNS, **access.COLUMNS,
}  # fmt: skip


def columns(call: "Call") -> tuple[Column, ...]:
    """All columns of a kind, those of ``-o wide`` (priority 1) among them."""
    definition = call.registry.definition(call.kind)
    if definition is not None:
        return _printer_columns(definition, call.kind)
    own = _COLUMNS.get(call.kind.resource)
    if own is None:
        return (NAME, AGE)
    if call.kind.resource == "events":
        return own
    names = {column.name for column in own}
    narrow = tuple(column for column in own if not column.priority)
    wide = tuple(column for column in own if column.priority)
    first = () if "Name" in names else (NAME,)
    last = () if names & {"Age", "Created At"} else (AGE,)
    return (*first, *narrow, *last, *wide)


def _printer_columns(definition: Document, kind: Kind) -> tuple[Column, ...]:
    declared = crds.version(definition, kind.version).get("additionalPrinterColumns")
    if declared is None:
        return (NAME, AGE)
    own = tuple(
        Column(
            one["name"], _picker(one["jsonPath"], one["type"]), one["type"], one.get("format", ""),
            one.get("priority", 0), one.get("description", ""),
        )
        for one in declared
    )  # fmt: skip
    return (NAME, *own)


def _picker(path: str, type: str) -> Any:
    def pick(document: Document) -> Any:
        found = list(_at([document], path))
        if not found:
            return None
        if type == "date":
            return since(found[0]) if isinstance(found[0], str) else "<unknown>"
        if type in ("integer", "number", "boolean"):
            return found[0]
        return ",".join(_plain(one) for one in found)

    return pick


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


_STEP = re.compile(r"\.?([^.\[\]]+)|\[\?\(@\.([\w.]+)\s*==\s*[\"']([^\"']*)[\"']\)\]|\[(\d+|\*)\]|\['([^']+)'\]")


def _at(values: list[Any], path: str) -> list[Any]:
    """What a JSON path of a printer column selects: fields, indices, ``[*]`` and ``[?(@.type=="Ready")]``."""
    for step in _STEP.finditer(path.replace("\\.", "\0")):
        field, key, wanted, index, quoted = step.groups()
        found: list[Any] = []
        for value in values:
            name = (field or quoted or "").replace("\0", ".")
            if name and isinstance(value, dict) and value.get(name) is not None:
                found.append(value[name])
            elif key and isinstance(value, list):
                found += [one for one in value if isinstance(one, dict) and str(one.get(key)) == wanted]
            elif index and isinstance(value, list):
                found += value if index == "*" else value[int(index) : int(index) + 1]
        values = found
    return values


def table(call: "Call", documents: list[Document], metadata: Document, *, defined: bool = True) -> Document:
    """A Table of objects; ``metadata`` is the list's. Without ``defined`` the columns' definitions are
    left out, as in all events of a watch but the first."""
    shown = columns(call)
    kept = ("resourceVersion", "continue", "remainingItemCount")
    include = call.query("includeObject", "Metadata")
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {name: metadata[name] for name in kept if name in metadata},
        "columnDefinitions": [column.definition() for column in shown] if defined else None,
        "rows": [{"cells": [column.value(one) for column in shown], **_object(one, include)} for one in documents],
    }


def _object(document: Document, include: str) -> Document:
    if include == "None":
        return {}
    if include == "Object":
        return {"object": document}
    return {
        "object": {
            "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": document["metadata"],
        }
    }  # fmt: skip
