"""A controller: one loop that brings one kind of object from what it says to what is."""

import asyncio
import sys
import time
import traceback
from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from sandbox.kube import cluster as clusters
from sandbox.kube.errors import ApiError
from sandbox.kube.objects import Event, Objects
from sandbox.store import Document
from sandbox.world import World

#: An object's place: (namespace, name).
Key = tuple[str, str]

#: How long to wait with an object after a bug of ours, so that it neither spins nor is forgotten.
AFTER_A_BUG_S = 2.0


def key_of(document: Document) -> Key:
    return document["metadata"].get("namespace") or "", document["metadata"]["name"]


@dataclass(frozen=True)
class Cluster:
    """One cluster as controllers see it."""

    world: World
    uid: str

    @property
    def objects(self) -> Objects:
        return clusters.objects(self.world, self.uid)

    @property
    def record(self) -> Document:
        """What ``sandbox.kube.cluster`` keeps about it: id, properties, version; {} once it is gone."""
        return clusters.get(self.world, self.uid) or {}

    @property
    def properties(self) -> Document:
        """The properties of its AKS resource."""
        return self.record.get("properties") or {}


class Controller:
    """Subclass it, name what it watches, and write ``reconcile``.

    ``reconcile`` looks at how things stand, does what is missing and may be called at any time, any number of times.
    It returns the seconds after which to look again, or None to wait for the next change.
    """

    #: The resource whose objects are reconciled.
    primary: str
    #: Other resources whose changes matter; ``concerned`` says to which objects.
    others: frozenset[str] = frozenset()

    def __init__(self, cluster: Cluster) -> None:
        self.cluster, self.world, self.objects = cluster, cluster.world, cluster.objects
        self._due: dict[Key, float] = {}
        self._since: dict[Hashable, float] = {}

    def concerned(self, event: Event) -> Iterable[Key]:
        """The objects that an event of one of ``others`` concerns."""
        return ()

    async def reconcile(self, namespace: str, name: str) -> float | None:
        raise NotImplementedError

    async def run(self) -> None:
        """Work until cancelled."""
        with self.objects.watch() as watch:
            for document in self.objects.list(self.primary):
                self._wake(key_of(document))
            while True:
                await self._work()
                try:
                    self._absorb(await watch.next(self._idle_s()))
                except TimeoutError:
                    continue
                while watch.pending():
                    self._absorb(await watch.next())

    def tell(self, document: Document, status: Document) -> Document:
        """Write the status of an object of the primary resource, over whatever was written meanwhile."""
        metadata = {**document["metadata"], "resourceVersion": None}
        return self.objects.update_status(self.primary, {**document, "metadata": metadata, "status": status})

    def remaining_s(self, what: Hashable, azure_s: float, floor_s: float = 0.0) -> float:
        """How many seconds are left of something that takes ``azure_s`` on Azure and began when this was first asked.
        ``floor_s``: what it takes at least, at any pace. At pace 0 everything else is over at once."""
        began = self._since.setdefault(what, time.monotonic())
        return max(0.0, began + max(floor_s, self.world.pace.scaled(azure_s)) - time.monotonic())

    def due(self, what: Hashable, azure_s: float, floor_s: float) -> bool:
        """Whether something that is done at most every so often is to be done now: the first time, then again."""
        if self.begun(what) and self.remaining_s(what, azure_s, floor_s):
            return False
        self.forget(what)
        self.remaining_s(what, azure_s, floor_s)
        return True

    def begun(self, what: Hashable) -> bool:
        """Whether ``remaining_s`` has been asked about it (and it was not forgotten)."""
        return what in self._since

    def forget(self, *what: Hashable) -> None:
        """Let the time of something begin anew."""
        for one in what:
            self._since.pop(one, None)

    def _wake(self, key: Key, in_s: float = 0.0) -> None:
        at = time.monotonic() + in_s
        self._due[key] = min(at, self._due.get(key, at))

    def _absorb(self, event: Event) -> None:
        if event.resource == self.primary:
            self._wake(key_of(event.object))
        if event.resource in self.others:
            for key in self.concerned(event):
                self._wake(key)

    def _idle_s(self) -> float | None:
        return max(0.0, min(self._due.values()) - time.monotonic()) if self._due else None

    async def _work(self) -> None:
        now = time.monotonic()
        for key in [key for key, due in self._due.items() if due <= now]:
            del self._due[key]
            again = await self._attempt(key)
            if again is not None:
                self._wake(key, again)
            await asyncio.sleep(0)  # let requests and the other controllers have their turn

    async def _attempt(self, key: Key) -> float | None:
        try:
            return await self.reconcile(*key)
        except ApiError as error:
            if error.code not in (404, 409):
                traceback.print_exc()
            return 0.1  # something changed under our hands
        except Exception:  # noqa: BLE001 - one object's trouble must not stop the controller
            print(f"sandbox: {type(self).__name__} of {'/'.join(key)} failed", file=sys.stderr)
            traceback.print_exc()
            return AFTER_A_BUG_S
