"""Namespaces: what each one holds from its first moment, and how it goes with all that is in it."""

from collections.abc import Iterable

from sandbox.controllers.controller import Controller, Key
from sandbox.home import Home
from sandbox.kube.kinds import builtin
from sandbox.kube.objects import Event
from sandbox.store import Document


class Namespaces(Controller):
    primary = "namespaces"
    others = frozenset({"serviceaccounts", "configmaps"})

    def concerned(self, event: Event) -> Iterable[Key]:
        """Nobody takes a namespace's default account or its CA away for long; and the last object may have gone."""
        return [("", event.object["metadata"]["namespace"])] if event.type == "DELETED" else []

    async def reconcile(self, namespace: str, name: str) -> float | None:
        found = self.objects.find("namespaces", "", name)
        if found is None:
            return None
        if "deletionTimestamp" in found["metadata"]:
            return self._empty(name)
        self._furnish(name)
        return None

    def _furnish(self, name: str) -> None:
        metadata = {"name": "default", "namespace": name}
        if self.objects.find("serviceaccounts", name, "default") is None:
            account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}
            self.objects.create("serviceaccounts", account)
        if self.objects.find("configmaps", name, "kube-root-ca.crt") is None:
            said = "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints."
            annotations = {"kubernetes.io/description": said}
            published = {"name": "kube-root-ca.crt", "namespace": name, "annotations": annotations}
            authority = (Home(self.world.home).tls / "ca.pem").read_text()
            self.objects.create(
                "configmaps",
                {"apiVersion": "v1", "kind": "ConfigMap", "metadata": published, "data": {"ca.crt": authority}},
            )

    def _empty(self, name: str) -> float | None:
        """Delete what is in the namespace, then the namespace. Objects with finalizers hold it up."""
        left = []
        for resource in self.objects.resources():
            if _cluster_scoped(resource):
                continue
            for document in self.objects.list(resource, name):
                if "deletionTimestamp" not in document["metadata"]:
                    self.objects.delete(resource, name, document["metadata"]["name"])
            left += self.objects.list(resource, name)
        if left:
            return 0.2

        def finalize(document: Document) -> None:
            document["spec"]["finalizers"] = []

        self.objects.edit("namespaces", "", name, finalize)
        return None


def _cluster_scoped(resource: str) -> bool:
    kind = builtin(resource)
    return kind is not None and not kind.namespaced
