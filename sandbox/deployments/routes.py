"""The REST routes of deployments, at a subscription and at a resource group."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.arm import refusals, roles
from sandbox.arm.ids import ResourceId
from sandbox.deployments import acceptance, body, errors, execution, records
from sandbox.deployments.rehearsal import Rehearsal
from sandbox.deployments.scope import DEPLOYMENTS, Scope
from sandbox.deployments.whatif import what_if
from sandbox.errors import AzureError
from sandbox.store import Document
from sandbox.world import SUBSCRIPTION_ID, World

API_VERSIONS = frozenset(
    {
        "2025-04-01", "2025-03-01", "2024-11-01", "2024-07-01", "2024-03-01", "2023-07-01", "2022-09-01", "2022-06-01",
        "2022-05-01", "2021-04-01", "2021-01-01", "2020-10-01", "2020-08-01", "2020-06-01", "2019-10-01", "2019-08-01",
        "2019-07-01", "2019-05-01", "2018-05-01",
    }
)  # fmt: skip

#: az polls 30 s after a Retry-After of 0; this header it takes as it is.
_POLL = {"x-ms-retry-after-ms": "20"}

Handler = Callable[[Request, Scope, str], Awaitable[Response]]


class CaselessRoute(Route):
    """A route whose path is matched without case, as Resource Manager does."""

    def __init__(self, path: str, endpoint: Callable[..., Any], methods: list[str]) -> None:
        super().__init__(path, endpoint, methods=methods)
        self.path_regex = re.compile(self.path_regex.pattern, re.IGNORECASE)


def routes(world: World) -> list[BaseRoute]:
    door = _Door(world)
    found: list[BaseRoute] = []
    for base in ("/subscriptions/{subscription}", "/subscriptions/{subscription}/resourceGroups/{group}"):
        root = f"{base}/providers/{DEPLOYMENTS}"
        one = root + "/{name}"
        table: list[tuple[str, str, Handler]] = [
            ("HEAD", one, door.exists), ("GET", root, door.index), ("GET", f"{root}/", door.index),
            ("GET", one, door.show), ("PUT", one, door.put), ("DELETE", one, door.delete),
            ("POST", f"{one}/validate", door.validate), ("POST", f"{one}/whatIf", door.what_if),
            ("POST", f"{one}/cancel", door.cancel), ("POST", f"{one}/exportTemplate", door.export),
            ("GET", f"{one}/operations", door.operations),
            ("GET", one + "/operations/{operation}", door.operation),
            ("GET", one + "/operationStatuses/{operation}", door.status),
            # The SDK lists a group's operations at a path without a provider.
            ("GET", base + "/deployments/{name}/operations", door.operations),
        ]  # fmt: skip  # HEAD first: a GET route would take it too
        found += [CaselessRoute(path, _checked(handler), [method]) for method, path, handler in table]
    return found


def _checked(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """The handler behind the rules that hold for all: a known api-version, the subscription that there is."""

    async def endpoint(request: Request) -> Response:
        version = request.query_params.get("api-version")
        if not version:
            raise refusals.api_version_missing()
        if version not in API_VERSIONS:
            raise refusals.api_version_invalid(version, API_VERSIONS)
        place = request.path_params
        if place["subscription"].lower() != SUBSCRIPTION_ID:
            raise refusals.subscription_not_found(place["subscription"])
        return await handler(request, Scope(place["subscription"], place.get("group", "")), place.get("name", ""))

    return endpoint


class _Door:
    def __init__(self, world: World) -> None:
        self._world = world

    def _permit(self, request: Request, verb: str, scope: Scope, name: str) -> None:
        acceptance.permit(self._world, request.state.principal, verb, scope, name)

    def _record(self, request: Request, verb: str, scope: Scope, name: str) -> Document:
        self._permit(request, verb, scope, name)
        record = records.get(self._world, scope.deployment(name))
        if record is None:
            raise errors.not_found(name)
        return record

    async def index(self, request: Request, scope: Scope, name: str) -> Response:
        roles.require(self._world, request.state.principal, f"{DEPLOYMENTS}/read", scope.id)
        found = records.at(self._world, scope)
        wanted = re.fullmatch(r"provisioningState eq '(\w+)'", request.query_params.get("$filter", ""))
        if wanted:
            state = wanted[1].lower()
            found = [one for one in found if one["properties"]["provisioningState"].lower() == state]
        top = request.query_params.get("$top")
        found = found[: int(top)] if top and top.isdigit() else found
        return JSONResponse({"value": [records.shown(one) for one in found]})

    async def show(self, request: Request, scope: Scope, name: str) -> Response:
        return JSONResponse(records.shown(self._record(request, "read", scope, name)))

    async def exists(self, request: Request, scope: Scope, name: str) -> Response:
        self._permit(request, "read", scope, name)
        return Response(status_code=204 if records.get(self._world, scope.deployment(name)) else 404)

    async def put(self, request: Request, scope: Scope, name: str) -> Response:
        """A deployment that succeeds at once is answered as done. One that fails, or takes its time, is answered as
        accepted with an operation to poll: az prints a failure only from there."""
        wanted = body.read(await request.body())
        principal = request.state.principal
        known = records.get(self._world, scope.deployment(name)) is not None
        id = acceptance.accept(self._world, principal, scope, name, wanted)
        accepted = records.shown(records.table(self._world)[id.key])
        operation = await execution.start(self._world, principal, id)
        status = 200 if known else 201
        if operation["status"] == "Succeeded":
            return JSONResponse(records.shown(records.table(self._world)[id.key]), status)
        poll = f"{self._world.url}{id.text}/operationStatuses/{operation['id']}?api-version=2025-04-01"
        return JSONResponse(accepted, 201, {"Azure-AsyncOperation": poll, **_POLL})

    async def status(self, request: Request, scope: Scope, name: str) -> Response:
        self._permit(request, "read", scope, name)
        operation = self._world.operations.get(request.path_params["operation"])
        if operation is None or ResourceId(operation["arguments"].get("id", "")).key != scope.deployment(name).key:
            raise errors.not_found(name)
        answer = {"status": "Running" if operation["status"] == "InProgress" else operation["status"]}
        if operation["error"]:
            answer["error"] = {"target": operation["arguments"]["id"], **operation["error"]}
        return JSONResponse(answer, headers=_POLL)

    async def delete(self, request: Request, scope: Scope, name: str) -> Response:
        self._permit(request, "delete", scope, name)
        id = scope.deployment(name)
        record = records.get(self._world, id)
        if record is not None:
            if records.running(record):
                raise errors.active(name, record["properties"]["timestamp"])
            records.forget_rows(self._world, id)
            del records.table(self._world)[id.key]
        return Response(status_code=204)

    async def validate(self, request: Request, scope: Scope, name: str) -> Response:
        self._permit(request, "validate/action", scope, name)
        wanted = body.read(await request.body())
        rehearsal = Rehearsal(self._world, request.state.principal)
        prepared = rehearsal.play(scope, name, wanted)
        record = records.shown(records.accepted(scope, name, wanted, prepared.template, prepared.values))
        overview = records.overview(self._world, prepared.plan, prepared.dependencies)
        found = [{"id": one.planned.id.text} for one in rehearsal.foreseen]
        properties = {**record["properties"], **overview, "provisioningState": "Succeeded"}
        return JSONResponse(record | {"properties": properties | {"validatedResources": found}})

    async def what_if(self, request: Request, scope: Scope, name: str) -> Response:
        """A failure is a result too, as at the end of Azure's operation: az cannot print a refused request."""
        try:
            self._permit(request, "whatIf/action", scope, name)
            wanted = body.read(await request.body())
            return JSONResponse(what_if(self._world, request.state.principal, scope, name, wanted))
        except AzureError as error:
            return JSONResponse({"status": "Failed", **error.body()})

    async def cancel(self, request: Request, scope: Scope, name: str) -> Response:
        record = self._record(request, "cancel/action", scope, name)
        if not records.running(record):
            raise errors.not_cancellable(name, record["properties"]["provisioningState"])
        records.finish(self._world, ResourceId(record["id"]), "Canceled")
        return Response(status_code=204)

    async def export(self, request: Request, scope: Scope, name: str) -> Response:
        record = self._record(request, "exportTemplate/action", scope, name)
        return JSONResponse({"template": record["_template"]})

    async def operations(self, request: Request, scope: Scope, name: str) -> Response:
        record = self._record(request, "operations/read", scope, name)
        return JSONResponse({"value": records.rows(self._world, ResourceId(record["id"]))})

    async def operation(self, request: Request, scope: Scope, name: str) -> Response:
        record = self._record(request, "operations/read", scope, name)
        wanted = request.path_params["operation"].lower()
        for row in records.rows(self._world, ResourceId(record["id"])):
            if row["operationId"].lower() == wanted:
                return JSONResponse(row)
        raise AzureError(404, "DeploymentOperationNotFound", f"Deployment operation '{wanted}' could not be found.")
