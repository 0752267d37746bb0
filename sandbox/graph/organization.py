"""The tenant's organisation, the signed-in user (there is none), and directory objects of any kind by id."""

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.entra import principals
from sandbox.graph import answers, permissions
from sandbox.graph.errors import bad, bad_query, not_found
from sandbox.graph.kinds import kind_of
from sandbox.store import Document
from sandbox.world import TENANT_DOMAIN, TENANT_ID, TENANT_NAME

if TYPE_CHECKING:
    from sandbox.world import World

_ORGANIZATION: Document = {
    "id": TENANT_ID,
    "displayName": TENANT_NAME,
    "countryLetterCode": "GB",
    "preferredLanguage": "en",
    "tenantType": "AAD",
    "technicalNotificationMails": [],
    "verifiedDomains": [
        {"name": TENANT_DOMAIN, "type": "Managed", "capabilities": "Email", "isDefault": True, "isInitial": True}
    ],
}


def routes(world: "World", version: str) -> list[BaseRoute]:
    async def organizations(request: Request) -> Response:
        permissions.require(request, permissions.ORGANIZATION_READ)
        return answers.page(world, request, "organization", [_ORGANIZATION], _ORGANIZATION)

    async def organization(request: Request) -> Response:
        permissions.require(request, permissions.ORGANIZATION_READ)
        if request.path_params["id"].lower() != TENANT_ID:
            raise not_found(request.path_params["id"])
        return JSONResponse({"@odata.context": f"{world.url}/v1.0/$metadata#organization/$entity", **_ORGANIZATION})

    async def me(request: Request) -> Response:
        raise bad_query("/me request is only valid with delegated authentication flow.")

    async def get_by_ids(request: Request) -> Response:
        permissions.require(request, permissions.DIRECTORY_READ)
        asked = await answers.body(request)
        ids, types = asked.get("ids"), asked.get("types") or []
        if not isinstance(ids, list) or not ids:
            raise bad("A value is required for parameter 'ids'.")
        known = (principals.get(world, str(id)) for id in ids)
        wanted = {str(name).lower() for name in types}
        documents = [document for document in known if document and (not wanted or _type(document).lower() in wanted)]
        return answers.mixed(world, request, documents)

    async def directory_object(request: Request) -> Response:
        permissions.require(request, permissions.DIRECTORY_READ)
        document = principals.get(world, request.path_params["id"])
        if document is None:
            raise not_found(request.path_params["id"])
        context = f"{world.url}/v1.0/$metadata#directoryObjects/$entity"
        typed = {"@odata.context": context, "@odata.type": document["@odata.type"]}
        return JSONResponse(typed | kind_of(document).shown(document))

    return [
        Route(f"/{version}/organization", organizations, methods=["GET"]),
        Route(f"/{version}/organization/{{id}}", organization, methods=["GET"]),
        Route(f"/{version}/me", me, methods=["GET"]),
        Route(f"/{version}/directoryObjects/getByIds", get_by_ids, methods=["POST"]),
        Route(f"/{version}/directoryObjects/{{id}}", directory_object, methods=["GET"]),
    ]


def _type(document: Document) -> str:
    return document["@odata.type"].rpartition(".")[2]
