"""The doors of the room: ``/clusters/<uid>/…`` is a cluster's API, ``/oidc/<tenant>/<uid>/…`` its issuer."""

import logging
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.kube import (
    authentication,
    call,
    cluster,
    discovery,
    issuer,
    rbac,
    reading,
    reviews,
    subresources,
    writing,
)
from sandbox.kube.call import Call
from sandbox.kube.errors import ApiError, method_not_allowed, no_such_path
from sandbox.kube.registry import Registry
from sandbox.store import Document
from sandbox.world import TENANT_ID, World

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
Endpoint = Callable[[Request], Awaitable[Response]]

logger = logging.getLogger(__name__)


def routes(world: World) -> list[BaseRoute]:
    async def api(request: Request) -> Response:
        return await _api(world, request)

    async def configuration(request: Request) -> Response:
        _record(world, request)
        return JSONResponse(issuer.discovery(world, request.path_params["uid"]))

    async def keys(request: Request) -> Response:
        return JSONResponse(issuer.jwks(_record(world, request)))

    base = f"/oidc/{TENANT_ID}/{{uid}}"
    return [
        Route("/clusters/{uid}/{path:path}", _refusing(api), methods=_METHODS),
        Route(f"{base}/.well-known/openid-configuration", _refusing(configuration)),
        Route(f"{base}/openid/v1/jwks", _refusing(keys)),
    ]


def _refusing(endpoint: Endpoint) -> Endpoint:
    """The endpoint with its refusals, and the sandbox's own faults, answered as a Status."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except ApiError as error:
            return JSONResponse(error.status(), error.code)
        except Exception as error:
            logger.exception("%s %s", request.method, request.url.path)
            fault = ApiError(400, "BadRequest", f"the sandbox failed at this request: {error!r}")
            return JSONResponse(fault.status(), 400)

    return answer


def _record(world: World, request: Request) -> Document:
    record = cluster.get(world, request.path_params["uid"])
    if record is None:
        raise no_such_path()
    return record


async def _api(world: World, request: Request) -> Response:
    """Authenticate, then answer what the path names."""
    body = await request.body()
    record = _record(world, request)
    user = authentication.authenticate(world, record, request.headers.get("authorization", ""))
    objects = cluster.objects(world, record["uid"])
    other = authentication.impersonated(request.headers, request.headers.getlist("impersonate-group"))
    if other is not None:
        rbac.require(world, record, objects, user, rbac.Attempt("impersonate", "", "users", name=other.name))
        user = other
    registry = Registry(objects)
    path = request.path_params["path"].strip("/")
    if path == ".well-known/openid-configuration":  # the issuer, for those who ask the API itself
        return JSONResponse(issuer.discovery(world, record["uid"]))
    if (answer := _about(registry, record, request, path)) is not None:
        # Discovery, health and version are open to everybody who has signed in (system:discovery).
        return answer
    place = call.place(path)
    kind = registry.find(place.group, place.version, place.plural)
    if kind is None:
        return PlainTextResponse("404 page not found\n", 404)
    if kind.namespaced and not place.namespace and place.name:
        raise no_such_path()
    made = Call(world, record, objects, registry, request, user, place, kind, body)
    return _handler(made)(made)


def _about(registry: Registry, record: Document, request: Request, path: str) -> Response | None:
    """The answers that are about the API itself; None for a path that names objects."""
    whole = "APIGroupDiscoveryList" in request.headers.get("accept", "") and ";v=v2;" in request.headers["accept"]
    parts = path.split("/")
    match parts:
        case ["api" | "apis"] if whole:
            document = discovery.aggregated(registry, core=parts == ["api"])
            return JSONResponse(document, media_type=discovery.AGGREGATED)
        case ["api"]:
            return JSONResponse(discovery.versions(request.url.netloc))
        case ["apis"]:
            return JSONResponse(discovery.groups(registry))
        case ["api", version]:
            return _found(discovery.resources(registry, "", version))
        case ["apis", group]:
            return _found(discovery.group(registry, group))
        case ["apis", group, version]:
            return _found(discovery.resources(registry, group, version))
        case ["version"]:
            return JSONResponse(discovery.version(record["version"]))
        case ["healthz" | "livez" | "readyz", *_]:
            return PlainTextResponse("ok")
        case ["openapi", "v2"]:
            return Response(
                discovery.OPENAPI_V2, media_type="application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
            )
        case ["openapi", "v3"]:
            return JSONResponse(discovery.openapi_index(registry))
        case ["openapi", "v3", "api", version]:
            return _found(discovery.openapi(registry, "", version))
        case ["openapi", "v3", "apis", group, version]:
            return _found(discovery.openapi(registry, group, version))
        case [""]:
            listed = ["/api", "/apis", "/healthz", "/livez", "/openapi/v2", "/openapi/v3", "/readyz", "/version"]
            return JSONResponse({"paths": listed})
        case _:
            return None


def _found(document: Document | None) -> Response:
    if document is None:
        return PlainTextResponse("404 page not found\n", 404)
    return JSONResponse(document)


def _handler(made: Call) -> Callable[[Call], Response]:
    """What answers a request for objects; raises ApiError 405."""
    method, kind = made.request.method, made.kind
    if kind.review:
        if method != "POST" or made.name:
            raise method_not_allowed()
        return reviews.answer
    if made.place.subresource:
        return subresources.answer
    if made.name:
        # A watch of one object is the watch of its collection by name.
        get = reading.watch if made.flag("watch") else reading.get
        handlers = {"GET": get, "PUT": writing.replace, "PATCH": writing.patch, "DELETE": writing.delete}
    else:
        handlers = {"GET": reading.listing, "POST": writing.create, "DELETE": writing.delete_collection}
    verbs = {"PUT": "update", "PATCH": "patch", "POST": "create", "DELETE": "delete", "GET": "get"}
    if method not in handlers or verbs[method] not in kind.verbs:
        raise method_not_allowed()
    if method == "POST" and kind.namespaced and not made.namespace:
        raise method_not_allowed()
    return handlers[method]
