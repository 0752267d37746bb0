"""``/acr/v1`` and the catalog: what ``az acr repository`` and ``az acr manifest`` list, show, change and delete."""

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.acr import errors
from sandbox.acr.references import is_digest
from sandbox.store import Document

if TYPE_CHECKING:
    from sandbox.acr.dataplane import Registry

_PAGE, _LARGEST_PAGE = 100, 1000
_ATTRIBUTES = {"deleteEnabled": True, "writeEnabled": True, "readEnabled": True, "listEnabled": True}


def page(request: Request, items: list[Document], key: str) -> tuple[list[Document], dict[str, str]]:
    """The part of ``items`` (sorted by ``key``) that ``last`` and ``n`` ask for, and the Link header to the next."""
    last, order = request.query_params.get("last", ""), request.query_params.get("orderby", "")
    asked = request.query_params.get("n", "")
    size = min(int(asked), _LARGEST_PAGE) if asked.isdecimal() and int(asked) else _PAGE
    if order.startswith("time"):
        items = sorted(items, key=lambda item: item["lastUpdateTime"], reverse=order == "timedesc")
    names = [item[key] for item in items]
    start = names.index(last) + 1 if last in names else 0
    shown = items[start : start + size]
    if start + size >= len(items):
        return shown, {}
    query = urlencode({"last": shown[-1][key], "n": size} | ({"orderby": order} if order else {}))
    return shown, {"Link": f'<{request.url.path}?{query}>; rel="next"'}


def routes(registry: "Registry") -> list[Route]:
    async def catalog(request: Request) -> Response:
        registry.require(request, "catalog", "*")
        names: list[Document] = [{"name": name} for name in registry.contents.repositories()]
        shown, headers = page(request, names, "name")
        return JSONResponse({"repositories": [item["name"] for item in shown] or None}, headers=headers)

    async def tags(request: Request) -> Response:
        name = _repository(registry, request)
        shown, headers = page(request, registry.contents.tags(name), "name")
        wanted = request.query_params.get("digest")
        listed = [_tag(tag) for tag in shown if not wanted or tag["digest"] == wanted]
        return JSONResponse(_named(registry, name) | {"tags": listed}, headers=headers)

    async def tag(request: Request) -> Response:
        name = _repository(registry, request)
        found = next((t for t in registry.contents.tags(name) if t["name"] == request.path_params["tag"]), None)
        if found is None:
            raise errors.tag_unknown(request.path_params["tag"])
        if request.method == "DELETE":
            registry.contents.untag(name, found["name"])
            return Response(status_code=202)
        return JSONResponse(_named(registry, name) | {"tag": _tag(found)})

    async def manifests(request: Request) -> Response:
        name = _repository(registry, request)
        shown, headers = page(request, registry.contents.manifests(name), "digest")
        return JSONResponse(_named(registry, name) | {"manifests": [_manifest(m) for m in shown]}, headers=headers)

    async def manifest(request: Request) -> Response:
        name, digest = _repository(registry, request), request.path_params["digest"]
        found = next((m for m in registry.contents.manifests(name) if m["digest"] == digest), None)
        if found is None or not is_digest(digest):
            raise errors.manifest_unknown(name, digest)
        return JSONResponse(_named(registry, name) | {"manifest": _manifest(found)})

    async def repository(request: Request) -> Response:
        name = _repository(registry, request)
        held, named = registry.contents.manifests(name), registry.contents.tags(name)
        if request.method == "DELETE":
            for item in held:
                registry.contents.delete_manifest(name, item["digest"])
            gone = {
                "manifestsDeleted": [item["digest"] for item in held],
                "tagsDeleted": [item["name"] for item in named],
            }
            return JSONResponse(gone, 202)
        return JSONResponse(
            _named(registry, name)
            | {
                "createdTime": min(item["createdTime"] for item in held),
                "lastUpdateTime": max(item["lastUpdateTime"] for item in [*held, *named]),
                "manifestCount": len(held),
                "tagCount": len(named),
                "changeableAttributes": _ATTRIBUTES | {"teleportEnabled": False},
            }
        )

    return [
        Route("/v2/_catalog", catalog),
        Route("/acr/v1/_catalog", catalog),
        Route("/acr/v1/{name:path}/_tags", tags),
        Route("/acr/v1/{name:path}/_tags/{tag}", tag, methods=["GET", "DELETE"]),
        Route("/acr/v1/{name:path}/_manifests", manifests),
        Route("/acr/v1/{name:path}/_manifests/{digest}", manifest),
        Route("/acr/v1/{name:path}", repository, methods=["GET", "DELETE"]),
    ]


def _repository(registry: "Registry", request: Request) -> str:
    """The repository asked for, which must exist, if the caller's token reads (or deletes in) it."""
    name = request.path_params["name"]
    registry.require(request, name, "delete" if request.method == "DELETE" else "metadata_read")
    if name not in registry.contents.repositories():
        raise errors.name_unknown(name)
    return name


def _named(registry: "Registry", repository: str) -> Document:
    return {"registry": registry.host, "imageName": repository}


def _tag(tag: Document) -> Document:
    shown = {field: tag[field] for field in ("name", "digest", "createdTime", "lastUpdateTime")}
    return shown | {"signed": False, "changeableAttributes": _ATTRIBUTES}


def _manifest(manifest: Document) -> Document:
    shown = {field: value for field, value in manifest.items() if field != "repository" and value != ""}
    return shown | {"changeableAttributes": _ATTRIBUTES}
