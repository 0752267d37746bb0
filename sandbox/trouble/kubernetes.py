"""Refusals of a cluster: its API server's, its admission webhooks', its ingress controller's."""

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, PlainTextResponse, Response

from sandbox.kube import call, cluster
from sandbox.kube.errors import ApiError, conflict, unauthorized
from sandbox.kube.registry import Registry
from sandbox.trouble.azure import RETRY_AFTER_S
from sandbox.trouble.place import Place
from sandbox.trouble.plan import Hit

if TYPE_CHECKING:
    from sandbox.world import World

_INGRESS = {502: "Bad Gateway", 503: "no available server\n", 504: "Gateway Timeout"}


def answer(world: "World", place: Place, hit: Hit) -> Response | None:
    """The refusal for a fault that is one; None where it cannot be: a conflict over an object that is not there."""
    if place.service == "ingress":
        status = hit.one_of(tuple(_INGRESS))
        return PlainTextResponse(_INGRESS[status], status)
    if hit.fault == "throttling":  # API priority and fairness
        seconds = str(hit.one_of(RETRY_AFTER_S))
        text = "Too many requests, please try again later.\n"
        return PlainTextResponse(text, 429, {"Retry-After": seconds, "X-Content-Type-Options": "nosniff"})
    error = _error(world, place, hit)
    return JSONResponse(error.status(), error.code) if error else None


def _error(world: "World", place: Place, hit: Hit) -> ApiError | None:
    if hit.fault == "expired-token":
        return unauthorized()
    if hit.fault == "conflict":
        return _conflict(world, place)
    return hit.one_of(
        (
            ApiError(500, "", "etcdserver: leader changed"),
            ApiError(500, "", "etcdserver: request timed out"),
            ApiError(503, "ServiceUnavailable", "the server is currently unable to handle the request"),
            ApiError(504, "Timeout", "Timeout: request did not complete within the allotted timeout"),
        )
    )


def _conflict(world: "World", place: Place) -> ApiError | None:
    _, _, uid, path = place.path.split("/", 3)
    named = call.place(path)
    objects = cluster.objects(world, uid)
    kind = Registry(objects).find(named.group, named.version, named.plural)
    if kind is None or objects.find(kind.resource, named.namespace, named.name) is None:
        return None
    return conflict(kind.resource, named.name)


def webhook_unready(world: "World", webhook: str, verb: str, resource: str, address: str) -> str | None:
    """Why a webhook behind a service with this address does not answer just now, in the API server's words."""
    kind = f"kube webhook {webhook} for {verb} {resource}"
    hit = world.trouble.next(kind, ("webhook-not-ready",))
    if hit is None:
        return None
    why: str = hit.one_of(
        (
            f"dial tcp {address}: connect: connection refused",
            "context deadline exceeded",
            "tls: failed to verify certificate: x509: certificate signed by unknown authority",
        )
    )
    world.trouble.note(hit.fault, kind, why)
    return why
