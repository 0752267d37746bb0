"""Refusals of Azure's services, as each words them: Resource Manager, Graph, Entra, storage, a registry."""

import datetime
import uuid
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response

from sandbox import authentication
from sandbox.aks.refusals import in_progress
from sandbox.arm import refusals, resources
from sandbox.arm.ids import ResourceId
from sandbox.arm.providers.federated_credential import written_concurrently
from sandbox.entra.errors import EntraError
from sandbox.entra.tokens import InvalidToken
from sandbox.errors import AzureError
from sandbox.graph.errors import GraphError
from sandbox.trouble.place import Place
from sandbox.trouble.plan import Hit
from sandbox.world import SUBSCRIPTION_ID

if TYPE_CHECKING:
    from sandbox.world import World

#: Seconds that a throttled client is told to wait: the shortest that Azure names, so that rehearsals stay short.
RETRY_AFTER_S = (1, 1, 2, 3)
_SHORT_LIVED_S = 60


def answer(world: "World", place: Place, hit: Hit) -> Response | None:
    """The service's refusal for a fault that is one; None where it cannot be: a new cluster is not busy."""
    if hit.fault == "operation-in-progress" and not busy(world, ResourceId(place.path)):
        return None
    if place.service == "storage":
        return _storage()
    if place.service == "registry":
        return _registry(hit)
    error = {"arm": _arm, "graph": _graph, "entra": _entra}[place.service](world, place, hit)
    return JSONResponse(error.body(), error.status, error.headers)


def busy(world: "World", id: ResourceId) -> bool:
    """Whether anything can be going on with a cluster: it has to be there, or the one that ``id`` is a part of."""
    while id.type.count("/") > 1:
        id = id.parent
    return resources.stored(world, id) is not None


def provider_refusal(id: ResourceId, fault: str) -> AzureError:
    """What the resource provider of ``id`` says to a write that it cannot take now."""
    if fault == "operation-in-progress":
        return in_progress("Updating")
    if id.type.lower().endswith("/federatedidentitycredentials"):
        return written_concurrently(id.parent)
    return refusals.busy()


def _arm(world: "World", place: Place, hit: Hit) -> AzureError:
    if hit.fault == "expired-token":
        return authentication.arm_refusal(_expired(), world)
    if hit.fault == "throttling":
        seconds = hit.one_of(RETRY_AFTER_S)
        what = "read" if place.method in ("GET", "HEAD") else "delete" if place.method == "DELETE" else "write"
        # Azure/azure-sdk-for-go and others quote it; velero-io/velero#9171
        text = (
            f"Number of '{what}' requests for subscription '{SUBSCRIPTION_ID}' actor '{uuid.uuid4()}' exceeded. Please"
            f" try again after '{seconds}' seconds after additional tokens are available. Refer to"
            " https://aka.ms/arm-throttling for additional information."
        )
        return AzureError(429, "SubscriptionRequestsThrottled", text, headers={"Retry-After": str(seconds)})
    if hit.fault in ("conflict", "operation-in-progress"):
        return provider_refusal(ResourceId(place.path), hit.fault)
    provider = next((part for part in place.path.split("/") if part.lower().startswith("microsoft.")), "")
    return server_error(provider or "Microsoft.Resources", hit)


def server_error(provider: str, hit: Hit) -> AzureError:
    """What Resource Manager says where it, or the provider behind it, fails."""
    return hit.one_of(
        (
            AzureError(500, "InternalServerError", f"Encountered internal server error. {_diagnostics()}"),
            AzureError(
                502, "BadGatewayConnection",
                f"The network connectivity issue encountered for '{provider}'; cannot fulfill the request.",
            ),
            AzureError(503, "ServerTimeout", f"The request timed out. {_diagnostics()}"),
            gateway_timeout(provider),
        )
    )  # fmt: skip


def gateway_timeout(provider: str) -> AzureError:
    """The provider may have done what it was asked to do."""
    text = f"The gateway did not receive a response from '{provider}' within the specified time period."
    return AzureError(504, "GatewayTimeout", text)


def _diagnostics() -> str:
    now = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%SZ")
    return (
        f"Diagnostic information: timestamp '{now}', subscription id '{SUBSCRIPTION_ID}', tracking id '{uuid.uuid4()}',"
        f" request correlation id '{uuid.uuid4()}'."
    )


def _expired() -> InvalidToken:
    return InvalidToken("expired", {"exp": int(datetime.datetime.now(datetime.UTC).timestamp()) - _SHORT_LIVED_S})


def _graph(world: "World", place: Place, hit: Hit) -> AzureError:
    if hit.fault == "expired-token":
        return authentication.graph_refusal(_expired())
    if hit.fault == "throttling":
        seconds = hit.one_of(RETRY_AFTER_S)
        text = "This request is throttled. Please try again after the value specified in the Retry-After header."
        error = GraphError(429, "TooManyRequests", f"{text} CorrelationId: {uuid.uuid4()}")
        error.headers["Retry-After"] = str(seconds)
        return error
    return hit.one_of(  # microsoftgraph/microsoft-graph-docs#2505 for those without a text
        (
            GraphError(500, "Service_InternalServerError", "Encountered an internal server error."),
            GraphError(502, "UnknownError", ""),
            GraphError(503, "ServiceUnavailable", "The service is temporarily unavailable. Please try again later."),
            GraphError(504, "UnknownError", ""),
        )
    )


def _entra(world: "World", place: Place, hit: Hit) -> AzureError:
    return _unavailable()


def _unavailable() -> EntraError:
    return EntraError(503, "temporarily_unavailable", 90033, "A transient error has occurred. Please try again.")


def disturb_sign_in(world: "World", who: str) -> None:
    """Raise EntraError where the plan has trouble for a program of the cluster, which signs in without a request."""
    kind = f"entra POST token for {who}"
    if hit := world.trouble.next(kind, ("server-error",)):
        error = _unavailable()
        world.trouble.note(hit.fault, kind, f"{error.status} {error.code}")
        raise error


def _storage() -> Response:
    said = f"The server is busy.\nRequestId:{uuid.uuid4()}\nTime:{datetime.datetime.now(datetime.UTC).isoformat()}"
    body = f'<?xml version="1.0" encoding="utf-8"?><Error><Code>ServerBusy</Code><Message>{said}</Message></Error>'
    return Response(body, 503, {"x-ms-error-code": "ServerBusy"}, media_type="application/xml")


def _registry(hit: Hit) -> Response:
    """The codes of the OCI distribution API."""
    if hit.fault == "throttling":
        headers = {"Retry-After": str(hit.one_of(RETRY_AFTER_S))}
        return _registry_error(429, "TOOMANYREQUESTS", "too many requests", headers)
    refusals_ = ((500, "UNKNOWN", "unknown error"), (503, "UNAVAILABLE", "service unavailable"))
    return _registry_error(*hit.one_of(refusals_))


def _registry_error(status: int, code: str, message: str, headers: Any = None) -> Response:
    return JSONResponse({"errors": [{"code": code, "message": message}]}, status, headers)
