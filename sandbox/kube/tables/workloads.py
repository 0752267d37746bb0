"""The columns of deployments, replica sets, stateful sets and daemon sets."""

from collections.abc import Callable

from sandbox.kube import selectors
from sandbox.kube.tables.column import Column, containers, labels, number, or_none, spec, status, wide
from sandbox.store import Document


def _count(holder: Callable[[Document], Document], field: str) -> Callable[[Document], int]:
    return lambda one: holder(one).get(field) or 0


def _ready(one: Document) -> str:
    return f"{status(one).get('readyReplicas') or 0}/{spec(one).get('replicas') or 0}"


def _selector(one: Document) -> str:
    return or_none(selectors.as_text(spec(one).get("selector")))


_TEMPLATE = (
    wide("Containers", lambda one: containers(spec(one).get("template") or {})("name")),
    wide("Images", lambda one: containers(spec(one).get("template") or {})("image")),
)
_REPLICAS = (
    number("Desired", _count(spec, "replicas")),
    number("Current", _count(status, "replicas")),
    number("Ready", _count(status, "readyReplicas")),
)

COLUMNS = {
    "apps/deployments": (
        Column("Ready", _ready),
        number("Up-to-date", _count(status, "updatedReplicas")),
        number("Available", _count(status, "availableReplicas")),
        *_TEMPLATE,
        wide("Selector", _selector),
    ),
    "apps/replicasets": (*_REPLICAS, *_TEMPLATE, wide("Selector", _selector)),
    "replicationcontrollers": (*_REPLICAS, *_TEMPLATE, wide("Selector", lambda one: labels(spec(one).get("selector")))),
    "apps/statefulsets": (Column("Ready", _ready), *_TEMPLATE),
    "apps/daemonsets": (
        number("Desired", _count(status, "desiredNumberScheduled")),
        number("Current", _count(status, "currentNumberScheduled")),
        number("Ready", _count(status, "numberReady")),
        number("Up-to-date", _count(status, "updatedNumberScheduled")),
        number("Available", _count(status, "numberAvailable")),
        Column(
            "Node Selector",
            lambda one: labels((spec(one).get("template") or {}).get("spec", {}).get("nodeSelector")),
        ),
        *_TEMPLATE,
        wide("Selector", _selector),
    ),
}
