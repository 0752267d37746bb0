"""One registry's own port as an ASGI application: tokens, ACR's metadata API and the OCI distribution API."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.acr import distribution, errors, metadata, token_routes, tokens
from sandbox.acr.contents import Contents
from sandbox.acr.errors import RegistryError
from sandbox.arm import resources
from sandbox.arm.ids import ResourceId
from sandbox.bugs import Bugs
from sandbox.store import Document
from sandbox.world import World


class Registry:
    """A registry as its port sees it. The resource is read anew for each request: its settings change."""

    def __init__(self, world: World, id: ResourceId) -> None:
        self.world, self.id = world, id
        self.contents = Contents(world, id.name)

    @property
    def document(self) -> Document:
        """The registry's resource. Raises RegistryError once it is deleted."""
        document = resources.stored(self.world, self.id)
        if document is None:
            raise RegistryError(404, "NAME_UNKNOWN", f'registry "{self.id.name}" is not found')
        return document

    @property
    def host(self) -> str:
        return self.document["properties"]["loginServer"]

    def require(self, request: Request, repository: str, action: str) -> None:
        """Raise the 401 challenge unless the request's token gives ``action`` on the repository (or ``catalog``)."""
        kind = "registry" if repository == "catalog" else "repository"
        scope = f"{kind}:{repository}:{action}"
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        detail = [{"Type": kind, "Name": repository, "Action": action}]
        if scheme.lower() != "bearer":
            raise errors.unauthorized(self.host, detail, scope)
        try:
            access = tokens.access_of(self.world, self.host, token)
        except tokens.Refused as refused:
            raise errors.unauthorized(self.host, detail, scope) from refused
        if not any(item.type == kind and item.name == repository and action in item.actions for item in access):
            raise errors.unauthorized(self.host, detail, scope)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, RegistryError)
    return JSONResponse(error.body(), error.status, error.headers)


async def _unrouted(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = "UNSUPPORTED" if error.status_code == 405 else "NOT_FOUND"
    body = {"errors": [{"code": code, "message": f"{request.method} {request.url.path} is not served"}]}
    return JSONResponse(body, error.status_code)


def application(world: World, id: ResourceId) -> Starlette:
    """The data plane of the registry ``id``."""
    registry = Registry(world, id)
    app = Starlette(
        routes=[
            *token_routes.routes(registry),
            *metadata.routes(registry),
            *distribution.routes(registry),
        ],
        middleware=[Middleware(Bugs)],
        exception_handlers={RegistryError: _refused, HTTPException: _unrouted},
    )
    app.router.redirect_slashes = False
    return app
