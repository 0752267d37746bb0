"""The way in: an ingress controller with a public address, and a page for every name that nobody serves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.lab import Lab
from engine.step import typical
from tools import contexts, helm, kubectl, registry, rollout

if TYPE_CHECKING:
    from engine.goal import Goal

#: The controllers' names in settings, chart, namespace, and the service that gets the address.
SERVICES = {"traefik": "traefik", "ingress-nginx": "ingress-nginx-controller"}


@typical(minutes=2)
def ingress_controller(lab: Lab) -> Iterator[Goal]:
    """The ingress controller runs, its class is the default one, and it has a public address."""
    controller = lab.settings.ingress.controller
    chart = getattr(lab.settings.charts, controller.replace("-", "_"))
    yield from helm.release(lab, controller, chart, controller, lab.render(f"ingress/{controller}.yaml.j2"))
    yield kubectl.addressed(SERVICES[controller], controller)


def ingress(lab: Lab) -> Iterator[Goal]:
    """Names that nobody serves get the default backend's page."""
    image = registry.reference(lab, "defaultbackend", contexts.content_tag(lab.project / "apps/defaultbackend"))
    namespace = "default-backend"
    yield kubectl.applied("default backend", lab.render("ingress/defaultbackend.yaml.j2", image=image), namespace)
    yield rollout.available("default-backend", namespace)
