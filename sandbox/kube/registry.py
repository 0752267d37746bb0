"""The kinds of one cluster: the built-in ones and those that its custom resource definitions add."""

from collections.abc import Iterator

from sandbox.kube import crds
from sandbox.kube.kinds import BUILTIN, Kind
from sandbox.kube.objects import Objects
from sandbox.kube.schemas import shapes
from sandbox.kube.schemas.shapes import Shape
from sandbox.store import Document

DEFINITIONS = "apiextensions.k8s.io/customresourcedefinitions"


class Registry:
    """Kinds looked up by what a request names. Definitions are read at each question: they are few."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def kinds(self) -> Iterator[Kind]:
        """All kinds, the preferred version of a group first."""
        yield from BUILTIN
        for definition in self._objects.list(DEFINITIONS):
            yield from crds.kinds(definition)

    def find(self, group: str, version: str, plural: str) -> Kind | None:
        for kind in self.kinds():
            if (kind.group, kind.version, kind.plural) == (group, version, plural):
                return kind
        return None

    def served(self, resource: str) -> Kind | None:
        """The preferred kind of a resource (``apps/deployments``)."""
        return next((kind for kind in self.kinds() if kind.requested == resource), None)

    def groups(self) -> dict[str, dict[str, list[Kind]]]:
        """Group -> version -> kinds, in the order of preference."""
        groups: dict[str, dict[str, list[Kind]]] = {}
        for kind in self.kinds():
            groups.setdefault(kind.group, {}).setdefault(kind.version, []).append(kind)
        return groups

    def definition(self, kind: Kind) -> Document | None:
        """The definition that a custom kind comes from."""
        return self._objects.find(DEFINITIONS, "", f"{kind.plural}.{kind.group}") if kind.custom else None

    def shape(self, kind: Kind) -> Shape:
        """The shape of a kind's objects."""
        definition = self.definition(kind)
        if definition is not None:
            return crds.shape(definition, kind.version)
        return shapes.builtin(f"{kind.group.split('.')[0] or 'core'}.{kind.version}.{kind.kind}")
