"""Ingress controllers that run: which classes each serves, and which of them an Ingress belongs to."""

from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.controllers import conditions
from sandbox.kube.objects import Objects
from sandbox.store import Document

INGRESSES, CLASSES = "networking.k8s.io/ingresses", "networking.k8s.io/ingressclasses"
CLASS_ANNOTATION = "kubernetes.io/ingress.class"
#: The arguments in which a program says whose address its Ingresses have, by the controller value of its class.
_PUBLISHED = {
    "traefik.io/ingress-controller": "--providers.kubernetesingress.ingressendpoint.publishedservice=",
    "k8s.io/ingress-nginx": "--publish-service=",
}
#: How Traefik is told to take the Ingresses of ingress-nginx, and whose address they have.
_TRAEFIK_AS_NGINX = "--providers.kubernetesingressnginx"
_TRAEFIK_NGINX_PUBLISHED = "--providers.kubernetesingressnginx.publishService="


@dataclass(frozen=True)
class Program:
    """A running ingress controller: its pod, which program it is (``traefik``, ``nginx``), and the class controllers
    that it serves, each with its published Service or None."""

    pod: Document
    kind: str
    serves: dict[str, str | None]


def programs(objects: Objects) -> Iterator[Program]:
    """Those whose pod is ready."""
    for pod in objects.list("pods"):
        if conditions.is_true(pod, "Ready"):
            for container in pod["spec"]["containers"]:
                program = program_of(pod, container)
                if program:
                    yield program


def class_controller(objects: Objects, ingress: Document) -> str | None:
    """The controller value of an Ingress's class."""
    annotations = ingress["metadata"].get("annotations") or {}
    name = ingress["spec"].get("ingressClassName") or annotations.get(CLASS_ANNOTATION)
    found = objects.find(CLASSES, "", name) if name else None
    return found["spec"].get("controller") if found else None


def program_of(pod: Document, container: Document) -> Program | None:
    """What a container serves, if it is an ingress controller."""
    namespace = pod["metadata"]["namespace"]
    arguments = [one.replace("$(POD_NAMESPACE)", namespace) for one in container.get("args") or []]
    image = container["image"].partition("@")[0].rpartition(":")[0].rpartition("/")[2]
    if image == "traefik":
        serves = {"traefik.io/ingress-controller": _value(arguments, _PUBLISHED["traefik.io/ingress-controller"])}
        if _TRAEFIK_AS_NGINX in arguments:
            serves["k8s.io/ingress-nginx"] = _value(arguments, _TRAEFIK_NGINX_PUBLISHED)
        return Program(pod, "traefik", serves)
    if image == "controller" and "ingress-nginx" in container["image"]:
        own = _value(arguments, "--controller-class=") or "k8s.io/ingress-nginx"
        return Program(pod, "nginx", {own: _value(arguments, _PUBLISHED["k8s.io/ingress-nginx"])})
    return None


def _value(arguments: list[str], flag: str) -> str | None:
    return next((one.removeprefix(flag) for one in arguments if one.startswith(flag)), None)
