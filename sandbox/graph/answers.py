"""Graph's answers: one entity or a page of a collection, with ``$filter``, ``$select``, ``$top`` and ``$count``."""

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.graph import filters
from sandbox.graph.errors import bad, bad_query
from sandbox.graph.kinds import Kind, kind_of
from sandbox.store import Document

if TYPE_CHECKING:
    from sandbox.world import World

_OPTIONS = frozenset({"$filter", "$select", "$top", "$count", "$skiptoken"})
_PAGE, _LARGEST_PAGE = 100, 999


async def body(request: Request) -> Document:
    """The request's JSON object. Raises GraphError 400."""
    try:
        sent = await request.json()
    except ValueError as error:
        raise bad_query("Unable to read JSON request payload. Please ensure Content-Type header is set and payload is"
                        " of valid JSON format.") from error  # fmt: skip
    if not isinstance(sent, dict):
        raise bad_query("The request's payload is not a JSON object.")
    return sent


def entity(world: "World", request: Request, kind: Kind, document: Document, status: int = 200) -> Response:
    """One object, or the properties of it that ``$select`` names."""
    _check_options(request, kind.defaults)
    context = f"{world.url}/v1.0/$metadata#{kind.collection}/$entity"
    chosen = _selected(request, kind.shown(document))
    return JSONResponse({"@odata.context": context, **chosen}, status)


def collection(world: "World", request: Request, kind: Kind, documents: list[Document]) -> Response:
    """A page of objects of one kind."""
    items = [kind.shown(document) for document in documents]
    return page(world, request, kind.collection, items, kind.defaults)


def mixed(world: "World", request: Request, documents: list[Document]) -> Response:
    """A page of objects of several kinds, each with its ``@odata.type``."""
    items = [{"@odata.type": document["@odata.type"], **kind_of(document).shown(document)} for document in documents]
    known = {name for item in items for name in item} | {"id", "displayName"}
    return page(world, request, "directoryObjects", items, dict.fromkeys(known))


def page(world: "World", request: Request, name: str, items: list[Document], known: Document) -> Response:
    """A page of ``items``, whose possible properties are the keys of ``known``."""
    _check_options(request, known)
    query = request.query_params
    if wanted := query.get("$filter"):
        holds = filters.parse(wanted, known.keys())
        items = [item for item in items if holds(item)]
    answer: dict[str, Any] = {"@odata.context": f"{world.url}/v1.0/$metadata#{name}"}
    if query.get("$count") == "true":
        answer["@odata.count"] = len(items)
    size, start = _number(request, "$top", _PAGE), _number(request, "$skiptoken", 0)
    if not 1 <= size <= _LARGEST_PAGE:
        raise bad(f"Invalid page size specified: '{size}'. Must be between 1 and {_LARGEST_PAGE} inclusive.")
    if start + size < len(items):
        following = request.url.include_query_params(**{"$skiptoken": start + size})
        answer["@odata.nextLink"] = f"{world.url}{following.path}?{following.query}"
    answer["value"] = [_selected(request, item) for item in items[start : start + size]]
    return JSONResponse(answer)


def _check_options(request: Request, known: Document) -> None:
    for name in request.query_params:
        if name not in _OPTIONS:
            raise bad(f"Unrecognized query argument specified: '{name}'.")
    for name in _selection(request):
        if name not in known:
            raise bad_query(f"Parsing OData Select and Expand failed: Could not find a property named '{name}'.")


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    if not text.isdecimal():
        raise bad(f"Invalid value '{text}' for {name} query option found. It must be a non-negative integer.")
    return int(text)


def _selection(request: Request) -> list[str]:
    return [name for name in request.query_params.get("$select", "").split(",") if name]


def _selected(request: Request, item: Document) -> Document:
    names = _selection(request)
    keep = {*names, "@odata.type"}
    return {name: value for name, value in item.items() if name in keep} if names else item
