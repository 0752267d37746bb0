"""Endpoints that list across types: groups, all resources, and the state of operations."""

from starlette.responses import Response

from sandbox.arm import answers, filters, resources, roles, types
from sandbox.arm.endpoints import Call, endpoint
from sandbox.arm.ids import ResourceId
from sandbox.arm.subscriptions import require
from sandbox.errors import AzureError
from sandbox.store import Document


@endpoint("GET", "/subscriptions/{subscription}/resourceGroups")
async def _groups(call: Call) -> Response:
    require(call)
    found = resources.find(call.world, resources.GROUP)
    return answers.listed(_wanted(call, _readable(call, found)))


@endpoint("GET", "/subscriptions/{subscription}/resources")
async def _resources(call: Call) -> Response:
    require(call)
    return answers.listed(
        _wanted(call, _readable(call, _generic(call, f"/subscriptions/{call.names['subscription']}")))
    )


@endpoint("GET", "/subscriptions/{subscription}/resourceGroups/{group}/resources")
async def _group_resources(call: Call) -> Response:
    require(call)
    group = ResourceId(call.path.rpartition("/")[0])
    resources.require(call.world, call.principal, group, api_version=call.api_version)
    return answers.listed(_wanted(call, _readable(call, _generic(call, group.text))))


def _generic(call: Call, scope: str) -> list[Document]:
    """The tracked, top-level resources at a scope, without their properties."""
    return [
        {field: value for field, value in document.items() if field not in ("properties", "etag", "managedBy")}
        for document in resources.find(call.world, None, scope)
        if (kind := types.find(document["type"])) and kind.tracked and kind.name != resources.GROUP
    ]


def _readable(call: Call, documents: list[Document]) -> list[Document]:
    return [
        document
        for document in documents
        if (kind := types.find(document["type"]))
        and roles.allowed(call.world, call.principal, resources.action(kind, "read"), document["id"])
    ]


def _wanted(call: Call, documents: list[Document]) -> list[Document]:
    found = filters.applied(call.request.query_params.get("$filter", ""), documents)
    top = call.request.query_params.get("$top", "")
    return found[: int(top)] if top.isdigit() else found


def _operation(call: Call) -> Document:
    found = call.world.operations.get(call.names["operation"])
    if found is None:
        raise AzureError(404, "OperationNotFound", f"The operation '{call.names['operation']}' could not be found.")
    return found


@endpoint("GET", "/subscriptions/{subscription}/providers/{namespace}/operations/{operation}")
async def _operation_state(call: Call) -> Response:
    return answers.operation(_operation(call))


@endpoint("GET", "/subscriptions/{subscription}/providers/{namespace}/operationresults/{operation}")
async def _operation_result(call: Call) -> Response:
    return answers.result(_operation(call))
