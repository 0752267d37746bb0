"""Microsoft.Resources: tags of a group or resource as a thing of their own, and the names in use."""

from typing import Any

from starlette.responses import JSONResponse, Response

from sandbox.arm import answers, refusals, resources, roles, types
from sandbox.arm.endpoints import Call, endpoint
from sandbox.arm.ids import ResourceId
from sandbox.arm.shapes import Choice, Fields, fitted
from sandbox.arm.subscriptions import check_api_version, require
from sandbox.store import Document

_PATH = "{scope*}/providers/Microsoft.Resources/tags/default"
_BODY = Fields(
    "TagsPatchResource",
    {
        "id": str, "name": str, "type": str, "operation": Choice("TagsPatchOperation", ("Merge", "Replace", "Delete")),
        "properties": Fields("Tags", {"tags": dict}),
    },
)  # fmt: skip


def _tagged(call: Call, verb: str) -> Document:
    """The stored group or resource whose tags are meant."""
    check_api_version(call)
    id = ResourceId(call.names["scope"])
    roles.require(call.world, call.principal, f"Microsoft.Resources/tags/{verb}", id.text)
    resources.require_scope(call.world, id)
    document = resources.stored(call.world, id)
    if document is None:
        if id.type == resources.GROUP:
            raise refusals.group_not_found(id.name)
        kind = types.find(id.type)
        raise refusals.resource_not_found(id, kind.name if kind else id.type)
    return document


def _answer(document: Document) -> Response:
    return JSONResponse(
        {
            "id": f"{document['id']}/providers/Microsoft.Resources/tags/default",
            "name": "default",
            "type": "Microsoft.Resources/tags",
            "properties": {"tags": document.get("tags") or {}},
        }
    )


def _store(call: Call, document: Document, tags: dict[str, Any]) -> Response:
    changed = {**document, "tags": tags}
    call.world.store.table("resources")[document["id"].lower()] = changed
    return _answer(changed)


@endpoint("GET", _PATH)
async def _read(call: Call) -> Response:
    return _answer(_tagged(call, "read"))


@endpoint("PUT", _PATH)
async def _replace(call: Call) -> Response:
    body = fitted(call.body, _BODY, "tags")
    return _store(call, _tagged(call, "write"), body.get("properties", {}).get("tags", {}))


@endpoint("PATCH", _PATH)
async def _change(call: Call) -> Response:
    body = fitted(call.body, _BODY, "tags")
    document, given = _tagged(call, "write"), body.get("properties", {}).get("tags", {})
    standing = document.get("tags") or {}
    operation = body.get("operation", "Merge")
    if operation == "Replace":
        tags = given
    elif operation == "Merge":
        names = {name.lower() for name in given}
        tags = {name: text for name, text in standing.items() if name.lower() not in names} | given
    else:
        tags = {name: text for name, text in standing.items() if given.get(name) != text}
    return _store(call, document, tags)


@endpoint("DELETE", _PATH)
async def _clear(call: Call) -> Response:
    _store(call, _tagged(call, "delete"), {})
    return Response(status_code=200)


@endpoint("GET", "/subscriptions/{subscription}/tagNames")
async def _names(call: Call) -> Response:
    """Every tag name in the subscription with its values and how often each is used."""
    subscription = require(call)
    used: dict[str, dict[str, int]] = {}
    for document in resources.find(call.world):
        for name, text in (document.get("tags") or {}).items():
            values = used.setdefault(name, {})
            values[text] = values.get(text, 0) + 1
    prefix = f"/subscriptions/{subscription}/tagNames"

    def count(number: int) -> dict[str, object]:
        return {"type": "Total", "value": number}

    return answers.listed(
        [
            {
                "id": f"{prefix}/{name}",
                "tagName": name,
                "count": count(sum(values.values())),
                "values": [
                    {"id": f"{prefix}/{name}/tagValues/{text}", "tagValue": text, "count": count(number)}
                    for text, number in values.items()
                ],
            }
            for name, values in sorted(used.items())
        ]
    )
