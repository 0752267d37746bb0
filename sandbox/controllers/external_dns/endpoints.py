"""The names that a cluster wants to have, and for which addresses."""

from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.controllers.controller import Cluster
from sandbox.controllers.external_dns.settings import Settings, seconds
from sandbox.controllers.load_balancers import ingress_addresses
from sandbox.store import Document

DEFAULT_TTL_S = 300


@dataclass(frozen=True)
class Endpoint:
    """A name with its addresses. ``resource`` is who wants it: ``ingress/default/web``."""

    name: str
    targets: tuple[str, ...]
    resource: str
    ttl_s: int = DEFAULT_TTL_S


def wanted(cluster: Cluster, settings: Settings) -> dict[str, Endpoint]:
    """All endpoints by name; of two that want one name the older stays."""
    found: dict[str, Endpoint] = {}
    for endpoint in _all(cluster, settings):
        if not settings.domains or any(_within(endpoint.name, domain) for domain in settings.domains):
            found.setdefault(endpoint.name, endpoint)
    return found


def _within(name: str, domain: str) -> bool:
    bare = domain.strip(".").lower()
    return name == bare or name.endswith(f".{bare}")


def _all(cluster: Cluster, settings: Settings) -> Iterator[Endpoint]:
    if "ingress" in settings.sources:
        for ingress in cluster.objects.list("networking.k8s.io/ingresses", settings.namespace):
            yield from _endpoints(ingress, "ingress", settings, _hosts(ingress))
    if "service" in settings.sources:
        for service in cluster.objects.list("services", settings.namespace):
            if service["spec"].get("type") == "LoadBalancer":
                yield from _endpoints(service, "service", settings, [])


def _hosts(ingress: Document) -> list[str]:
    spec = ingress["spec"]
    rules = [rule["host"] for rule in spec.get("rules") or [] if rule.get("host")]
    return [*rules, *(host for block in spec.get("tls") or [] for host in block.get("hosts") or [])]


def _endpoints(document: Document, kind: str, settings: Settings, hosts: list[str]) -> Iterator[Endpoint]:
    metadata = document["metadata"]
    said = {
        name.removeprefix(settings.annotations): value
        for name, value in (metadata.get("annotations") or {}).items()
        if name.startswith(settings.annotations)
    }
    if said.get("controller", "dns-controller") != "dns-controller":
        return
    named = [one.strip() for one in said.get("hostname", "").split(",") if one.strip()]
    targets = [one.strip() for one in said.get("target", "").split(",") if one.strip()] or ingress_addresses(document)
    ttl = said.get("ttl", "")
    ttl_s = int(ttl) if ttl.isdigit() else int(seconds(ttl)) or DEFAULT_TTL_S
    for host in dict.fromkeys([*hosts, *named]):
        if targets:
            resource = f"{kind}/{metadata['namespace']}/{metadata['name']}"
            yield Endpoint(host.rstrip(".").lower(), tuple(sorted(targets)), resource, ttl_s)
