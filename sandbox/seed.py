"""What a new sandbox starts with: the tenant's organisation, the operator, the machine's identity, a DNS
zone."""

import time
import uuid
from typing import TYPE_CHECKING

from sandbox.arm import resources
from sandbox.arm.ids import ResourceId
from sandbox.entra import principals, tokens
from sandbox.entra.federation import AUDIENCE
from sandbox.graph import catalogue
from sandbox.store import Table
from sandbox.world import SUBSCRIPTION_ID

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
#: Azure's own id of the role Owner.
OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"

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
    """Seed a new sandbox; one that has been seeded stays as it is."""
    if "machine" in secrets(world):
        return
    catalogue.plant(world)
    application = principals.create_application(world, OPERATOR_NAME, OPERATOR_APP_ID)
    principals.add_federated_credential(
        world, application["id"], "sandbox", issuer(world), OPERATOR_SUBJECT, [AUDIENCE]
    )
    operator = principals.create_service_principal(world, OPERATOR_NAME, OPERATOR_APP_ID)
    principals.create_service_principal(world, MACHINE_NAME, MACHINE_APP_ID, kind="ManagedIdentity")
    catalogue.grant(world, operator["id"], catalogue.ADMINISTRATION)
    now = int(time.time())
    claims = {
        "iss": issuer(world), "sub": OPERATOR_SUBJECT, "aud": AUDIENCE, "iat": now, "nbf": now,
        "exp": now + _ASSERTION_YEARS * 365 * 86400, "jti": uuid.uuid4().hex,
    }  # fmt: skip
    await _plant_subscription(world, operator["id"])
    secrets(world)["operator"] = {"assertion": tokens.sign(world, claims, ISSUER_KEY)}
    secrets(world)["machine"] = {"identity_header": str(uuid.uuid4())}


async def _plant_subscription(world: "World", operator_id: str) -> None:
    """The operator owns the subscription, in which there is a DNS zone. The sandbox itself (principal None) puts these."""
    subscription = f"/subscriptions/{SUBSCRIPTION_ID}"
    group = f"{subscription}/resourceGroups/{ZONE_GROUP}"
    zone = f"{group}/providers/Microsoft.Network/dnsZones/{ZONE}"
    authorization = f"{subscription}/providers/Microsoft.Authorization"
    owner = {
        "roleDefinitionId": f"{authorization}/roleDefinitions/{OWNER}",
        "principalId": operator_id,
        "principalType": "ServicePrincipal",
    }
    for place, body, api_version in (
        (f"{authorization}/roleAssignments/{uuid.uuid4()}", {"properties": owner}, "2022-04-01"),
        (group, {"location": ZONE_LOCATION}, "2024-11-01"),
        (zone, {"location": "global"}, "2018-05-01"),
    ):
        await resources.put(world, None, ResourceId(place), body, api_version=api_version)
