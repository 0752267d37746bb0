"""What a new sandbox starts with: the tenant's organisation, the operator, the machine's identity, a DNS
zone."""

import time
import uuid
from typing import TYPE_CHECKING

from sandbox.arm import resources, roles
from sandbox.arm.ids import ResourceId
from sandbox.entra import principals, tokens
from sandbox.entra.federation import AUDIENCE, SKEW_S
from sandbox.graph import catalogue
from sandbox.store import Document, Table
from sandbox.world import SUBSCRIPTION_ID, TENANT_DOMAIN

if TYPE_CHECKING:
    from sandbox.world import World

#: The one who runs the lab: an application that signs in with a token of the sandbox's own issuer, as a
#: pipeline does.
OPERATOR_NAME = "lab-operator"
OPERATOR_APP_ID = "0be7a704-0000-4000-8000-00000000c0de"
OPERATOR_SUBJECT = "lab:operator"
#: The identity of the machine that the lab runs on, for ``az login --identity``.
MACHINE_NAME = "lab-machine"
MACHINE_APP_ID = "3ac41e00-0000-4000-8000-00000000c0de"

#: The DNS zone that is there before any lab, as the owner of a domain has one; below .localhost, so that browsers
#: find what is published in it on this machine.
ZONE_GROUP, ZONE, ZONE_LOCATION = "rg-core-dns", "contoso.localhost", "norwayeast"
#: Somebody who works here, so that the directory has a user.
USER_NAME = "Ada Contoso"

#: The name of the key that the operator's issuer signs with.
ISSUER_KEY = "operator-issuer"
_ASSERTION_YEARS = 10


def secrets(world: "World") -> Table:
    """What only the operator's shell knows: the assertion it signs in with, the machine's identity header."""
    return world.store.table("secrets", quiet=True)


def identity_header(world: "World") -> str:
    return secrets(world)["machine"]["identity_header"]


def issuer(world: "World") -> str:
    """The issuer that vouches for the operator."""
    return f"{world.url}/_sandbox/issuer"


async def plant(world: "World") -> None:
    """Seed a new sandbox; one that has been seeded stays as it is. A seed cut short leaves nothing behind."""
    if "machine" in secrets(world):
        return
    with world.store.together():
        operator, machine = _plant_directory(world)
        for principal in (operator, machine):
            roles.grant(world, principal["id"], "Owner", f"/subscriptions/{SUBSCRIPTION_ID}")
        await _plant_zone(world)
        _plant_secrets(world)


def _plant_directory(world: "World") -> tuple[Document, Document]:
    """Returns the service principals of the operator and of the machine."""
    catalogue.plant(world)
    application = principals.create_application(world, OPERATOR_NAME, OPERATOR_APP_ID)
    principals.add_federated_credential(
        world, application["id"], "sandbox", issuer(world), OPERATOR_SUBJECT, [AUDIENCE]
    )
    operator = principals.create_service_principal(world, OPERATOR_NAME, OPERATOR_APP_ID)
    machine = principals.create_service_principal(world, MACHINE_NAME, MACHINE_APP_ID, kind="ManagedIdentity")
    catalogue.grant(world, operator["id"], catalogue.ADMINISTRATION)
    catalogue.grant(world, machine["id"], catalogue.ADMINISTRATION)
    principals.create_user(world, USER_NAME, f"{USER_NAME.split()[0].lower()}@{TENANT_DOMAIN}")
    return operator, machine


async def _plant_zone(world: "World") -> None:
    """The sandbox itself (principal None) puts these."""
    group = f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/{ZONE_GROUP}"
    zone = f"{group}/providers/Microsoft.Network/dnsZones/{ZONE}"
    for place, body, api_version in (
        (group, {"location": ZONE_LOCATION}, "2024-11-01"),
        (zone, {"location": "global"}, "2018-05-01"),
    ):
        await resources.put(world, None, ResourceId(place), body, api_version=api_version)


def _plant_secrets(world: "World") -> None:
    years = _ASSERTION_YEARS * 365 * 86400
    secrets(world)["operator"] = {"assertion": assertion(world, years)}
    secrets(world)["machine"] = {"identity_header": str(uuid.uuid4())}


def assertion(world: "World", lifetime_s: float) -> str:
    """A token that vouches for the operator: Entra takes it for so long, with what it grants to clocks that differ."""
    now = int(time.time())
    begin, end = min(now, now + int(lifetime_s) - 2 * SKEW_S), now + int(lifetime_s) - SKEW_S
    claims = {
        "iss": issuer(world), "sub": OPERATOR_SUBJECT, "aud": AUDIENCE, "iat": begin, "nbf": begin, "exp": end,
        "jti": uuid.uuid4().hex,
    }  # fmt: skip
    return tokens.sign(world, claims, ISSUER_KEY)
