"""Which Service an Ingress sends a request to: by host, then by path, then by the default backends."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.controllers.controller import Cluster
from sandbox.controllers.ingress_programs import INGRESSES, Program, class_controller, programs
from sandbox.kube import cluster as clusters
from sandbox.store import Document

if TYPE_CHECKING:
    from sandbox.world import World


@dataclass(frozen=True)
class Route:
    """One path of one Ingress. ``host`` "" means any, ``path_type`` "" the default backend."""

    cluster: Cluster
    program: Program
    namespace: str
    host: str
    path: str
    path_type: str
    service: str
    port: int | str

    def matches(self, host: str, path: str) -> bool:
        return (not self.host or same_host(self.host, host)) and self._takes(path)

    def _takes(self, path: str) -> bool:
        if self.path_type == "Exact":
            return path == self.path
        prefix = self.path.rstrip("/")
        return not self.path_type or path == prefix or path.startswith(f"{prefix}/")

    @property
    def rank(self) -> tuple[bool, bool, bool, int, bool]:
        """The greatest wins: a rule before a default backend, a whole host before a wildcard before any, then the
        longest path, then an exact one."""
        wildcard = self.host.startswith("*.")
        length = len(self.path.rstrip("/"))
        return bool(self.path_type), bool(self.host) and not wildcard, wildcard, length, self.path_type == "Exact"


def same_host(said: str, host: str) -> bool:
    """Whether an Ingress's host means this one; a wildcard stands for one label."""
    if said.startswith("*."):
        return host.partition(".")[2].lower() == said[2:].lower()
    return said.lower() == host.lower()


def served(world: "World") -> Iterator[tuple[Cluster, Program, Document]]:
    """Every cluster's Ingresses whose controller runs."""
    for uid in clusters.uids(world):
        cluster = Cluster(world, uid)
        running = list(programs(cluster.objects))
        for ingress in cluster.objects.list(INGRESSES) if running else ():
            controller = class_controller(cluster.objects, ingress)
            program = next((one for one in running if controller in one.serves), None)
            if program:
                yield cluster, program, ingress


def route(world: "World", host: str, path: str) -> Route | None:
    """Where a request goes; None where no Ingress takes it."""
    fitting = [one for one in _routes(world) if one.matches(host, path)]
    return max(fitting, key=lambda one: one.rank, default=None)


def _routes(world: "World") -> Iterator[Route]:
    for cluster, program, ingress in served(world):
        spec, namespace = ingress["spec"], ingress["metadata"]["namespace"]
        for rule in spec.get("rules") or []:
            for one in (rule.get("http") or {}).get("paths") or []:
                place = rule.get("host") or "", one.get("path") or "/", one.get("pathType") or "Prefix"
                if "service" in one["backend"]:
                    yield Route(cluster, program, namespace, *place, *_target(one["backend"]["service"]))
        if "service" in (spec.get("defaultBackend") or {}):
            yield Route(cluster, program, namespace, "", "/", "", *_target(spec["defaultBackend"]["service"]))


def _target(service: Document) -> tuple[str, int | str]:
    port = service.get("port") or {}
    return service["name"], port.get("name") or port.get("number") or 80
