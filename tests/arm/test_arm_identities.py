"""Managed identities and their federated credentials: principals in the directory, limits and refusals."""

import asyncio

import pytest
from arm_callers import GROUP, IDENTITY, Caller

from sandbox.entra import principals
from sandbox.world import TENANT_ID

pytestmark = pytest.mark.anyio

CREDENTIALS = f"{IDENTITY}/id-a/federatedIdentityCredentials"


def credential(subject: str, **changes: object) -> dict:
    audiences = ["api://AzureADTokenExchange"]
    return {"properties": {"issuer": "https://issuer/", "subject": subject, "audiences": audiences, **changes}}


@pytest.fixture
async def identity(lab: Caller) -> dict:
    return await lab.put(f"{IDENTITY}/id-a", {"location": "westeurope"})


async def test_an_identity_is_a_principal_of_the_directory(lab: Caller, identity: dict) -> None:
    properties = identity["properties"]
    assert properties["tenantId"] == TENANT_ID
    principal = principals.get(lab.world, properties["principalId"])
    assert principal is not None
    assert (principal["appId"], principal["displayName"]) == (properties["clientId"], "id-a")
    assert principal["servicePrincipalType"] == "ManagedIdentity"


async def test_writing_it_again_keeps_its_ids(lab: Caller, identity: dict) -> None:
    again = await lab.put(f"{IDENTITY}/ID-A", {"location": "westeurope", "tags": {"a": "b"}})
    assert (again["id"], again["properties"]) == (identity["id"], identity["properties"])


async def test_deleting_it_removes_the_principal_and_its_credentials(lab: Caller, identity: dict) -> None:
    await lab.put(f"{CREDENTIALS}/fic", credential("a"))
    assert (await lab.ask("DELETE", f"{IDENTITY}/id-a")).status_code == 200
    assert principals.get(lab.world, identity["properties"]["principalId"]) is None
    assert (await lab.refused("GET", f"{CREDENTIALS}/fic"))[1] == "ResourceNotFound"


async def test_a_bad_name_is_refused(lab: Caller) -> None:
    assert (await lab.refused("PUT", f"{IDENTITY}/-x", {"location": "westeurope"}))[1] == "InvalidResourceName"


async def test_credentials_are_written_listed_and_deleted(lab: Caller, identity: dict) -> None:
    made = await lab.ask("PUT", f"{CREDENTIALS}/fic-a", credential("a"))
    assert (made.status_code, made.json()["name"]) == (201, "fic-a")
    changed = await lab.ask("PUT", f"{CREDENTIALS}/fic-a", credential("b"))
    assert (changed.status_code, changed.json()["properties"]["subject"]) == (200, "b")
    assert [one["name"] for one in (await lab.get(CREDENTIALS))["value"]] == ["fic-a"]
    assert (await lab.ask("DELETE", f"{CREDENTIALS}/fic-a")).status_code == 200
    assert (await lab.ask("DELETE", f"{CREDENTIALS}/fic-a")).status_code == 204


async def test_issuer_and_subject_are_unique_within_the_identity(lab: Caller, identity: dict) -> None:
    await lab.put(f"{CREDENTIALS}/fic-a", credential("a"))
    assert await lab.refused("PUT", f"{CREDENTIALS}/fic-b", credential("a")) == (
        400,
        "BadRequest",
        "Issuer and subject combination already exists for this Managed Identity.",
    )
    await lab.put(f"{IDENTITY}/id-b", {"location": "westeurope"})
    await lab.put(f"{IDENTITY}/id-b/federatedIdentityCredentials/fic-b", credential("a"))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (credential("a", issuer="http://issuer"), "BadRequest"),
        (credential("a", audiences=["one", "two"]), "BadRequest"),
        (credential(""), "BadRequest"),
        ({"properties": {}}, "BadRequest"),
        (credential("a", colour="red"), "InvalidRequestContent"),
        (credential("a", audiences="one"), "InvalidRequestContent"),
    ],
)
async def test_bad_credentials_are_refused(lab: Caller, identity: dict, body: dict, code: str) -> None:
    assert (await lab.refused("PUT", f"{CREDENTIALS}/fic", body))[:2] == (400, code)


async def test_an_unknown_member_is_named_with_its_path(lab: Caller, identity: dict) -> None:
    _, _, message = await lab.refused("PUT", f"{CREDENTIALS}/fic", credential("a", colour="red"))
    assert message == (
        "The request content was invalid and could not be deserialized: 'Could not find member 'colour' on object of "
        "type 'FederatedIdentityCredentialProperties'. Path 'properties.colour'.'."
    )


async def test_twenty_is_the_limit(lab: Caller, identity: dict) -> None:
    for number in range(20):
        await lab.put(f"{CREDENTIALS}/fic-{number}", credential(str(number)))
    status, code, message = await lab.refused("PUT", f"{CREDENTIALS}/fic-20", credential("20"))
    assert (status, code) == (400, "BadRequest")
    assert "limited to 20" in message
    await lab.put(f"{CREDENTIALS}/fic-0", credential("another"))


async def test_two_writes_at_once_meet_and_one_is_refused(lab: Caller, identity: dict) -> None:
    await lab.put(f"{IDENTITY}/id-b", {"location": "westeurope"})
    other = f"{IDENTITY}/id-b/federatedIdentityCredentials"
    answers = await asyncio.gather(
        lab.ask("PUT", f"{CREDENTIALS}/one", credential("one")),
        lab.ask("PUT", f"{CREDENTIALS}/two", credential("two")),
        lab.ask("PUT", f"{other}/one", credential("one")),
    )
    assert [answer.status_code for answer in answers] == [201, 409, 201]
    error = answers[1].json()["error"]
    assert error["code"] == "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity"
    assert f"'{IDENTITY.lower()}/id-a'" in error["message"]
    await lab.put(f"{CREDENTIALS}/two", credential("two"))


async def test_an_identity_deleted_meanwhile_leaves_no_credential(lab: Caller, identity: dict) -> None:
    writing = asyncio.create_task(lab.ask("PUT", f"{CREDENTIALS}/one", credential("one")))
    await asyncio.sleep(0.01)
    assert (await lab.ask("DELETE", f"{IDENTITY}/id-a")).status_code == 200
    assert (await writing).json()["error"]["code"] == "ParentResourceNotFound"
    assert not [key for key in lab.world.store.table("resources") if "federated" in key and GROUP.lower() in key]
