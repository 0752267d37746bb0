"""Owner references: who made an object, and what an object has made."""

from collections.abc import Iterator

from sandbox.controllers.controller import Key
from sandbox.kube.kinds import builtin
from sandbox.kube.objects import Objects
from sandbox.store import Document


def reference(owner: Document, controller: bool = True) -> Document:
    """The reference that an object made for ``owner`` carries."""
    made: Document = {
        "apiVersion": owner["apiVersion"], "kind": owner["kind"],
        "name": owner["metadata"]["name"], "uid": owner["metadata"]["uid"],
    }  # fmt: skip
    if controller:
        made |= {"controller": True, "blockOwnerDeletion": True}
    return made


def controller_of(document: Document) -> Document | None:
    """The reference to the one owner that manages the object."""
    references = document["metadata"].get("ownerReferences") or []
    return next((one for one in references if one.get("controller")), None)


def owned(objects: Objects, resource: str, owner: Document) -> list[Document]:
    """The objects of a resource that ``owner`` manages, in its namespace."""
    uid = owner["metadata"]["uid"]
    return [
        document
        for document in objects.list(resource, owner["metadata"].get("namespace") or "")
        if (controller_of(document) or {}).get("uid") == uid
    ]


def owner_keys(document: Document, resource: str) -> Iterator[Key]:
    """The key of the managing owner, if that is a ``resource`` (``apps/deployments``)."""
    kind = builtin(resource)
    managing = controller_of(document)
    if kind and managing and managing["kind"] == kind.kind and managing["apiVersion"] == kind.api_version:
        yield document["metadata"].get("namespace") or "", managing["name"]
