"""What Resource Manager's answers look like: lists, and the headers of operations that go on after the answer."""

from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response

from sandbox.arm import types
from sandbox.arm.ids import ResourceId
from sandbox.store import Document

if TYPE_CHECKING:
    from sandbox.world import World

# azure-core takes ``Retry-After: 0`` for an absent one and then waits 30 s; this header it takes at its word.
_POLL = {"x-ms-retry-after-ms": "20"}


def listed(documents: list[Any]) -> Response:
    return JSONResponse({"value": documents})


def put(world: "World", document: Document, created: bool, operation: Document | None) -> Response:
    """200 or 201 with the resource; while it is being made, with where to ask about that."""
    headers = {}
    if operation:
        headers = {"Azure-AsyncOperation": _url(world, document["id"], "operations", operation), **_POLL}
    return JSONResponse(document, 201 if created else 200, headers)


def deleted(
    world: "World", id: ResourceId, existed: bool, operation: Document | None, document: Document | None = None
) -> Response:
    """204 if there was nothing, 200 if it is gone (with what it was, for some types), 202 while it is going."""
    if document:
        return JSONResponse(document)
    if operation is None:
        kind = types.find(id.type)
        return Response(status_code=kind.deleted_status if kind and existed else 204)
    return Response(status_code=202, headers={"Location": _url(world, id.text, "operationresults", operation), **_POLL})


def _url(world: "World", text: str, kind: str, operation: Document) -> str:
    id = ResourceId(text)
    namespace = id.type.split("/")[0]
    path = f"/subscriptions/{id.subscription}/providers/{namespace}/{kind}/{operation['id']}"
    return f"{world.url}{path}?api-version=2024-11-01"


def operation(document: Document) -> Response:
    """The state of an operation, as Azure-AsyncOperation is polled."""
    answer: Document = {"id": document["id"], "name": document["id"], "status": document["status"]}
    if document["error"]:
        answer["error"] = document["error"]
    return JSONResponse(answer, headers=_POLL if document["status"] == "InProgress" else None)


def result(document: Document) -> Response:
    """The outcome of an operation, as Location is polled: 202 until there is one."""
    if document["status"] == "InProgress":
        return Response(status_code=202, headers=_POLL)
    if document["error"]:
        return JSONResponse({"error": document["error"]}, 409)
    return JSONResponse(document["result"]) if document["result"] is not None else Response(status_code=204)
