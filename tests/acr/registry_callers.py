"""A sandbox in memory whose registries are reached without ports, and who asks them for what."""

import io
import tarfile
from pathlib import Path
from typing import Any

import httpx
from starlette.types import ASGIApp

from sandbox import server
from sandbox.acr import lookup
from sandbox.arm import resources, roles
from sandbox.arm.ids import ResourceId
from sandbox.entra import audiences, principals, tokens
from sandbox.store import Store
from sandbox.world import SUBSCRIPTION_ID, World

SUBSCRIPTION = f"/subscriptions/{SUBSCRIPTION_ID}"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-acr"
REGISTRY = ResourceId(f"{GROUP}/providers/{lookup.REGISTRIES}/acrtest")
VERSION = "2023-07-01"


class Ports:
    """Stands in for the listeners: keeps the applications by port instead of serving them over TLS."""

    def __init__(self) -> None:
        self.apps: dict[int, ASGIApp] = {}
        self._ports: dict[str, int] = {}

    def open(self, app: ASGIApp, key: str, port: int = 0) -> int:
        number = self._ports.setdefault(key, 6001 + len(self._ports))
        self.apps[number] = app
        return number

    async def close(self, key: str) -> None:
        self.apps.pop(self._ports.pop(key, 0), None)


def new_world(home: Path) -> World:
    world = World(home, "https://localhost:1", Store(None))
    world.listeners = Ports()  # type: ignore[assignment]
    server.application(world)
    return world


async def registry(world: World, id: ResourceId = REGISTRY, sku: str = "Basic", **properties: Any) -> dict[str, Any]:
    """A registry in its group."""
    group = ResourceId(id.scope)
    await resources.put(world, None, group, {"location": "westeurope"}, api_version="2024-11-01")
    body = {"location": "westeurope", "sku": {"name": sku}, "properties": properties}
    document, _ = await resources.put(world, None, id, body, api_version=VERSION)
    return document


def somebody(world: World, role: str | None = None, scope: str = REGISTRY.text) -> str:
    """The object id of a new principal with a role, or none."""
    principal = principals.create_service_principal(world, "somebody")
    if role:
        roles.grant(world, principal["id"], role, scope)
    return principal["id"]


def client_of(world: World, document: dict[str, Any]) -> httpx.AsyncClient:
    """Speaks to the registry's own port."""
    host = document["properties"]["loginServer"]
    app = world.listeners.apps[int(host.partition(":")[2])]  # type: ignore[attr-defined]
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"https://{host}")


async def bearer(world: World, client: httpx.AsyncClient, principal_id: str, *scopes: str) -> dict[str, str]:
    """The header with an access token for the scopes; {} where the registry gives none."""
    form = {"grant_type": "access_token", "access_token": tokens.issue(world, principal_id, min(audiences.ACR))}
    exchanged = await client.post("/oauth2/exchange", data=form)
    assert exchanged.status_code == 200, exchanged.text
    refresh = exchanged.json()["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": refresh, "scope": " ".join(scopes)}
    answer = await client.post("/oauth2/token", data=form)
    return {"authorization": f"Bearer {answer.json()['access_token']}"} if answer.status_code == 200 else {}


def packed(files: dict[str, str], mtime: int = 0) -> bytes:
    """A build context as az uploads it."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mtime = len(text.encode()), mtime
            tar.addfile(member, io.BytesIO(text.encode()))
    return stream.getvalue()


async def act(world: World, id: ResourceId, name: str, body: Any = None) -> Any:
    """Call an action as Resource Manager's route does, rights aside."""
    from sandbox.arm import types

    kind = types.find(id.type)
    assert kind
    return await kind.actions[name.lower()](world, id, body or {})


async def built(
    world: World, files: dict[str, str], image: str = "app:1", mtime: int = 0, **request: Any
) -> tuple[dict[str, Any], str]:
    """(run, log) of a build of these files in the registry."""
    upload = await act(world, REGISTRY, "listBuildSourceUploadUrl")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(world.app)) as client:
        headers = {"x-ms-blob-type": "BlockBlob"}
        put = await client.put(upload["uploadUrl"], content=packed(files, mtime), headers=headers)
        assert put.status_code == 201, put.text
        body = {
            "type": "DockerBuildRequest", "imageNames": [image], "isPushEnabled": True,
            "sourceLocation": upload["relativePath"], "dockerFilePath": "Dockerfile",
            "platform": {"os": "linux", "architecture": "amd64"}, **request,
        }  # fmt: skip
        run = await act(world, REGISTRY, "scheduleRun", body)
        link = (await act(world, ResourceId(run["id"]), "listLogSasUrl"))["logLink"]
        log = await client.get(link)
    outcome = {"Succeeded": "successful", "Failed": "failed"}[run["properties"]["status"]]
    assert log.headers["x-ms-meta-Complete"] == outcome
    return run, log.text
