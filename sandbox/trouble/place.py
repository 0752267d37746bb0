"""Where a request goes: which service, what kind of request, and which faults that service really has for it."""

import re
from dataclasses import dataclass

from starlette.types import Scope

_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
#: Parts of paths that differ from run to run: GUIDs, digests and names of uploads, ACR's run ids, pods' names.
_GENERATED = re.compile(
    rf"{_GUID.pattern}|sha256:[0-9a-f]+|[0-9a-f]{{32}}(?=\.tar\.gz)|(?<=/source/)\d+|\bca\d+\b|(?<=/pods/)[^/]+"
)
#: Faults of every service, then those of writes and of reads.
_EVERYWHERE = ("server-error", "reset", "slow")
_SERVICES = {
    "arm": (*_EVERYWHERE, "throttling", "expired-token"),
    "graph": (*_EVERYWHERE, "throttling", "expired-token"),
    "kube": (*_EVERYWHERE, "throttling", "expired-token"),
    "registry": (*_EVERYWHERE, "throttling"),
    "entra": _EVERYWHERE,
    "storage": _EVERYWHERE,
    "ingress": _EVERYWHERE,
}
_PREFIXES = {
    "/subscriptions/": "arm", "/providers/": "arm", "/tenants/": "arm", "/v1.0/": "graph", "/beta/": "graph",
    "/clusters/": "kube", "/blobs/": "storage", "/msi/": "entra",
}  # fmt: skip
_ENTRA = re.compile(r"/(oauth2/(v2\.0/)?token|\.well-known/openid-configuration)/$")
_CREDENTIALS = re.compile(r"/federatedidentitycredentials/[^/]+$")
_NETWORK = re.compile(r"/providers/microsoft\.network/(?!dnszones)[^/]+/[^/]+(/subnets/[^/]+)?$")
_CLUSTER = re.compile(r"/providers/microsoft\.containerservice/managedclusters/")


@dataclass(frozen=True)
class Place:
    """``kind`` names the request without what differs from run to run, so that its n-th time is always the same one.
    ``possible`` are the faults that may happen there."""

    service: str
    method: str
    path: str
    kind: str
    possible: tuple[str, ...]

    @property
    def writes(self) -> bool:
        return self.method in _WRITES


def of(listener: str, scope: Scope) -> Place | None:
    """The place of a request; None for those that are no service's, such as the sandbox's own door."""
    method, path = scope["method"], scope["path"]
    service = _service(listener, path)
    if service is None:
        return None
    query = scope.get("query_string", b"").decode("latin-1")
    streams = "watch=true" in query or "watch=1" in query or "follow=true" in query
    dry = " (dry run)" if "dryRun=All" in query else " (watch)" if streams else ""
    writes = method in _WRITES and not dry
    possible = _possible(service, method, path, writes, streams)
    return Place(service, method, path, kind(service, method, path) + dry, possible)


def _service(listener: str, path: str) -> str | None:
    if listener.startswith("acr/"):
        return "registry"
    if listener == "ingress":
        return "ingress"
    whole = f"{path}/".lower()
    if listener != "main" or whole.startswith("/_sandbox/"):
        return None
    found = next((service for prefix, service in _PREFIXES.items() if whole.startswith(prefix)), None)
    return found or ("entra" if _ENTRA.search(whole) else None)


def kind(service: str, method: str, path: str) -> str:
    """A request as a reader needs it: without the subscription and what is generated."""
    short = re.sub(r"^/(subscriptions|clusters)/[^/]+", "", path, flags=re.IGNORECASE)
    return f"{service} {method} {_GENERATED.sub('*', short.lower()) or '/'}"


def _possible(service: str, method: str, path: str, writes: bool, streams: bool) -> tuple[str, ...]:
    found = [*_SERVICES[service]]
    if writes:
        found.append("answer-lost")
    elif method == "GET" and not streams:
        found.append("truncated")
    if service == "arm" and method in ("PUT", "DELETE"):
        found += refusals(method, path)
    # A PUT meets one too, but only where it says which version it replaces, and helm's do not.
    if service == "kube" and writes and method == "PATCH":
        found.append("conflict")
    return tuple(found)


def refusals(method: str, path: str) -> tuple[str, ...]:
    """Of the resource provider behind Resource Manager, which a deployment's write of a resource meets too."""
    path = path.lower()
    if _CREDENTIALS.search(path) or _NETWORK.search(path):
        return ("conflict",)
    return ("operation-in-progress",) if _CLUSTER.search(f"{path}/") and "/extension" not in path else ()
