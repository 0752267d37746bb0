"""Who is in which group."""

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.entra import principals
from sandbox.graph import answers, permissions
from sandbox.graph.errors import bad, not_found
from sandbox.graph.kinds import GROUPS
from sandbox.graph.objects import found
from sandbox.store import Document

if TYPE_CHECKING:
    from sandbox.world import World


def routes(world: "World", version: str) -> list[BaseRoute]:
    async def members(request: Request) -> Response:
        permissions.require(request, permissions.GROUPS_READ)
        group = found(world, GROUPS, request.path_params)
        links = principals.memberships(world).values()
        ids = [link["member"] for link in links if link["group"] == group["id"]]
        return answers.mixed(world, request, [principals.directory(world)[id] for id in ids])

    async def added(request: Request) -> Response:
        permissions.require(request, permissions.MEMBERS_WRITE)
        group = found(world, GROUPS, request.path_params)
        reference = (await answers.body(request)).get("@odata.id")
        if not isinstance(reference, str) or "/" not in reference:
            raise bad("A value is required for property '@odata.id' of the reference.")
        member = _object(world, reference.rpartition("/")[2])
        if f"{group['id']}/{member['id']}" in principals.memberships(world):
            raise bad(
                "One or more added object references already exist for the following modified properties: 'members'."
            )
        principals.add_member(world, group["id"], member["id"])
        return Response(status_code=204)

    async def removed(request: Request) -> Response:
        permissions.require(request, permissions.MEMBERS_WRITE)
        group, member = found(world, GROUPS, request.path_params), request.path_params["member"].lower()
        key = f"{group['id']}/{member}"
        if key not in principals.memberships(world):
            raise not_found(member)
        del principals.memberships(world)[key]
        return Response(status_code=204)

    async def member_of(request: Request) -> Response:
        permissions.require(request, permissions.GROUPS_READ)
        member = _object(world, request.path_params["id"])
        links = principals.memberships(world).values()
        ids = [link["group"] for link in links if link["member"] == member["id"]]
        return answers.mixed(world, request, [principals.directory(world)[id] for id in ids])

    async def check_member_groups(request: Request) -> Response:
        permissions.require(request, permissions.GROUPS_READ)
        groups = principals.groups_of(world, _object(world, request.path_params["id"])["id"])
        asked = (await answers.body(request)).get("groupIds")
        if not isinstance(asked, list):
            raise bad("A value is required for parameter 'groupIds'.")
        return _ids(world, [id for id in asked if str(id).lower() in groups])

    async def get_member_groups(request: Request) -> Response:
        permissions.require(request, permissions.GROUPS_READ)
        return _ids(world, sorted(principals.groups_of(world, _object(world, request.path_params["id"])["id"])))

    group = f"/{version}/groups/{{id}}/members"
    holders = [f"/{version}/{name}/{{id}}" for name in ("directoryObjects", "users", "groups", "servicePrincipals")]
    return [
        Route(group, members, methods=["GET"]),
        Route(f"{group}/$ref", added, methods=["POST"]),
        Route(f"{group}/{{member}}/$ref", removed, methods=["DELETE"]),
        *(Route(f"{holder}/memberOf", member_of, methods=["GET"]) for holder in holders),
        *(Route(f"{holder}/checkMemberGroups", check_member_groups, methods=["POST"]) for holder in holders),
        *(Route(f"{holder}/getMemberGroups", get_member_groups, methods=["POST"]) for holder in holders),
    ]


def _object(world: "World", id: str) -> Document:
    document = principals.get(world, id)
    if document is None:
        raise not_found(id)
    return document


def _ids(world: "World", ids: list[str]) -> Response:
    return JSONResponse({"@odata.context": f"{world.url}/v1.0/$metadata#Collection(Edm.String)", "value": ids})
