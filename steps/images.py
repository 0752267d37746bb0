"""The sample's images: built in the registry from apps/, tagged by their sources' content."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.lab import Lab
from engine.step import typical
from tools import contexts, registry

if TYPE_CHECKING:
    from engine.goal import Goal


@typical(minutes=2)
def frontend_image(lab: Lab) -> Iterator[Goal]:
    """The frontend's image."""
    return _built(lab, "frontend")


@typical(minutes=2)
def backend_image(lab: Lab) -> Iterator[Goal]:
    """The backend's image."""
    return _built(lab, "backend")


@typical(minutes=2)
def defaultbackend_image(lab: Lab) -> Iterator[Goal]:
    """The image of what answers where nothing else does."""
    return _built(lab, "defaultbackend")


def images(lab: Lab) -> None:
    """All images are in the registry."""


def _built(lab: Lab, app: str) -> Iterator[Goal]:
    context = lab.project / "apps" / app
    return registry.built(lab, app, contexts.content_tag(context), context)
