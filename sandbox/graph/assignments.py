"""App role assignments, from both ends: what a principal has been granted, what has been granted on a resource."""

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.entra import principals
from sandbox.graph import answers, catalogue, permissions
from sandbox.graph.errors import bad, not_found
from sandbox.graph.kinds import SERVICE_PRINCIPALS
from sandbox.graph.objects import found
from sandbox.store import Document

if TYPE_CHECKING:
    from sandbox.world import World

#: The role that stands for "may use it" where a resource defines no roles of its own.
_DEFAULT_ACCESS = "00000000-0000-0000-0000-000000000000"
_FIELDS = ("principalId", "resourceId", "appRoleId")
_KNOWN = dict.fromkeys(
    (
        "id",
        "deletedDateTime",
        "createdDateTime",
        "principalDisplayName",
        "principalType",
        "resourceDisplayName",
        *_FIELDS,
    )
)


def routes(world: "World", version: str) -> list[BaseRoute]:
    below = f"/{version}/servicePrincipals/{{id}}"
    ends = (("appRoleAssignments", "principalId"), ("appRoleAssignedTo", "resourceId"))
    return [route for name, end in ends for route in _routes_of(world, f"{below}/{name}", name, end)]


def _routes_of(world: "World", path: str, name: str, end: str) -> list[BaseRoute]:
    async def listed(request: Request) -> Response:
        permissions.require(request, permissions.APPLICATIONS_READ)
        here = found(world, SERVICE_PRINCIPALS, request.path_params)["id"]
        items = [grant for grant in principals.app_roles(world).values() if grant[end] == here]
        return answers.page(world, request, name, items, _KNOWN)

    async def granted(request: Request) -> Response:
        permissions.require(request, permissions.ASSIGNMENTS_WRITE)
        here = found(world, SERVICE_PRINCIPALS, request.path_params)["id"]
        assignment = _grant(world, await answers.body(request), end, here)
        context = f"{world.url}/v1.0/$metadata#{name}/$entity"
        return JSONResponse({"@odata.context": context, **assignment}, 201)

    async def revoked(request: Request) -> Response:
        permissions.require(request, permissions.ASSIGNMENTS_WRITE)
        here = found(world, SERVICE_PRINCIPALS, request.path_params)["id"]
        id = request.path_params["assignment"]
        assignment = principals.app_roles(world).get(id)
        if assignment is None or assignment[end] != here:
            raise not_found(id)
        del principals.app_roles(world)[id]
        return Response(status_code=204)

    return [
        Route(path, listed, methods=["GET"]),
        Route(path, granted, methods=["POST"]),
        Route(f"{path}/{{assignment}}", revoked, methods=["DELETE"]),
    ]


def _grant(world: "World", body: Document, end: str, here: str) -> Document:
    for name in body:
        if name not in _FIELDS and not name.startswith("@odata."):
            raise bad(f"Invalid property '{name}'.")
    if any(not isinstance(body.get(name), str) for name in _FIELDS):
        raise bad("One or more properties are null.")
    wanted = {name: body[name].lower() for name in _FIELDS}
    if wanted[end] != here:
        raise bad(f"The {end} of the assignment is not the object in the request's path.")
    principal, resource = (principals.get(world, wanted[name]) for name in ("principalId", "resourceId"))
    if principal is None or principal["@odata.type"] == principals.APPLICATION:
        raise not_found(wanted["principalId"])
    if resource is None or resource["@odata.type"] != principals.SERVICE_PRINCIPAL:
        raise not_found(wanted["resourceId"])
    roles = {role["id"] for role in resource["appRoles"]} or {_DEFAULT_ACCESS}
    if wanted["appRoleId"] not in roles:
        raise bad(f"Permission being assigned was not found on application '{wanted['resourceId']}'.")
    if any(all(grant[name] == wanted[name] for name in _FIELDS) for grant in principals.app_roles(world).values()):
        raise bad("Permission being assigned already exists on the object")
    return catalogue.assign(world, principal, resource, wanted["appRoleId"])
