"""GET: one object, a list in pages, or a watch; as themselves or as a table."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator
from typing import Any

from starlette.responses import JSONResponse, Response, StreamingResponse

from sandbox.kube import crds, selectors, tables, versions
from sandbox.kube.call import Call
from sandbox.kube.errors import ApiError, bad_request, expired
from sandbox.kube.objects import Event
from sandbox.kube.selectors import Test
from sandbox.store import Document

#: Seconds after which the server ends a watch by itself, and between bookmarks.
WATCH_S, BOOKMARK_S = 1800.0, 60.0


def answer(call: Call, document: Document, code: int = 200) -> Response:
    """One object as the request wants it."""
    document = versions.served(document, call.kind)
    if _tabular(call):
        return JSONResponse(tables.table(call, [document], document["metadata"]), code)
    if _metadata_only(call):
        return JSONResponse(_partial(document), code)
    return JSONResponse(document, code)


def get(call: Call) -> Response:
    call.require("get")
    return answer(call, call.stored())


def listing(call: Call) -> Response:
    """A list, in pages of ``limit``; the continue token holds the key of the last object and the revision."""
    if call.flag("watch"):
        return watch(call)
    call.require("list")
    test = selection(call)
    found = [one for one in call.objects.list(call.kind.resource, call.namespace) if test(one)]
    metadata: Document = {"resourceVersion": str(call.objects.revision)}
    if token := call.query("continue"):
        after, metadata["resourceVersion"] = _opened(token)
        found = [one for one in found if _position(one) > after]
    limit = call.number("limit") or 0
    if 0 < limit < len(found):
        metadata["continue"] = _sealed(_position(found[limit - 1]), metadata["resourceVersion"])
        if not (call.query("labelSelector") or call.query("fieldSelector")):
            metadata["remainingItemCount"] = len(found) - limit
        found = found[:limit]
    found = [versions.served(one, call.kind) for one in found]
    if _tabular(call):
        return JSONResponse(tables.table(call, found, metadata))
    if _metadata_only(call):
        items = [_partial(one) for one in found]
        return JSONResponse(
            {"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": metadata, "items": items}
        )
    if not call.kind.custom:
        # Items of a typed list come without their kind, as the real server's do.
        found = [{name: one[name] for name in one if name not in ("apiVersion", "kind")} for one in found]
    return JSONResponse(
        {"kind": call.kind.listed, "apiVersion": call.kind.api_version, "metadata": metadata, "items": found}
    )


def _position(document: Document) -> list[str]:
    metadata = document["metadata"]
    return [metadata.get("namespace") or "", metadata["name"]]


def _sealed(position: list[str], revision: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([position, revision]).encode()).decode()


def _opened(token: str) -> tuple[list[str], str]:
    try:
        position, revision = json.loads(base64.urlsafe_b64decode(token))
    except ValueError as error:
        raise bad_request("continue key is not valid") from error
    return position, revision


def selection(call: Call) -> Test:
    """The test for what the request's selectors select."""
    by_label = selectors.labels(call.query("labelSelector"))
    extra: tuple[str, ...] = ()
    if (definition := call.registry.definition(call.kind)) is not None:
        fields = crds.version(definition, call.kind.version).get("selectableFields") or []
        extra = tuple(one["jsonPath"].lstrip(".") for one in fields)
    by_field = selectors.fields(call.query("fieldSelector"), call.kind.resource, extra)
    named = call.name
    return lambda one: by_label(one) and by_field(one) and named in ("", one["metadata"]["name"])


def _accepts(call: Call) -> str:
    return call.request.headers.get("accept", "").replace(" ", "").split(",")[0]


def _tabular(call: Call) -> bool:
    return "as=Table" in _accepts(call)


def _metadata_only(call: Call) -> bool:
    return "as=PartialObjectMetadata" in _accepts(call)


def _partial(document: Document) -> Document:
    return {
        "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": document["metadata"],
    }  # fmt: skip


def watch(call: Call) -> Response:
    """Changes as they happen, one JSON line each. Without a resourceVersion the present state comes first."""
    call.require("watch")
    test = selection(call)
    revision = call.query("resourceVersion")
    if revision and not revision.isdecimal():
        raise bad_request(f'invalid resource version "{revision}"')
    initial = call.flag("sendInitialEvents")
    if initial and call.query("resourceVersionMatch") != "NotOlderThan":
        message = "resourceVersionMatch: Forbidden: resourceVersionMatch=NotOlderThan is required for sendInitialEvents"
        raise ApiError(422, "Invalid", f'ListOptions.meta.k8s.io "" is invalid: {message}', {})
    since = int(revision) if revision not in ("", "0") and not initial else None
    try:
        stream = _Stream(call, test, since, initial)
    except ApiError as gone:
        if gone.code != 410:
            raise
        line = json.dumps({"type": "ERROR", "object": expired(gone.message).status()}) + "\n"
        return Response(line, media_type="application/json")
    return StreamingResponse(stream.lines(), media_type="application/json")


class _Stream:
    """One watch being answered."""

    def __init__(self, call: Call, test: Test, since: int | None, initial: bool) -> None:
        self._call, self._test, self._initial = call, test, initial
        self._watch = call.objects.watch(call.kind.resource, call.namespace, since)
        self._revision = call.objects.revision
        present = call.objects.list(call.kind.resource, call.namespace) if since is None else []
        self._present = [one for one in present if test(one)]
        self._columns_sent = False
        asked = call.number("timeoutSeconds")
        self._ends = time.monotonic() + (asked or WATCH_S)

    async def lines(self) -> AsyncIterator[str]:
        with self._watch:
            for document in self._present:
                yield self._line("ADDED", document)
            if self._initial:
                yield self._bookmark({"k8s.io/initial-events-end": "true"})
            while (left := self._ends - time.monotonic()) > 0:
                try:
                    event = await self._watch.next(min(left, BOOKMARK_S))
                except TimeoutError:
                    if self._call.flag("allowWatchBookmarks"):
                        yield self._bookmark({})
                    continue
                self._revision = event.revision
                if type := self._seen_as(event):
                    yield self._line(type, event.object)
                if not self._watch.pending():
                    await asyncio.sleep(0)

    def _seen_as(self, event: Event) -> str | None:
        """What a change is to one who sees selected objects only: entering is ADDED, leaving is DELETED."""
        now = event.type != "DELETED" and self._test(event.object)
        before = event.previous is not None and self._test(event.previous)
        if event.type == "DELETED":
            return "DELETED" if before else None
        if now:
            return "MODIFIED" if before else "ADDED"
        return "DELETED" if before else None

    def _line(self, type: str, document: Document) -> str:
        shown: Any = versions.served(document, self._call.kind)
        if _tabular(self._call):
            metadata = {"resourceVersion": document["metadata"]["resourceVersion"]}
            shown = tables.table(self._call, [shown], metadata, defined=not self._columns_sent)
            self._columns_sent = True
        elif _metadata_only(self._call):
            shown = _partial(shown)
        return json.dumps({"type": type, "object": shown}, separators=(",", ":")) + "\n"

    def _bookmark(self, annotations: dict[str, str]) -> str:
        kind = self._call.kind
        metadata: Document = {"resourceVersion": str(max(self._revision, self._call.objects.revision))}
        metadata["creationTimestamp"] = None
        if annotations:
            metadata["annotations"] = annotations
        document: Document = {"kind": kind.kind, "apiVersion": kind.api_version, "metadata": metadata}
        if _tabular(self._call):
            document = tables.table(self._call, [], metadata, defined=not self._columns_sent)
            document["rows"] = [
                {"cells": [""] * len(tables.columns(self._call)), "object": _partial({"metadata": metadata})}
            ]
        elif _metadata_only(self._call):
            document = _partial(document)
        return json.dumps({"type": "BOOKMARK", "object": document}, separators=(",", ":")) + "\n"
