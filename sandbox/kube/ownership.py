"""Who owns which field (``metadata.managedFields``): kept on every write, decisive for server-side apply."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.kube import fields
from sandbox.kube.errors import ApiError
from sandbox.kube.fields import Fields, Path
from sandbox.kube.objects import timestamp
from sandbox.kube.schemas.shapes import Shape
from sandbox.store import Document

#: Fields that nobody owns: the server writes them.
_SERVERS = {
    ("f:apiVersion",), ("f:kind",), ("f:metadata",),
    *(("f:metadata", f"f:{name}") for name in (
        "name", "namespace", "creationTimestamp", "selfLink", "uid", "generation", "managedFields",
        "resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds", "generateName",
    )),
}  # fmt: skip


@dataclass(frozen=True)
class Manager:
    """One entry of managedFields, less its fields. ``operation`` is ``Apply`` or ``Update``."""

    name: str
    operation: str
    api_version: str
    subresource: str = ""

    def said(self) -> str:
        """The manager as a conflict names it."""
        text = json.dumps(self.name)
        if self.subresource:
            text += f" with subresource {json.dumps(self.subresource)}"
        return f"{text} using {self.api_version}" if self.operation == "Update" else text


Owners = dict[Manager, Fields]


def read(document: Document) -> tuple[Owners, dict[Manager, str]]:
    """The owners that an object records, and when each wrote last."""
    owners: Owners = {}
    times: dict[Manager, str] = {}
    for entry in document["metadata"].get("managedFields") or []:
        if "operation" not in entry:
            continue
        manager = Manager(
            entry.get("manager", ""),
            entry["operation"],
            entry.get("apiVersion", ""),
            entry.get("subresource", ""),
        )
        owners[manager] = frozenset(fields.decoded(entry.get("fieldsV1") or {}))
        times[manager] = entry.get("time", "")
    return owners, times


def write(document: Document, owners: Owners, previous: Document | None) -> None:
    """Record the owners in ``document`` (changed in place); who owns what they owned before keeps their time."""
    old, times = read(previous) if previous else ({}, {})
    now = timestamp()
    entries = []
    for manager, owned in owners.items():
        if not owned:
            continue
        entry = {
            "manager": manager.name, "operation": manager.operation, "apiVersion": manager.api_version,
            "time": times[manager] if old.get(manager) == owned else now,
            "fieldsType": "FieldsV1", "fieldsV1": fields.encoded(owned),
        }  # fmt: skip
        if manager.subresource:
            entry["subresource"] = manager.subresource
        entries.append(entry)
    entries.sort(key=lambda entry: (entry["operation"], entry["time"], entry["manager"]))
    document["metadata"].pop("managedFields", None)
    if entries:
        document["metadata"]["managedFields"] = entries


def of(shape: Shape, document: Document, *, status: bool) -> Fields:
    """What a document's sender claims: all of it but the server's own fields and, unless through the status
    subresource, the status."""
    return _claimable(fields.owned(shape, document), status)


def _claimable(paths: Iterable[Path], status: bool) -> Fields:
    return frozenset(path for path in paths if path not in _SERVERS and (status or path[0] != "f:status"))


def updated(shape: Shape, live: Document | None, new: Document, manager: Manager, *, status: bool) -> None:
    """Record a create, replace or patch by ``manager`` in ``new`` (in place): it owns what it has changed, and
    nobody owns what is gone. Owners that the request itself writes are taken over; an empty entry resets them."""
    sent = new["metadata"].get("managedFields")
    base = new if sent and (live is None or sent != live["metadata"].get("managedFields")) else live
    owners, _ = read(base) if base else ({}, {})
    changed, lost = fields.difference(shape, live or {"metadata": {}}, new)
    changed, lost = _claimable(changed, status), _claimable(lost, status)
    owners = {
        other: kept if other == manager else kept - changed - lost - _below(kept, lost)
        for other, kept in owners.items()
    }
    owners[manager] = (owners.get(manager, frozenset()) | changed) - lost
    write(new, owners, live if base is not new else new)


def _below(owned: Fields, gone: Fields) -> Fields:
    """The owned paths inside of something that is gone."""
    return frozenset(path for path in owned if any(path[:length] in gone for length in range(1, len(path))))


def applied(
    shape: Shape, live: Document, config: Document, manager: Manager, *, status: bool, force: bool
) -> tuple[Document, Owners]:
    """Server-side apply: the merged object and its owners. Raises ApiError 409 where others own what would change."""
    owners, _ = read(live)
    claimed = of(shape, config, status=status)
    former = frozenset[Path]().union(*(owned for other, owned in owners.items() if _same(other, manager)))
    others = {other: owned for other, owned in owners.items() if not _same(other, manager)}
    merged = fields.merged(live, config, shape)
    elsewhere = frozenset[Path]().union(*others.values())
    prefixes = {path[:length] for path in elsewhere for length in range(1, len(path) + 1)}
    merged = fields.without(merged, (path for path in former - claimed if path not in prefixes), shape)
    changed, lost = fields.difference(shape, live, merged)
    clashes = {other: owned & changed for other, owned in others.items() if owned & changed}
    if clashes and not force:
        raise conflicts(clashes)
    others = {other: owned - changed - lost for other, owned in others.items()}
    return merged, {**others, manager: claimed}


def _same(other: Manager, manager: Manager) -> bool:
    """Whether an entry is the same applier's, perhaps in another version of the API."""
    return (other.name, other.operation, other.subresource) == (
        manager.name, manager.operation, manager.subresource,
    )  # fmt: skip


def conflicts(clashes: Owners) -> ApiError:
    """409: an apply would change what others own."""
    pairs = [(other, path) for other, owned in clashes.items() for path in sorted(owned)]
    causes = [
        {
            "reason": "FieldManagerConflict",
            "message": f"conflict with {other.said()}",
            "field": fields.shown(path),
        }
        for other, path in pairs
    ]
    if len(pairs) == 1:
        other, path = pairs[0]
        said = f"1 conflict: conflict with {other.said()}: {fields.shown(path)}"
    else:
        listed = []
        for other, owned in sorted(clashes.items(), key=lambda pair: pair[0].name):
            lines = "\n".join(f"- {fields.shown(path)}" for path in sorted(owned))
            listed.append(f"conflicts with {other.said()}:\n{lines}")
        said = f"{len(pairs)} conflicts: " + "\n".join(listed)
    return ApiError(409, "Conflict", f"Apply failed with {said}", {"causes": causes})
