"""The garbage collector: dependents go with their last owner, and owners wait for dependents where asked to."""

import asyncio

from sandbox.controllers.controller import Cluster, Controller
from sandbox.kube.objects import Event
from sandbox.store import Document


class GarbageCollector(Controller):
    """Works on every kind, so it has a loop of its own instead of one kind's objects.

    In memory: the dependents of each owner, by uid. Built when it starts, then kept by the events."""

    primary = ""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster)
        self._dependents: dict[str, set[tuple[str, str, str]]] = {}

    async def run(self) -> None:
        with self.objects.watch() as watch:
            for resource in self.objects.resources():
                for document in self.objects.list(resource):
                    self._note(resource, document)
                    self._look(resource, document)
            async for event in watch:
                self._take(event)
                await asyncio.sleep(0)

    def _take(self, event: Event) -> None:
        document = event.object
        if event.type == "DELETED":
            self._orphans_of(document)
            self._waiting_owners_of(document)
            return
        self._note(event.resource, document)
        self._look(event.resource, document)

    def _note(self, resource: str, document: Document) -> None:
        metadata = document["metadata"]
        place = (resource, metadata.get("namespace") or "", metadata["name"])
        for reference in metadata.get("ownerReferences") or []:
            self._dependents.setdefault(reference["uid"], set()).add(place)

    def _of(self, uid: str) -> list[tuple[str, Document]]:
        """The dependents of an owner that are still there and still its own."""
        found = []
        for resource, namespace, name in sorted(self._dependents.get(uid, ())):
            document = self.objects.find(resource, namespace, name)
            references = (document or {}).get("metadata", {}).get("ownerReferences") or []
            if document is not None and any(one["uid"] == uid for one in references):
                found.append((resource, document))
        return found

    def _orphans_of(self, owner: Document) -> None:
        """An owner is gone: what has no other owner goes too."""
        uid = owner["metadata"]["uid"]
        for resource, document in self._of(uid):
            metadata = document["metadata"]
            others = [one for one in metadata["ownerReferences"] if one["uid"] != uid]
            if any(self._alive(one, metadata.get("namespace") or "") for one in others):
                self._disown(resource, document, uid)
            elif "deletionTimestamp" not in metadata:
                self.objects.delete(resource, metadata.get("namespace") or "", metadata["name"])
        self._dependents.pop(uid, None)

    def _alive(self, reference: Document, namespace: str) -> bool:
        for resource in self.objects.resources():
            for place in (namespace, ""):
                found = self.objects.find(resource, place, reference["name"])
                if found and found["metadata"]["uid"] == reference["uid"]:
                    return True
        return False

    def _disown(self, resource: str, document: Document, uid: str) -> None:
        def leave(changed: Document) -> None:
            kept = [one for one in changed["metadata"]["ownerReferences"] if one["uid"] != uid]
            changed["metadata"]["ownerReferences"] = kept
            if not kept:
                del changed["metadata"]["ownerReferences"]

        metadata = document["metadata"]
        self.objects.edit(resource, metadata.get("namespace") or "", metadata["name"], leave)

    def _look(self, resource: str, document: Document) -> None:
        """Owners that are being deleted: ``orphan`` sets dependents free, ``foregroundDeletion`` deletes them first."""
        metadata = document["metadata"]
        finalizers = metadata.get("finalizers") or []
        if "deletionTimestamp" not in metadata:
            return
        if "orphan" in finalizers:
            for of_resource, dependent in self._of(metadata["uid"]):
                self._disown(of_resource, dependent, metadata["uid"])
            self._release(resource, document, "orphan")
        elif "foregroundDeletion" in finalizers:
            left = self._of(metadata["uid"])
            for of_resource, dependent in left:
                place = dependent["metadata"]
                if "deletionTimestamp" not in place:
                    self.objects.delete(
                        of_resource, place.get("namespace") or "", place["name"], propagation="Foreground"
                    )
            if not self._of(metadata["uid"]):
                self._release(resource, document, "foregroundDeletion")

    def _waiting_owners_of(self, dependent: Document) -> None:
        """A dependent is gone: an owner may have waited for it."""
        for reference in dependent["metadata"].get("ownerReferences") or []:
            for resource in self.objects.resources():
                for place in (dependent["metadata"].get("namespace") or "", ""):
                    found = self.objects.find(resource, place, reference["name"])
                    if found and found["metadata"]["uid"] == reference["uid"]:
                        self._look(resource, found)

    def _release(self, resource: str, document: Document, finalizer: str) -> None:
        metadata = document["metadata"]
        place = (resource, metadata.get("namespace") or "", metadata["name"])
        if self.objects.find(*place) is None:
            return

        def free(changed: Document) -> None:
            changed["metadata"]["finalizers"] = [one for one in changed["metadata"]["finalizers"] if one != finalizer]

        self.objects.edit(*place, free)
