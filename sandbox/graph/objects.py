"""Reading, creating, changing and deleting directory objects of each kind."""

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from sandbox.entra import principals
from sandbox.graph import answers, permissions
from sandbox.graph.errors import not_found
from sandbox.graph.kinds import APPLICATIONS, KINDS, USERS, Kind
from sandbox.store import Document

if TYPE_CHECKING:
    from sandbox.world import World


def routes(world: "World", version: str) -> list[BaseRoute]:
    return [route for kind in KINDS for route in _routes_of(world, kind, f"/{version}/{kind.collection}")]


def _routes_of(world: "World", kind: Kind, path: str) -> list[BaseRoute]:
    async def listed(request: Request) -> Response:
        permissions.require(request, kind.read)
        return answers.collection(world, request, kind, principals.of_type(world, kind.odata_type))

    async def created(request: Request) -> Response:
        permissions.require(request, kind.create)
        document = kind.make(world, kind.accepted(await answers.body(request), creating=True))
        principals.directory(world)[document["id"]] = document
        return answers.entity(world, request, kind, document, 201)

    async def shown(request: Request) -> Response:
        permissions.require(request, kind.read)
        return answers.entity(world, request, kind, found(world, kind, request.path_params))

    async def changed(request: Request) -> Response:
        permissions.require(request, kind.write)
        document = found(world, kind, request.path_params)
        accepted = kind.accepted(await answers.body(request), creating=False)
        principals.directory(world)[document["id"]] = document | accepted
        return Response(status_code=204)

    async def deleted(request: Request) -> Response:
        permissions.require(request, kind.write)
        document = found(world, kind, request.path_params)
        if kind is APPLICATIONS:
            _remove_application(world, document)
        principals.remove(world, document["id"])
        return Response(status_code=204)

    places = [f"{path}/{{id}}"]
    if "appId" in kind.defaults:
        places.append(f"{path}(appId='{{app_id}}')")
    return [
        Route(path, listed, methods=["GET"]),
        Route(path, created, methods=["POST"]),
        *(Route(place, shown, methods=["GET"]) for place in places),
        *(Route(place, changed, methods=["PATCH"]) for place in places),
        *(Route(place, deleted, methods=["DELETE"]) for place in places),
    ]


def found(world: "World", kind: Kind, named: Document) -> Document:
    """The object that a path names: by ``id`` (users also by their principal name) or ``app_id``. Raises GraphError
    404."""
    key = named.get("id") or named.get("app_id") or ""
    fields = ("id", "userPrincipalName") if kind is USERS else ("id",)
    if "app_id" in named:
        fields = ("appId",)
    for document in principals.of_type(world, kind.odata_type):
        if any(str(document[field]).lower() == key.lower() for field in fields):
            return document
    raise not_found(key)


def _remove_application(world: "World", application: Document) -> None:
    """What goes with an application: its service principal in this tenant and its federated credentials."""
    service_principal = principals.find_by_app_id(world, application["appId"])
    if service_principal:
        principals.remove(world, service_principal["id"])
    credentials = principals.application_credentials(world)
    for id, credential in list(credentials.items()):
        if credential["applicationId"] == application["id"]:
            del credentials[id]
