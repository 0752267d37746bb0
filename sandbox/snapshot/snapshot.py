"""The snapshot: sections of what stands, each by name, with names for all that is random."""

from typing import TYPE_CHECKING, Any

from sandbox.snapshot import azure, kubernetes
from sandbox.snapshot.names import Names

if TYPE_CHECKING:
    from sandbox.world import World

_SECTIONS = {
    "resources": azure.resources,
    "role assignments": azure.assignments,
    "directory objects": azure.directory,
    "images": azure.images,
    "under way": azure.under_way,
    "objects": kubernetes.objects,
    "pods": kubernetes.pods,
    "releases": kubernetes.releases,
}


def take(world: "World") -> dict[str, Any]:
    """``{section: {name: what it is}}``, sorted. Two sandboxes in which the same was done have the same."""
    names = Names(world)
    return {section: dict(sorted(names.put_into(of(world)).items())) for section, of in _SECTIONS.items()}
