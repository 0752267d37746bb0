"""A deployment runs: each resource as soon as those it waits for stand, nested deployments in their turn."""

import asyncio
import traceback
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from sandbox.arm import resources
from sandbox.arm.ids import ResourceId
from sandbox.deployments import acceptance, bodies, errors, preparation, records, scope
from sandbox.deployments.body import nested
from sandbox.deployments.dependencies import Dependencies
from sandbox.deployments.language.faults import ExpressionFault
from sandbox.deployments.outputs import outputs
from sandbox.deployments.planning import Planned
from sandbox.deployments.preparation import Prepared
from sandbox.deployments.residents import residents
from sandbox.deployments.runtime import Live
from sandbox.entra.principals import Principal
from sandbox.errors import AzureError
from sandbox.operations import work
from sandbox.store import Document
from sandbox.trouble import parts

if TYPE_CHECKING:
    from sandbox.world import World


async def start(world: "World", principal: Principal, id: ResourceId) -> Document:
    """Start an accepted deployment as an operation, and return that."""
    caller = {
        "id": principal.id, "app_id": principal.app_id, "display_name": principal.display_name,
        "kind": principal.kind, "roles": sorted(principal.roles),
    }  # fmt: skip
    return await world.operations.start("deployments.run", {"id": id.text, "principal": caller})


@work("deployments.run")
async def _work(world: "World", arguments: Document) -> Any:
    caller = arguments["principal"]
    principal = Principal(**{**caller, "roles": frozenset(caller["roles"])})
    return await run(world, principal, ResourceId(arguments["id"]))


async def run(world: "World", principal: Principal, id: ResourceId, *, again: bool = False) -> None:
    """Run a recorded deployment to its end and record that. Raises AzureError if it fails. ``again``: as part of one
    that the end of the sandbox's process had interrupted; a record that is running already says the same."""
    record = records.get(world, id)
    if record is None:
        raise errors.not_found(id.name)
    again = again or record["properties"]["provisioningState"] == "Running"
    if _canceled(world, id):
        raise errors.canceled(id.name)
    records.change(world, id, provisioningState="Running")
    try:
        prepared = preparation.prepare(
            world, principal, scope.of(id), record["name"], records.source(record), record["_parameters"],
            record.get("location"), record["properties"]["mode"],
        )  # fmt: skip
        deployment = _Deployment(world, principal, id, prepared, again)
        result = await deployment.run(record["properties"]["mode"])
    except AzureError as error:
        if not _canceled(world, id):
            records.finish(world, id, "Failed", error=error.body()["error"])
        raise
    except Exception as error:  # a fault of the sandbox must not leave the deployment running for ever
        traceback.print_exc()
        fault = AzureError(400, "InternalServerError", f"The sandbox failed at the deployment: {error!r}")
        records.finish(world, id, "Failed", error=fault.body()["error"])
        raise fault from error
    records.finish(world, id, "Succeeded", **result)


def _canceled(world: "World", id: ResourceId) -> bool:
    record = records.get(world, id)
    return record is None or record["properties"]["provisioningState"] == "Canceled"


class _Deployment:
    def __init__(self, world: "World", principal: Principal, id: ResourceId, prepared: Prepared, again: bool) -> None:
        self._world, self._principal, self._id, self._prepared = world, principal, id, prepared
        self._again = again
        self._live = Live(world, principal, prepared.plan)
        self._made: list[str] = []

    async def run(self, mode: str) -> dict[str, Any]:
        """What the record gets: outputs and outputResources."""
        failures = await _side_by_side(self._prepared.dependencies, self._deploy)
        if _canceled(self._world, self._id):
            raise errors.canceled(self._id.name)
        if failures:
            details = [{"target": one.id.text, **error.body()["error"]} for one, error in failures.items()]
            raise errors.failed(details)
        if mode == "Complete":
            await self._clear()
        context = self._prepared.frame.context.at("output", self._live)
        values = await bodies.settled(lambda: outputs(self._prepared.template, context))
        made = [{"id": text} for text in dict.fromkeys(self._made)]
        overview = records.overview(self._world, self._prepared.plan, self._prepared.dependencies)
        return {"outputs": values or None, "outputResources": made} | overview

    async def _deploy(self, planned: Planned) -> None:
        if not planned.deploys:
            return
        if _canceled(self._world, self._id):
            raise errors.canceled(self._id.name)
        row = records.Row(self._world, self._id, planned)
        try:
            created = await self._put(planned)
        except AzureError as error:
            row.failed(HTTPStatus(error.status).phrase.replace(" ", ""), error.body()["error"])
            raise
        row.succeeded(created)

    async def _put(self, planned: Planned) -> bool:
        """Whether the resource is new."""
        context = planned.context.at("resource", self._live)
        try:
            content = await bodies.settled(lambda: bodies.body(planned, context))
        except ExpressionFault as fault:
            place = self._prepared.template.place(planned.declaration.path)
            raise errors.evaluation_failed(planned.id.text, place, str(fault)) from None
        if planned.nested:
            return await self._nest(planned, content)
        if self._again:
            await self._begun_before(planned.id)
        async with parts.written(self._world, planned.id):
            _, created = await resources.put(
                self._world, self._principal, planned.id, content, api_version=planned.api_version
            )
        self._made.append(planned.id.text)
        return created

    async def _nest(self, planned: Planned, content: dict[str, Any]) -> bool:
        request = nested(content, self._prepared.template.source, planned.declaration.path)
        created = records.get(self._world, planned.id) is None
        child = acceptance.accept(self._world, self._principal, planned.scope, planned.name, request, self._id.key)
        try:
            await run(self._world, self._principal, child, again=self._again)
        except AzureError as error:
            raise errors.nested_failed(error.body()["error"]) from None
        record = records.get(self._world, child)
        made = record["properties"].get("outputResources", []) if record else []
        self._made += [one["id"] for one in made]
        return created

    async def _begun_before(self, id: ResourceId) -> None:
        """Wait for what the interrupted run had begun with the resource: it is begun again too, and a second
        request is refused meanwhile."""
        operations = self._world.store.table("operations", quiet=True)
        while any(
            operation["status"] == "InProgress"
            and operation["name"] in ("arm.put", "arm.delete")
            and operation["arguments"]["id"].lower() == id.key
            for operation in operations.values()
        ):
            await asyncio.sleep(0.05)

    async def _clear(self) -> None:
        """Complete mode: what stands in the group and is not in the template goes."""
        kept = {text.lower() for text in self._made}
        for document in residents(self._world, scope.of(self._id)):
            if document["id"].lower() not in kept:
                await resources.delete(self._world, self._principal, ResourceId(document["id"]))


async def _side_by_side(
    dependencies: Dependencies, deploy: Callable[[Planned], Awaitable[None]]
) -> dict[Planned, AzureError]:
    """Deploy each resource once those it waits for are done. A failed one keeps back only what waits for it."""
    tasks: dict[Planned, asyncio.Task[bool]] = {}
    failures: dict[Planned, AzureError] = {}

    async def one(planned: Planned) -> bool:
        if not all([await tasks[need] for need in dependencies[planned]]):
            return False
        try:
            await deploy(planned)
        except AzureError as error:
            failures[planned] = error
            return False
        return True

    async with asyncio.TaskGroup() as group:
        for planned in dependencies:
            tasks[planned] = group.create_task(one(planned))
    return failures
