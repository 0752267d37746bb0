"""Microsoft Graph's REST interface; ``beta`` answers as ``v1.0`` does."""

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from sandbox.graph import assignments, credentials, members, objects, organization
from sandbox.graph.errors import no_segment

if TYPE_CHECKING:
    from sandbox.world import World

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def routes(world: "World") -> list[BaseRoute]:
    async def unknown(request: Request) -> Response:
        raise no_segment(request.url.path.rstrip("/").rpartition("/")[2])

    rooms = (organization, members, assignments, credentials, objects)
    return [
        *(route for version in ("v1.0", "beta") for room in rooms for route in room.routes(world, version)),
        *(Route(f"/{version}/{{rest:path}}", unknown, methods=_METHODS) for version in ("v1.0", "beta")),
    ]
