"""Ingress controllers, played: once one is ready, the Ingresses of its class get the address of its Service."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sandbox.controllers import conditions, events
from sandbox.controllers.controller import Controller, Key, key_of
from sandbox.controllers.load_balancers import ingress_addresses
from sandbox.kube.objects import Event
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
    """A running ingress controller: the class controllers that it serves, each with its published Service or None."""

    namespace: str
    serves: dict[str, str | None]


class Ingresses(Controller):
    primary = INGRESSES
    others = frozenset({"services", "pods", CLASSES})

    def concerned(self, event: Event) -> Iterable[Key]:
        return [key_of(ingress) for ingress in self.objects.list(INGRESSES)]

    async def reconcile(self, namespace: str, name: str) -> float | None:
        ingress = self.objects.find(INGRESSES, namespace, name)
        if ingress is None or "deletionTimestamp" in ingress["metadata"]:
            return None
        controller = self._controller_of(ingress)
        program = next((one for one in self._programs() if controller in one.serves), None)
        if program is None or controller is None:
            return None
        addresses = self._published(program, controller)
        status = {"loadBalancer": {"ingress": [{"ip": one} for one in addresses]} if addresses else {}}
        if ingress.get("status") != status:
            self.tell(ingress, status)
            if "nginx" in controller:
                said = "Scheduled for sync"
                events.record(self.cluster, ingress, "Normal", "Sync", said, "nginx-ingress-controller")
        return None

    def _controller_of(self, ingress: Document) -> str | None:
        """The controller value of an Ingress's class."""
        annotations = ingress["metadata"].get("annotations") or {}
        name = ingress["spec"].get("ingressClassName") or annotations.get(CLASS_ANNOTATION)
        found = self.objects.find(CLASSES, "", name) if name else None
        return found["spec"].get("controller") if found else None

    def _programs(self) -> Iterator[Program]:
        for pod in self.objects.list("pods"):
            if conditions.is_true(pod, "Ready"):
                for container in pod["spec"]["containers"]:
                    program = _program(pod, container)
                    if program:
                        yield program

    def _published(self, program: Program, controller: str) -> list[str]:
        name = program.serves[controller]
        if name is None:
            return []
        namespace, _, service_name = name.partition("/")
        service = self.objects.find("services", namespace, service_name)
        return ingress_addresses(service) if service else []


def _program(pod: Document, container: Document) -> Program | None:
    """What a container serves, if it is an ingress controller."""
    namespace = pod["metadata"]["namespace"]
    arguments = [one.replace("$(POD_NAMESPACE)", namespace) for one in container.get("args") or []]
    image = container["image"].partition("@")[0].rpartition(":")[0].rpartition("/")[2]
    if image == "traefik":
        serves = {"traefik.io/ingress-controller": _value(arguments, _PUBLISHED["traefik.io/ingress-controller"])}
        if _TRAEFIK_AS_NGINX in arguments:
            serves["k8s.io/ingress-nginx"] = _value(arguments, _TRAEFIK_NGINX_PUBLISHED)
        return Program(namespace, serves)
    if image == "controller" and "ingress-nginx" in container["image"]:
        own = _value(arguments, "--controller-class=") or "k8s.io/ingress-nginx"
        return Program(namespace, {own: _value(arguments, _PUBLISHED["k8s.io/ingress-nginx"])})
    return None


def _value(arguments: list[str], flag: str) -> str | None:
    return next((one.removeprefix(flag) for one in arguments if one.startswith(flag)), None)
