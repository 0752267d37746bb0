"""A request handed on to a process on this machine, and its answer handed back as it comes."""

from collections.abc import Iterable

import httpx
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

#: Headers that belong to one connection, not to the message.
_OF_CONNECTION = frozenset(
    {b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection", b"te",
     b"trailer", b"transfer-encoding", b"upgrade"}
)  # fmt: skip
_TIMEOUT = httpx.Timeout(None, connect=5.0)

Headers = Iterable[tuple[bytes, bytes]]


class Forwarding:
    """Connections to processes, kept open between requests."""

    def __init__(self) -> None:
        limits = httpx.Limits(max_connections=None)
        # It speaks plain HTTP on loopback: there are no certificates to load.
        self._client = httpx.AsyncClient(trust_env=False, timeout=_TIMEOUT, limits=limits, verify=False)

    async def forward(self, request: Request, port: int, headers: Headers) -> Response:
        """The answer of what listens on ``port``; 502 where nothing does. The answer's headers stay as they are."""
        path = request.scope.get("raw_path") or request.scope["path"].encode()
        query = request.scope.get("query_string") or b""
        target = path.partition(b"?")[0] + (b"?" + query if query else b"")
        url = httpx.URL(scheme="http", host="127.0.0.1", port=port, raw_path=target)
        has_body = "content-length" in request.headers or "transfer-encoding" in request.headers
        kept = [(name, value) for name, value in headers if name.lower() not in _OF_CONNECTION]
        asked = httpx.Request(request.method, url, headers=kept, content=request.stream() if has_body else None)
        try:
            answer = await self._client.send(asked, stream=True)
        except httpx.HTTPError:
            return PlainTextResponse("Bad Gateway", 502)
        response = StreamingResponse(answer.aiter_raw(), answer.status_code, background=BackgroundTask(answer.aclose))
        response.raw_headers = [
            (name.lower(), value)
            for name, value in answer.headers.raw
            if name.lower() not in _OF_CONNECTION and name.lower() != b"date"  # our server writes one
        ]
        return response
