"""``/blobs/<container>/<blob>``: the storage service that ``az acr build`` uploads to and reads its log from."""

import re
from email.utils import formatdate
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from sandbox.acr.blobs import Blob, permitted
from sandbox.acr.contents import digest_of
from sandbox.world import World

_RANGE = re.compile(r"bytes=(\d+)-(\d*)")

_MESSAGES = {
    "AuthenticationFailed": "Server failed to authenticate the request. Make sure the value of Authorization "
    "header is formed correctly including the signature.",
    "BlobNotFound": "The specified blob does not exist.",
    "InvalidRange": "The range specified is invalid for the current size of the resource.",
    "InvalidBlockList": "The specified block list is invalid.",
    "InvalidHeaderValue": "The value for one of the HTTP headers is not in the correct format.",
    "InvalidQueryParameterValue": "Value for one of the query parameters specified in the request URI is invalid.",
    "InvalidXmlDocument": "XML specified is not syntactically valid.",
    "InvalidUri": "The requested URI does not represent any resource on the server.",
}


def _refused(status: int, code: str) -> Response:
    """Storage's error format."""
    text = f"<Error><Code>{code}</Code><Message>{escape(_MESSAGES[code])}</Message></Error>"
    body = f'<?xml version="1.0" encoding="utf-8"?>{text}'
    return Response(body, status, {"x-ms-error-code": code}, media_type="application/xml")


def routes(world: World) -> list[BaseRoute]:
    async def blob(request: Request) -> Response:
        path = request.path_params["path"]
        try:
            target = Blob(world, path)
        except ValueError:
            return _refused(400, "InvalidUri")
        permission = "w" if request.method == "PUT" else "r"
        if not permitted(world, path, dict(request.query_params), permission):
            return _refused(403, "AuthenticationFailed")
        if request.method == "PUT":
            return _put(target, request, await request.body())
        return _read(target, request)

    return [Route("/blobs/{path:path}", blob, methods=["GET", "HEAD", "PUT"])]


def _put(blob: Blob, request: Request, content: bytes) -> Response:
    part = request.query_params.get("comp", "")
    if part == "block":
        blob.put_block(request.query_params.get("blockid", ""), content)
    elif part == "blocklist":
        try:
            ids = [element.text or "" for element in ElementTree.fromstring(content)]
        except ElementTree.ParseError:
            return _refused(400, "InvalidXmlDocument")
        if not blob.commit(ids):
            return _refused(400, "InvalidBlockList")
    elif part:
        return _refused(400, "InvalidQueryParameterValue")
    elif request.headers.get("x-ms-blob-type") != "BlockBlob":
        return _refused(400, "InvalidHeaderValue")
    else:
        blob.write(content)
    return Response(status_code=201, headers=_headers(blob))


def _read(blob: Blob, request: Request) -> Response:
    if not blob.exists:
        return _refused(404, "BlobNotFound")
    content = blob.file.read_bytes()
    headers = _headers(blob) | {"Accept-Ranges": "bytes"}
    asked = _RANGE.fullmatch(request.headers.get("x-ms-range") or request.headers.get("range") or "")
    if request.method == "HEAD" or not asked:
        return Response(content, 200, headers, media_type="text/plain; charset=utf-8")
    start = int(asked[1])
    if start >= len(content):
        return _refused(416, "InvalidRange")
    end = min(int(asked[2] or len(content)), len(content) - 1)
    headers["Content-Range"] = f"bytes {start}-{end}/{len(content)}"
    return Response(content[start : end + 1], 206, headers, media_type="text/plain; charset=utf-8")


def _headers(blob: Blob) -> dict[str, str]:
    """``ETag`` and the metadata; the client ends a log's stream at ``x-ms-meta-Complete``."""
    headers = {f"x-ms-meta-{name}": value for name, value in blob.metadata.items()}
    if blob.exists:
        headers["ETag"] = f'"{digest_of(blob.file.read_bytes())[7:23]}"'
        headers["Last-Modified"] = formatdate(blob.file.stat().st_mtime, usegmt=True)
        headers["x-ms-blob-type"] = "BlockBlob"
    return headers
