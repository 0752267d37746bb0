"""Resource types made for the tests of deployments, and a caller of the deployments' routes, in process."""

import asyncio
import json
from typing import Any

import httpx
from sample_templates import GROUP, SUBSCRIPTION
from starlette.applications import Starlette
from starlette.responses import JSONResponse

from sandbox.arm import roles, types
from sandbox.arm.ids import ResourceId
from sandbox.deployments.routes import routes
from sandbox.entra import principals
from sandbox.errors import AzureError
from sandbox.store import Document
from sandbox.world import World


class Thing(types.ResourceType):
    """A resource that keeps what it is given, adds a server-made ``number``, and fails when told to."""

    name = "Microsoft.Compute/things"
    api_versions = frozenset({"2024-01-01"})
    tracked = False
    put_s = 0.05
    log: list[str]

    def __init__(self) -> None:
        super().__init__()
        self.log = []
        self.actions["listkeys"] = self.keys

    def desired(self, world: World, id: ResourceId, body: Document, existing: Document | None) -> Document:
        if (body.get("properties") or {}).get("refuse"):
            raise AzureError(400, "ThingRefused", f"The thing '{id.name}' is refused.")
        thing = super().desired(world, id, body, existing)
        thing["properties"] = {"size": "small", **thing["properties"]}
        return thing

    async def realise(self, world: World, id: ResourceId, desired: Document, existing: Document | None) -> Document:
        self.log.append(id.name)
        if desired["properties"].get("break"):
            raise AzureError(409, "ThingBroke", f"The thing '{id.name}' broke.")
        return {**desired, "properties": {**desired["properties"], "number": len(id.name)}}

    async def keys(self, world: World, id: ResourceId, body: Document) -> Any:
        return {"keys": [{"value": f"key of {id.name}"}]}


class Part(Thing):
    """A child of a thing."""

    name = "Microsoft.Compute/things/parts"


class Azure:
    """Requests to the deployments' routes as one principal."""

    def __init__(self, world: World, principal: principals.Principal) -> None:
        self.world, self.principal = world, principal
        app = Starlette(routes=routes(world), exception_handlers={AzureError: self._refused})

        async def signed_in(scope: Any, receive: Any, send: Any) -> None:
            scope.setdefault("state", {})["principal"] = self.principal
            await app(scope, receive, send)

        transport = httpx.ASGITransport(app=signed_in)
        self.client = httpx.AsyncClient(transport=transport, base_url=world.url)

    async def _refused(self, request: Any, error: Exception) -> JSONResponse:
        assert isinstance(error, AzureError)
        return JSONResponse(error.body(), error.status)

    async def ask(self, method: str, path: str, content: str | None = None, **query: str) -> httpx.Response:
        """``path`` starts at the scope, e.g. ``/subscriptions/.../deployments/one``."""
        return await self.client.request(
            method, path, params={"api-version": "2025-04-01", **query}, content=content, timeout=20
        )

    async def deployment(
        self,
        verb: str,
        template: dict[str, Any] | str,
        parameters: dict[str, Any] | None = None,
        name: str = "one",
        scope: str = GROUP,
        location: str | None = None,
        **properties: Any,
    ) -> httpx.Response:
        """``verb``: put, validate or whatIf. The body is written as az does it."""
        text = template if isinstance(template, str) else json.dumps(template)
        given = {key: {"value": value} for key, value in (parameters or {}).items()}
        head: dict[str, Any] = {"properties": {"parameters": given, "mode": "Incremental", **properties}}
        if scope == SUBSCRIPTION:
            head = {"location": location or "westeurope", **head}
        body = json.dumps(head)[:-2] + ", template:" + text + "}}"
        path = f"{scope}/providers/Microsoft.Resources/deployments/{name}"
        return await self.ask("PUT" if verb == "put" else "POST", path if verb == "put" else f"{path}/{verb}", body)

    def grant(self, role: str, scope: str) -> None:
        roles.grant(self.world, self.principal.id, role, scope)


async def properties(azure: Azure, of: dict[str, Any], *args: Any, **named: Any) -> dict[str, Any]:
    answer = await azure.deployment("put", of, *args, **named)
    assert answer.status_code in (200, 201), answer.text
    body = answer.json()["properties"]
    assert body["provisioningState"] == "Succeeded", await failure(azure, answer)
    return body


async def failure(azure: Azure, answer: Any) -> dict[str, Any]:
    """The error that the operation of a failed deployment ends with."""
    assert answer.status_code == 201
    poll = await azure.client.get(answer.headers["azure-asyncoperation"])
    assert poll.json()["status"] == "Failed"
    assert "retry-after" not in poll.headers
    return poll.json()["error"]


async def outcome(azure: Azure, answer: Any) -> str:
    """The status that a deployment's operation ends with."""
    for _ in range(500):
        await asyncio.sleep(0.01)
        status = (await azure.client.get(answer.headers["azure-asyncoperation"])).json()["status"]
        if status != "Running":
            return status
    raise TimeoutError("the deployment does not end")


def values(body: dict[str, Any]) -> dict[str, Any]:
    return {name: output["value"] for name, output in body["outputs"].items()}
