"""The objects of one cluster: stored, versioned and watched. The API's routes and the controllers both stand on it.

A resource is named ``pods`` (core group) or ``apps/deployments``; cluster-scoped objects have the namespace ``""``.
Documents handed out are the stored ones: never change them in place, use ``edit`` or a deep copy.
Nothing here awaits, so every call is atomic on the event loop. What the API server checks and defaults before it
stores (schemas, roles, managedFields) is not done here: controllers write what they mean.
"""

import asyncio
import copy
import random
import uuid
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from sandbox.kube.errors import already_exists, conflict, expired, not_found
from sandbox.kube.kinds import keeps_generation
from sandbox.store import Document, Table

# ``Objects.list`` hides the built-in name from the annotations beside it.
Listed = list[Document]
Names = list[str]

#: How many changes a watch may lie behind before it is told to list again.
REMEMBERED = 5000


@dataclass(frozen=True)
class Event:
    """One change. ``object`` is what is stored now (for ``DELETED``: was last stored, with a resourceVersion of its
    own), ``previous`` what was stored before."""

    revision: int
    type: Literal["ADDED", "MODIFIED", "DELETED"]
    resource: str
    object: Document
    previous: Document | None = None


def timestamp() -> str:
    """Now, as Kubernetes writes times: ``2026-01-31T12:00:00Z``."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def key(resource: str, namespace: str, name: str) -> str:
    return f"{resource}/{namespace}/{name}"


class Watch:
    """The changes of one resource (or all, for ``None``) as they happen. Close it, or use it in a ``with``."""

    def __init__(self, objects: "Objects", resource: str | None, namespace: str) -> None:
        self._objects, self.resource, self.namespace = objects, resource, namespace
        self._queue: asyncio.Queue[Event] = asyncio.Queue()

    def offer(self, event: Event) -> None:
        """Take an event in, if it is of the kind that is watched."""
        if self.resource not in (None, event.resource):
            return
        if self.namespace and event.object["metadata"].get("namespace") != self.namespace:
            return
        self._queue.put_nowait(event)

    async def next(self, timeout_s: float | None = None) -> Event:
        """The next event; raises TimeoutError after ``timeout_s`` seconds without one."""
        async with asyncio.timeout(timeout_s):
            return await self._queue.get()

    def pending(self) -> bool:
        return not self._queue.empty()

    async def __aiter__(self) -> AsyncIterator[Event]:
        while True:
            yield await self._queue.get()

    def __enter__(self) -> "Watch":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._objects.forget(self)


class Objects:
    """The object store of one cluster."""

    def __init__(self, table: Table, revisions: Table, uid: str) -> None:
        self._table, self._revisions, self._uid = table, revisions, uid
        self.revision: int = revisions.get(uid, {"revision": 1})["revision"]
        self._log: deque[Event] = deque(maxlen=REMEMBERED)
        self._oldest = self.revision  # the newest revision whose successors are all remembered
        self._watches: set[Watch] = set()
        self._keys: dict[str, dict[str, None]] = {}
        for stored in table:
            self._keys.setdefault(stored.rsplit("/", 2)[0], {})[stored] = None

    # --- reading

    def find(self, resource: str, namespace: str, name: str) -> Document | None:
        return self._table.get(key(resource, namespace, name))

    def get(self, resource: str, namespace: str, name: str) -> Document:
        """The object; raises ApiError 404 NotFound."""
        found = self.find(resource, namespace, name)
        if found is None:
            raise not_found(resource, name)
        return found

    def list(self, resource: str, namespace: str = "") -> Listed:
        """All objects of a resource, of one namespace or of all, sorted by namespace and name."""
        prefix = f"{resource}/{namespace}/" if namespace else f"{resource}/"
        return [self._table[k] for k in sorted(self._keys.get(resource, ())) if k.startswith(prefix)]

    def resources(self) -> Names:
        """Every resource that has an object."""
        return [resource for resource, keys in self._keys.items() if keys]

    # --- writing

    def create(self, resource: str, document: Document, *, dry_run: bool = False) -> Document:
        """Store a new object (``apiVersion``, ``kind``, ``metadata.name`` or ``generateName``, for a namespaced one
        ``metadata.namespace``). Gives it uid, creationTimestamp, generation and resourceVersion.
        A dry run, here and below, returns what would stand there and stores nothing.
        Raises ApiError 409 AlreadyExists."""
        document = copy.deepcopy(document)
        metadata = document["metadata"]
        namespace = metadata.get("namespace") or ""
        if not metadata.get("name") and metadata.get("generateName"):
            metadata["name"] = metadata["generateName"] + suffix()
        if self.find(resource, namespace, metadata["name"]) is not None:
            raise already_exists(resource, metadata["name"])
        metadata["uid"] = str(uuid.uuid4())
        metadata["creationTimestamp"] = timestamp()
        metadata.pop("deletionTimestamp", None)
        if keeps_generation(resource):
            metadata["generation"] = 1
        else:
            metadata.pop("generation", None)
        return document if dry_run else self._store("ADDED", resource, document, None)

    def update(self, resource: str, document: Document, *, dry_run: bool = False) -> Document:
        """Replace an object (its status too). A ``metadata.resourceVersion`` in the document must be the stored
        one, else ApiError 409 Conflict. ``generation`` counts changes outside of metadata and status. A document
        equal to the stored one is not written. An object being deleted goes with its last finalizer."""
        metadata = document["metadata"]
        namespace, name = metadata.get("namespace") or "", metadata["name"]
        stored = self.get(resource, namespace, name)
        old = stored["metadata"]
        if metadata.get("resourceVersion") not in (None, "", old["resourceVersion"]):
            raise conflict(resource, name)
        if metadata.get("uid") not in (None, "", old["uid"]):
            why = f"Precondition failed: UID in precondition: {metadata['uid']}, UID in object meta: {old['uid']}"
            raise conflict(resource, name, why)
        document = copy.deepcopy(document)
        metadata = document["metadata"]
        for kept in (
            "uid",
            "creationTimestamp",
            "generation",
            "deletionTimestamp",
            "deletionGracePeriodSeconds",
        ):
            metadata.pop(kept, None)
            if kept in old:
                metadata[kept] = old[kept]
        metadata["resourceVersion"] = old["resourceVersion"]
        if "generation" in old and _specification(document) != _specification(stored):
            metadata["generation"] = old["generation"] + 1
        if document == stored:
            return stored
        if dry_run:
            return document
        if "deletionTimestamp" in metadata and not _finalizers(document):
            return self._drop(resource, document, stored)
        return self._store("MODIFIED", resource, document, stored)

    def update_status(self, resource: str, document: Document) -> Document:
        """Replace the status of an object and nothing else; raises ApiError 404, and 409 on another resourceVersion."""
        metadata = document["metadata"]
        stored = self.get(resource, metadata.get("namespace") or "", metadata["name"])
        changed = {**stored, "metadata": {**stored["metadata"]}}
        changed["metadata"]["resourceVersion"] = metadata.get("resourceVersion")
        changed.pop("status", None)
        if "status" in document:
            changed["status"] = document["status"]
        return self.update(resource, changed)

    def edit(self, resource: str, namespace: str, name: str, change: Callable[[Document], object]) -> Document:
        """Read, let ``change`` alter a copy in place, and update. For controllers."""
        document = copy.deepcopy(self.get(resource, namespace, name))
        change(document)
        return self.update(resource, document)

    def delete(
        self,
        resource: str,
        namespace: str,
        name: str,
        *,
        propagation: str = "Background",
        preconditions: Document | None = None,
        dry_run: bool = False,
    ) -> Document:
        """Delete an object, or mark it with deletionTimestamp while it has finalizers. Returns it as it stands then.

        ``Foreground`` adds the finalizer ``foregroundDeletion``, ``Orphan`` the finalizer ``orphan``: the garbage
        collector (a controller) takes them away. Dependents are the garbage collector's too. A namespace has the
        finalizer ``kubernetes`` in its spec. Raises ApiError 404, and 409 where a precondition fails."""
        stored = self.get(resource, namespace, name)
        for field, wanted in (preconditions or {}).items():
            label = {"uid": "UID", "resourceVersion": "ResourceVersion"}.get(field, field)
            if wanted and stored["metadata"].get(field) != wanted:
                why = (
                    f"Precondition failed: {label} in precondition: {wanted}, "
                    f"{label} in object meta: {stored['metadata'].get(field)}"
                )
                raise conflict(resource, name, why)
        document = copy.deepcopy(stored)
        metadata = document["metadata"]
        added = {"Foreground": "foregroundDeletion", "Orphan": "orphan"}.get(propagation)
        if added and added not in metadata.get("finalizers", []):
            metadata["finalizers"] = [*metadata.get("finalizers", []), added]
        if not _finalizers(document):
            return stored if dry_run else self._drop(resource, document, stored)
        metadata.setdefault("deletionTimestamp", timestamp())
        metadata.setdefault("deletionGracePeriodSeconds", 0)
        if resource == "namespaces":
            document.setdefault("status", {})["phase"] = "Terminating"
        if document == stored or dry_run:
            return document
        return self._store("MODIFIED", resource, document, stored)

    # --- watching

    def watch(self, resource: str | None = None, namespace: str = "", since: int | None = None) -> Watch:
        """Changes from now on, or after revision ``since``; raises ApiError 410 Expired where the changes since
        then are no longer remembered. ``resource`` None watches everything."""
        watch = Watch(self, resource, namespace)
        if since is not None:
            if since < self._oldest:
                raise expired(f"too old resource version: {since} ({self._oldest})")
            for event in self._log:
                if event.revision > since:
                    watch.offer(event)
        self._watches.add(watch)
        return watch

    def forget(self, watch: Watch) -> None:
        self._watches.discard(watch)

    # --- the table

    def clear(self) -> None:
        """Remove every object with no word to anybody: the cluster itself is gone."""
        for stored in self._table:
            del self._table[stored]
        self._keys.clear()
        self._revisions.pop(self._uid, None)

    def _next_revision(self) -> int:
        self.revision += 1
        self._revisions[self._uid] = {"revision": self.revision}
        return self.revision

    def _store(
        self, type: Literal["ADDED", "MODIFIED"], resource: str, document: Document, previous: Document | None
    ) -> Document:
        metadata = document["metadata"]
        metadata["resourceVersion"] = str(self._next_revision())
        stored = key(resource, metadata.get("namespace") or "", metadata["name"])
        self._table[stored] = document
        self._keys.setdefault(resource, {})[stored] = None
        self._tell(Event(self.revision, type, resource, document, previous))
        return document

    def _drop(self, resource: str, document: Document, previous: Document) -> Document:
        metadata = document["metadata"]
        metadata["resourceVersion"] = str(self._next_revision())
        stored = key(resource, metadata.get("namespace") or "", metadata["name"])
        del self._table[stored]
        del self._keys[resource][stored]
        self._tell(Event(self.revision, "DELETED", resource, document, previous))
        return document

    def _tell(self, event: Event) -> None:
        if len(self._log) == REMEMBERED:
            self._oldest = self._log[0].revision
        self._log.append(event)
        for watch in list(self._watches):
            watch.offer(event)


def suffix() -> str:
    """Five random characters of the alphabet that generated names use (no vowels, nothing alike)."""
    return "".join(random.choices("bcdfghjklmnpqrstvwxz2456789", k=5))


def _specification(document: Document) -> Document:
    return {field: value for field, value in document.items() if field not in ("metadata", "status")}


def _finalizers(document: Document) -> list[str]:
    finalizers = list(document["metadata"].get("finalizers") or [])
    if document.get("kind") == "Namespace":
        finalizers += document.get("spec", {}).get("finalizers") or []
    return finalizers
