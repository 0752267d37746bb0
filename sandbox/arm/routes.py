"""Resource Manager's REST interface: endpoints first, then any resource, list or action by its path."""

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

import sandbox.arm.listings
import sandbox.arm.providers
import sandbox.arm.subscriptions  # noqa: F401  these register their types and endpoints
from sandbox.arm import answers, endpoints, filters, refusals, resources, roles, types
from sandbox.arm.endpoints import Call, Handler
from sandbox.arm.ids import ResourceId
from sandbox.entra.principals import Principal
from sandbox.errors import AzureError
from sandbox.store import Document
from sandbox.world import SUBSCRIPTION_ID

if TYPE_CHECKING:
    from sandbox.world import World

NOBODY = Principal("", "", "nobody", "ServicePrincipal")
_METHODS = ["GET", "HEAD", "PUT", "PATCH", "POST", "DELETE"]


def routes(world: "World") -> list[BaseRoute]:
    async def serve(request: Request) -> Response:
        path = "/" + "/".join(part for part in request.scope["path"].split("/") if part)
        principal = getattr(request.state, "principal", NOBODY)  # /metadata/endpoints is asked before any login
        call = Call(world, request, principal, path, {}, await request.body())
        return await _answer(call)

    paths = (
        "/subscriptions", "/subscriptions/{rest:path}", "/providers", "/providers/{rest:path}", "/tenants",
        "/metadata/endpoints",
    )  # fmt: skip
    return [Route(path, serve, methods=_METHODS) for path in paths]


async def _answer(call: Call) -> Response:
    _check_subscription(call)
    found = endpoints.find(call.request.method, call.path)
    if found:
        handler, call.names = found
        return await handler(call)
    call.require_api_version()
    _, separator, tail = call.path.lower().rpartition("/providers/")
    if separator:
        of_a_type = len(tail.split("/")) % 2 == 0
        handlers = _COLLECTION if of_a_type else _RESOURCE
    elif _is_group(call.path):
        handlers = _RESOURCE
    elif _is_group(call.path.rpartition("/")[0]) and call.request.method == "POST":
        handlers = {"POST": _acted}
    else:
        raise refusals.path_unknown(call.path)
    if call.request.method not in handlers:
        raise refusals.method_not_allowed(call.request.method, call.path)
    return await handlers[call.request.method](call)


def _check_subscription(call: Call) -> None:
    parts = call.path.split("/")
    if len(parts) > 2 and parts[1].lower() == "subscriptions" and parts[2].lower() != SUBSCRIPTION_ID:
        raise refusals.subscription_not_found(parts[2])


def _is_group(path: str) -> bool:
    parts = path.strip("/").lower().split("/")
    return len(parts) == 4 and parts[2] == "resourcegroups"


async def _shown(call: Call) -> Response:
    id = ResourceId(call.path)
    document = resources.shown(
        call.world, resources.require(call.world, call.principal, id, api_version=call.api_version)
    )
    if call.request.method == "HEAD":
        return Response(status_code=204)
    headers = {"ETag": document["etag"]} if document.get("etag") else None
    return JSONResponse(document, headers=headers)


def _body(call: Call) -> Document:
    if not isinstance(call.body, dict):
        raise refusals.content_invalid("The request body must be a JSON object")
    return call.body


async def _put(call: Call) -> Response:
    id = ResourceId(call.path)
    body = _body(call)
    _check_conditions(call, resources.stored(call.world, id))
    outcome = await resources.begin_put(call.world, call.principal, id, body, api_version=call.api_version)
    return answers.put(call.world, *outcome)


async def _patched(call: Call) -> Response:
    id = ResourceId(call.path)
    body = _body(call)
    existing = resources.require(call.world, call.principal, id, api_version=call.api_version)
    kind = types.find(id.type)
    assert kind is not None
    _check_conditions(call, existing)
    document, _, operation = await resources.begin_put(
        call.world, call.principal, id, kind.patched(existing, body), api_version=call.api_version
    )
    return answers.put(call.world, document, False, operation)


async def _deleted(call: Call) -> Response:
    id = ResourceId(call.path)
    _check_conditions(call, resources.stored(call.world, id))
    kind = types.find(id.type)
    document = resources.get(call.world, id) if kind and kind.shown_when_deleted else None
    existed, operation = await resources.begin_delete(call.world, call.principal, id, api_version=call.api_version)
    return answers.deleted(call.world, id, existed, operation, document)


def _check_conditions(call: Call, existing: Document | None) -> None:
    """``If-None-Match: *`` wants a new one, ``If-Match`` the very one that the caller has read."""
    etag = (existing or {}).get("etag", "")
    wanted = call.request.headers.get("if-match")
    fresh = call.request.headers.get("if-none-match") == "*"
    if (
        (fresh and existing)
        or (wanted and wanted != "*" and wanted.strip('"') != etag.strip('"'))
        or (wanted == "*" and existing is None)
    ):
        given = "*" if fresh else wanted
        raise AzureError(
            412, "PreconditionFailed", f"The condition '{given}' in the If-{'None-' if fresh else ''}Match header was "
            f"not satisfied. The current etag is '{etag}'.",
        )  # fmt: skip


async def _listed(call: Call) -> Response:
    """All resources of a type within a group, a subscription, a parent or on a scope."""
    inside = ResourceId(f"{call.path}/any")
    kind = resources.known_type(inside, call.api_version)
    scope, read = inside.parent.text, resources.action(kind, "read")
    child = not kind.extension and "/providers/" in scope.lower()
    resources.require_scope(call.world, inside)
    if inside.group or kind.extension:
        roles.require(call.world, call.principal, read, scope)
    if child and resources.stored(call.world, inside.parent) is None:
        raise refusals.parent_not_found(inside, kind.name, "read")
    wanted = call.request.query_params.get("$filter", "")
    found = kind.listed(call.world, scope, resources.find(call.world, kind.name, scope), wanted)
    if not kind.extension:
        found = [one for one in found if roles.allowed(call.world, call.principal, read, one["id"])]
    return answers.listed(filters.applied(wanted, found))


async def _acted(call: Call) -> Response:
    """``POST <id>/<action>``."""
    text, _, name = call.path.rpartition("/")
    id = ResourceId(text)
    kind = resources.known_type(id, call.api_version)
    act = kind.actions.get(name.lower())
    roles.require(call.world, call.principal, resources.action(kind, f"{name}/action"), id.text)
    document = resources.require(call.world, None, id, api_version=call.api_version)
    if act is None:
        raise refusals.method_not_allowed("POST", call.path)
    outcome = await act(call.world, ResourceId(document["id"]), call.body or {})
    return JSONResponse(outcome) if outcome is not None else Response(status_code=204)


_RESOURCE: dict[str, Handler] = {
    "GET": _shown, "HEAD": _shown, "PUT": _put, "PATCH": _patched, "DELETE": _deleted,
}  # fmt: skip
#: Below a type's name stand lists, below a resource's name actions.
_COLLECTION: dict[str, Handler] = {"GET": _listed, "POST": _acted}
