"""Federated credentials of applications."""

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.entra import principals
from sandbox.graph import answers, permissions
from sandbox.graph.errors import bad, not_found, same_key
from sandbox.graph.kinds import APPLICATIONS
from sandbox.graph.objects import found
from sandbox.store import Document

if TYPE_CHECKING:
    from sandbox.world import World

#: An application has at most this many.
_MOST = 20
_FIELDS = ("name", "issuer", "subject", "audiences")
_KNOWN = dict.fromkeys(("id", "description", *_FIELDS))


def routes(world: "World", version: str) -> list[BaseRoute]:
    async def listed(request: Request) -> Response:
        permissions.require(request, permissions.APPLICATIONS_READ)
        items = [_shown(credential) for credential in _of(world, request)]
        return answers.page(world, request, "federatedIdentityCredentials", items, _KNOWN)

    async def created(request: Request) -> Response:
        permissions.require(request, permissions.APPLICATIONS_WRITE)
        application = found(world, APPLICATIONS, request.path_params)
        body = await answers.body(request)
        _check(body, _of(world, request))
        credential = principals.add_federated_credential(
            world, application["id"], body["name"], body["issuer"], body["subject"], body["audiences"]
        )
        return JSONResponse(_shown(credential), 201)

    async def shown(request: Request) -> Response:
        permissions.require(request, permissions.APPLICATIONS_READ)
        return JSONResponse(_shown(_one(world, request)))

    async def deleted(request: Request) -> Response:
        permissions.require(request, permissions.APPLICATIONS_WRITE)
        del principals.application_credentials(world)[_one(world, request)["id"]]
        return Response(status_code=204)

    path = f"/{version}/applications/{{id}}/federatedIdentityCredentials"
    return [
        Route(path, listed, methods=["GET"]),
        Route(path, created, methods=["POST"]),
        Route(f"{path}/{{credential}}", shown, methods=["GET"]),
        Route(f"{path}/{{credential}}", deleted, methods=["DELETE"]),
    ]


def _of(world: "World", request: Request) -> list[Document]:
    application = found(world, APPLICATIONS, request.path_params)["id"]
    credentials = principals.application_credentials(world).values()
    return [credential for credential in credentials if credential["applicationId"] == application]


def _one(world: "World", request: Request) -> Document:
    """By id or by name, as Graph takes both."""
    key = request.path_params["credential"]
    for credential in _of(world, request):
        if key in (credential["id"], credential["name"]):
            return credential
    raise not_found(key)


def _shown(credential: Document) -> Document:
    return {name: credential.get(name) for name in _KNOWN}


def _check(body: Document, standing: list[Document]) -> None:
    for name in body:
        if name not in _KNOWN:
            raise bad(f"Invalid property '{name}'.")
    for name in _FIELDS:
        if not body.get(name):
            raise bad(f"A value is required for property '{name}' of resource 'FederatedIdentityCredential'.")
    if not isinstance(body["audiences"], list) or len(body["audiences"]) != 1:
        raise bad("The audiences of a federated identity credential must be one value.")
    if len(standing) >= _MOST:
        raise bad(f"An application cannot have more than {_MOST} federated identity credentials.")
    if any(credential["name"] == body["name"] for credential in standing):
        raise same_key(f"FederatedIdentityCredential with name {body['name']} already exists.")
    pair = (body["issuer"], body["subject"])
    if any((credential["issuer"], credential["subject"]) == pair for credential in standing):
        raise same_key("Issuer and subject combination already exists for this application.")
