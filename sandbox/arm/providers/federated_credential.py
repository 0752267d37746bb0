"""Microsoft.ManagedIdentity: federated identity credentials, the tokens of other issuers that an identity accepts."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from sandbox.arm import refusals, resources
from sandbox.arm.ids import ResourceId
from sandbox.arm.providers.managed_identity import API_VERSIONS
from sandbox.arm.shapes import READ_ONLY, Fields, fitted
from sandbox.arm.types import ResourceType, register
from sandbox.errors import AzureError
from sandbox.store import Document

if TYPE_CHECKING:
    from sandbox.world import World

LIMIT = 20
# Azure's typical seconds for one write, and the least that the sandbox takes however fast it is set: two writes at
# once must meet, because Azure refuses the second.
_WRITE_S = 2.0
_LEAST_S = 0.05

_SHAPE = Fields(
    "FederatedIdentityCredentialProperties",
    {
        "issuer": str, "subject": str, "audiences": [str], "claimsMatchingExpression": dict,
        "provisioningState": READ_ONLY,
    },
)  # fmt: skip


def _bad(message: str) -> AzureError:
    return AzureError(400, "BadRequest", message)


class FederatedIdentityCredential(ResourceType):
    """At most 20 an identity, each issuer and subject once, written one after the other."""

    name = "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials"
    api_versions = API_VERSIONS - {"2018-11-30"}
    tracked = False

    def __init__(self) -> None:
        super().__init__()
        self._being_written: set[tuple[int, str]] = set()

    def desired(self, world: "World", id: ResourceId, body: Document, existing: Document | None) -> Document:
        if not re.fullmatch(r"[A-Za-z0-9][\w-]{2,119}", id.name):
            raise _bad(
                f"The federated identity credential name '{id.name}' is invalid. It must be 3 to 120 letters, "
                "digits, hyphens and underscores, and start with a letter or a digit."
            )
        properties = fitted(body.get("properties") or {}, _SHAPE)
        if not all(properties.get(field) for field in ("issuer", "subject", "audiences")):
            raise _bad(
                "The request format was unexpected. Federated Identity Credential must specify 'issuer', 'subject' "
                "and 'audience'."
            )
        if len(properties["audiences"]) != 1:
            raise _bad("The request format was unexpected. Federated Identity Credential must have one audience.")
        if not properties["issuer"].startswith("https://"):
            raise _bad(f"The issuer '{properties['issuer']}' is invalid. It must be a URL of scheme https.")
        others = [one for one in credentials(world, id.parent) if one["id"].lower() != id.key]
        if any(_same(one["properties"], properties) for one in others):
            raise _bad("Issuer and subject combination already exists for this Managed Identity.")
        if existing is None and len(others) >= LIMIT:
            raise _bad(
                f"The number of federated identity credentials of a managed identity is limited to {LIMIT}. Remove "
                "one that is no longer needed before another is added."
            )
        return {**super().desired(world, id, {}, existing), "properties": properties}

    async def realise(self, world: "World", id: ResourceId, desired: Document, existing: Document | None) -> Document:
        async with self._writing(world, id.parent):
            if resources.stored(world, id.parent) is None:
                raise refusals.parent_not_found(id, self.name)  # deleted meanwhile
            same = existing is not None and existing["properties"] == desired["properties"]
            return desired | {"_written_at": existing.get("_written_at", 0) if existing and same else time.time()}

    async def remove(self, world: "World", existing: Document) -> None:
        identity = ResourceId(existing["id"]).parent
        async with self._writing(world, identity):
            return

    @asynccontextmanager
    async def _writing(self, world: "World", identity: ResourceId) -> AsyncIterator[None]:
        """One write at a time; the second is refused, not made to wait."""
        mark = (id(world), identity.key)
        if mark in self._being_written:
            raise written_concurrently(identity)
        self._being_written.add(mark)
        try:
            await asyncio.sleep(max(world.pace.scaled(_WRITE_S), _LEAST_S))
            yield
        finally:
            self._being_written.discard(mark)


def written_concurrently(identity: ResourceId) -> AzureError:
    return AzureError(
        409, "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity",
        "Too many Federated Identity Credentials are written concurrently for the managed identity "
        f"'{identity.key}'. Concurrent Federated Identity Credentials writes under the same managed identity "
        "are not supported.",
    )  # fmt: skip


def credentials(world: "World", identity: ResourceId) -> list[Document]:
    """The federated credentials of an identity."""
    return resources.find(world, FederatedIdentityCredential.name, identity.text)


def _same(one: Document, other: Document) -> bool:
    return one["issuer"] == other["issuer"] and one["subject"] == other["subject"]


register(FederatedIdentityCredential())
