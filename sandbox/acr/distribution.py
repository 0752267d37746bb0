"""``/v2``: manifests and blobs pulled, pushed and deleted by the OCI distribution API (helm, oras, docker)."""

import json
import re
import uuid
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from sandbox.acr import errors, tokens
from sandbox.acr.contents import OCI_MANIFEST, MissingBlob, digest_of
from sandbox.acr.metadata import page
from sandbox.acr.references import is_digest, is_repository, is_tag

if TYPE_CHECKING:
    from sandbox.acr.dataplane import Registry

_UPLOAD = re.compile(r"[0-9a-f]{32}")


def routes(registry: "Registry") -> list[Route]:
    async def root(request: Request) -> Response:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        try:
            tokens.access_of(registry.world, registry.host, token if scheme.lower() == "bearer" else "")
        except tokens.Refused as refused:
            raise errors.unauthorized(registry.host) from refused
        return JSONResponse({}, headers={"Docker-Distribution-Api-Version": "registry/2.0"})

    async def tags(request: Request) -> Response:
        name = _named(registry, request, "pull")
        if name not in registry.contents.repositories():
            raise errors.name_unknown(name)
        shown, headers = page(request, registry.contents.tags(name), "name")
        return JSONResponse({"name": name, "tags": [tag["name"] for tag in shown]}, headers=headers)

    async def manifest(request: Request) -> Response:
        if request.method == "PUT":
            return _put_manifest(registry, request, await request.body())
        deletes = request.method == "DELETE"
        name = _named(registry, request, "delete" if deletes else "pull")
        reference = request.path_params["reference"]
        found = registry.contents.manifest(name, reference)
        if found is None:
            raise errors.manifest_unknown(name, reference)
        if deletes:
            if not is_digest(reference):
                raise errors.RegistryError(405, "UNSUPPORTED", "a manifest is deleted by its digest")
            registry.contents.delete_manifest(name, reference)
            return Response(status_code=202)
        headers = {"Docker-Content-Digest": found["digest"], "ETag": f'"{found["digest"]}"'}
        return Response(registry.contents.content(found["digest"]), 200, headers, media_type=found["mediaType"])

    async def blob(request: Request) -> Response:
        deletes = request.method == "DELETE"
        _named(registry, request, "delete" if deletes else "pull")
        digest = request.path_params["digest"]
        found = registry.contents.blob(digest)
        if found is None:
            raise errors.blob_unknown(digest)
        if deletes:
            found.unlink()
            return Response(status_code=202)
        headers = {"Docker-Content-Digest": digest, "ETag": f'"{digest}"'}
        return FileResponse(found, headers=headers, media_type="application/octet-stream")

    async def begin(request: Request) -> Response:
        name = _named(registry, request, "push")
        wanted = request.query_params.get("mount") or request.query_params.get("digest", "")
        if content := await request.body():
            return _finished(registry, name, content, wanted)
        if wanted and registry.contents.blob(wanted) and request.query_params.get("mount"):
            return _created(name, wanted)
        return _under_way(name, uuid.uuid4().hex, 0)

    async def upload(request: Request) -> Response:
        name, session = _named(registry, request, "push"), request.path_params["session"]
        if not _UPLOAD.fullmatch(session):
            raise errors.upload_unknown()
        part = registry.contents.folder / "uploads" / session
        received = (part.read_bytes() if part.exists() else b"") + await request.body()
        if request.method == "PUT":
            part.unlink(missing_ok=True)
            return _finished(registry, name, received, request.query_params.get("digest", ""))
        if request.method == "DELETE":
            part.unlink(missing_ok=True)
            return Response(status_code=204)
        part.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(received)
        return _under_way(name, session, len(received))

    return [
        Route("/v2/", root),
        Route("/v2/{name:path}/tags/list", tags),
        Route("/v2/{name:path}/manifests/{reference}", manifest, methods=["GET", "PUT", "DELETE"]),
        Route("/v2/{name:path}/blobs/uploads/", begin, methods=["POST"]),
        Route("/v2/{name:path}/blobs/uploads/{session}", upload, methods=["PATCH", "PUT", "GET", "DELETE"]),
        Route("/v2/{name:path}/blobs/{digest}", blob, methods=["GET", "DELETE"]),
    ]


def _named(registry: "Registry", request: Request, action: str) -> str:
    """The repository's name, if the caller's token gives ``action`` on it."""
    name = request.path_params["name"]
    registry.require(request, name, action)
    if not is_repository(name):
        raise errors.name_invalid(name)
    return name


def _put_manifest(registry: "Registry", request: Request, content: bytes) -> Response:
    name, reference = _named(registry, request, "push"), request.path_params["reference"]
    if is_digest(reference) and digest_of(content) != reference:
        raise errors.digest_invalid(reference)
    if not is_digest(reference) and not is_tag(reference):
        raise errors.manifest_invalid({"reference": reference})
    media_type = request.headers.get("content-type", OCI_MANIFEST).split(";")[0]
    tag = "" if is_digest(reference) else reference
    try:
        digest = registry.contents.put_manifest(name, content, media_type, tag)
    except MissingBlob as missing:
        raise errors.manifest_blob_unknown(missing.args[0]) from missing
    except (json.JSONDecodeError, AttributeError, KeyError, TypeError) as error:
        raise errors.manifest_invalid(str(error)) from error
    headers = {"Location": f"/v2/{name}/manifests/{digest}", "Docker-Content-Digest": digest}
    return Response(status_code=201, headers=headers)


def _finished(registry: "Registry", name: str, content: bytes, digest: str) -> Response:
    if digest_of(content) != digest:
        raise errors.digest_invalid(digest)
    registry.contents.put_blob(content)
    return _created(name, digest)


def _created(name: str, digest: str) -> Response:
    headers = {"Location": f"/v2/{name}/blobs/{digest}", "Docker-Content-Digest": digest}
    return Response(status_code=201, headers=headers)


def _under_way(name: str, session: str, received: int) -> Response:
    headers = {
        "Location": f"/v2/{name}/blobs/uploads/{session}",
        "Docker-Upload-Uuid": session,
        "Range": f"0-{max(received - 1, 0)}",
    }
    return Response(status_code=202, headers=headers)
