"""Microsoft.ContainerRegistry/registries: the resource, its rules and defaults, its port and its actions."""

import secrets
from datetime import UTC, datetime
from typing import Any

from sandbox.acr import credentials, dataplane, imports, lookup, scheduling, shapes
from sandbox.acr.contents import Contents
from sandbox.arm import resources
from sandbox.arm.ids import ResourceId
from sandbox.arm.shapes import fitted
from sandbox.arm.types import ResourceType, register
from sandbox.errors import AzureError
from sandbox.store import Document
from sandbox.world import World

_SKUS = ("Basic", "Standard", "Premium")
_CREDENTIALS_DOC = (
    "https://docs.microsoft.com/en-us/azure/container-registry/container-registry-authentication#admin-account"
)


def listener_key(name: str) -> str:
    return f"acr/{name.lower()}"


def open_port(world: World, id: ResourceId) -> int:
    """Serve the registry's data plane, on the port that it had before if there was one."""
    return world.listeners.open(dataplane.application(world, id), listener_key(id.name))


class Registry(ResourceType):
    """A container registry. ``realise`` opens its port; ``loginServer`` is ``localhost:<port>``."""

    name = lookup.REGISTRIES
    api_versions = frozenset(
        {"2019-05-01", "2021-06-01-preview", "2021-09-01", "2022-12-01", "2023-01-01-preview", "2023-07-01",
         "2024-11-01-preview", "2025-04-01", "2025-11-01", "2026-09-01-preview",
         # of its tasks: scheduleRun and listBuildSourceUploadUrl
         "2019-04-01", "2019-06-01-preview", "2025-03-01-preview"}
    )  # fmt: skip
    put_s = 15
    delete_s = 10

    def __init__(self) -> None:
        super().__init__()
        self.actions = {
            "listcredentials": _list_credentials,
            "regeneratecredential": _regenerate_credential,
            "importimage": imports.import_image,
            "listbuildsourceuploadurl": scheduling.upload_url,
            "schedulerun": scheduling.schedule,
        }

    def desired(self, world: World, id: ResourceId, body: Document, existing: Document | None) -> Document:
        problem = lookup.name_problem(world, id.name, id.text)
        if problem and problem[0] == "Invalid":
            raise AzureError(400, "InvalidResourceName", problem[1])
        if problem:
            raise AzureError(
                409, "AlreadyInUse", f"The registry DNS name {id.name.lower()}.azurecr.io is already in use. You can "
                "check if the name is already claimed using following API: https://docs.microsoft.com/en-us/rest/api/"
                "containerregistry/registries/checknameavailability",
            )  # fmt: skip
        registry = super().desired(world, id, body, existing)
        sku = _sku((body.get("sku") or (existing or {}).get("sku") or {}).get("name"))
        registry["sku"] = {"name": sku, "tier": sku}
        given = fitted(body.get("properties") or {}, shapes.REGISTRY)
        standing = (existing or {}).get("properties", {})
        properties = {**shapes.defaults(), **standing, **given}
        policies = {**shapes.defaults()["policies"], **standing.get("policies", {}), **given.get("policies", {})}
        registry["properties"] = {**properties, "policies": policies, "provisioningState": "Succeeded"}
        shapes.check_sku(sku, registry["properties"])
        return registry

    async def realise(self, world: World, id: ResourceId, desired: Document, existing: Document | None) -> Document:
        if "loginServer" in desired["properties"]:
            return desired
        made = {
            "loginServer": f"localhost:{open_port(world, id)}",
            "creationDate": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }
        return {**desired, "properties": {**made, **desired["properties"]}}

    async def remove(self, world: World, existing: Document) -> None:
        await world.listeners.close(listener_key(existing["name"]))
        Contents(world, existing["name"]).clear()
        credentials.forget(world, existing["name"])


def _sku(name: Any) -> str:
    for sku in _SKUS:
        if isinstance(name, str) and name.lower() == sku.lower():
            return sku
    raise AzureError(
        400, "InvalidSku", f"The specified SKU '{name or ''}' is invalid. Supported SKUs are {', '.join(_SKUS)}."
    )


def _admin(world: World, id: ResourceId) -> credentials.Admin:
    registry = resources.stored(world, id)
    admin = credentials.admin(world, registry) if registry else None
    if admin is None:
        raise AzureError(
            400, "UnAuthorizedForCredentialOperations", f"Cannot perform credential operations for {id.text} as admin "
            f"user is disabled. Kindly enable the admin user as per docs: {_CREDENTIALS_DOC}",
        )  # fmt: skip
    return admin


async def _list_credentials(world: World, id: ResourceId, body: Document) -> Document:
    admin = _admin(world, id)
    names = ("password", "password2")
    passwords = [{"name": name, "value": value} for name, value in zip(names, admin.passwords, strict=True)]
    return {"username": admin.user, "passwords": passwords}


async def _regenerate_credential(world: World, id: ResourceId, body: Document) -> Document:
    _admin(world, id)
    place = {"password": 0, "password2": 1}.get(str(body.get("name")))
    if place is None:
        raise AzureError(400, "InvalidRequestContent", "The password name must be 'password' or 'password2'.")
    credentials.renew(world, id.name, place, secrets.token_urlsafe(32))
    return await _list_credentials(world, id, {})


register(Registry())
