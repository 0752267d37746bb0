"""Sign-in with a federated token: who gets in, and the words for those who do not."""

import time
from collections.abc import Callable
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from sandbox import seed
from sandbox.entra import audiences, principals, tokens
from sandbox.entra.federation import AUDIENCE
from sandbox.world import TENANT_DOMAIN, World

SignIn = Callable[..., httpx.Response]


def assertion(world: World, **claims: Any) -> str:
    now = int(time.time())
    standard = {
        "iss": seed.issuer(world), "sub": seed.OPERATOR_SUBJECT, "aud": AUDIENCE, "nbf": now, "exp": now + 600,
    }  # fmt: skip
    return tokens.sign(world, standard | claims, seed.ISSUER_KEY)


def refusal(answer: httpx.Response) -> tuple[int, str, int]:
    """(status, OAuth's word, AADSTS number) of a refusal whose text begins with its number."""
    body = answer.json()
    number = body["error_codes"][0]
    assert body["error_description"].startswith(f"AADSTS{number}: ")
    assert body["trace_id"] in body["error_description"]
    return answer.status_code, body["error"], number


def test_the_operator_gets_a_token_that_resource_manager_takes(world: World, sign_in: SignIn) -> None:
    answer = sign_in()
    assert answer.headers["cache-control"] == "no-store, no-cache"
    principal = tokens.verify(world, answer.json()["access_token"], audiences.arm(world))
    assert (principal.display_name, principal.kind) == ("lab-operator", "ServicePrincipal")
    assert "Group.ReadWrite.All" in principal.roles


def test_the_tenant_can_be_named_by_its_domain(sign_in: SignIn) -> None:
    assert sign_in(TENANT_DOMAIN).status_code == 200


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"grant_type": "password"}, (400, "unsupported_grant_type", 70003)),
        ({"client_id": None}, (400, "invalid_request", 900144)),
        ({"client_id": "11111111-2222-4333-8444-555555555555"}, (400, "unauthorized_client", 700016)),
        ({"client_secret": "hunter2"}, (401, "invalid_client", 7000215)),
        ({"client_assertion": None}, (401, "invalid_client", 7000218)),
        ({"client_assertion": "no.jwt"}, (401, "invalid_client", 50027)),
        ({"scope": "https://graph.microsoft.com/User.Read"}, (400, "invalid_scope", 1002012)),
        ({"scope": "https://elsewhere.example/.default"}, (400, "invalid_resource", 500011)),
        ({"tenant": "00000000-0000-0000-0000-000000000001"}, (400, "invalid_request", 90002)),
        ({"tenant": "common"}, (400, "invalid_request", 90002)),
    ],
)
def test_requests_refused(sign_in: SignIn, fields: dict[str, Any], expected: tuple[int, str, int]) -> None:
    assert refusal(sign_in(**fields)) == expected


@pytest.mark.parametrize(
    ("claims", "number", "text"),
    [
        ({"iss": "https://elsewhere/"}, 700211, "presented assertion issuer 'https://elsewhere/'"),
        ({"sub": "LAB:operator"}, 700213, "presented assertion subject 'LAB:operator'"),
        ({"aud": "api://azureadtokenexchange"}, 700212, "presented assertion audience 'api://azureadtokenexchange'"),
        ({"nbf": 1_000_000_000, "exp": 1_000_000_600}, 700024, "expiry time of assertion 2001-09-09T01:56:40"),
        ({"nbf": time.time() + 9_000, "exp": time.time() + 9_600}, 700024, "not within its valid time range"),
    ],
)
def test_assertions_refused(world: World, sign_in: SignIn, claims: dict[str, Any], number: int, text: str) -> None:
    answer = sign_in(client_assertion=assertion(world, **claims))
    assert refusal(answer) == (401, "invalid_client", number)
    assert text in answer.json()["error_description"]


def test_a_trailing_slash_makes_another_issuer(world: World, sign_in: SignIn) -> None:
    answer = sign_in(client_assertion=assertion(world, iss=seed.issuer(world) + "/"))
    assert refusal(answer)[2] == 700211


def test_a_token_signed_by_a_stranger_is_refused(world: World, sign_in: SignIn) -> None:
    claims = jwt.decode(assertion(world), options={"verify_signature": False})
    kid, _ = tokens.signing_key(world, seed.ISSUER_KEY)
    stranger = rsa.generate_private_key(65537, 2048)
    for header in ({"kid": kid}, {"kid": "unknown"}):
        forged = jwt.encode(claims, stranger, algorithm="RS256", headers=header)
        assert refusal(sign_in(client_assertion=forged)) == (401, "invalid_client", 50013)


def test_a_client_without_credentials_is_told_so(world: World, sign_in: SignIn) -> None:
    lonely = principals.create_service_principal(world, "lonely", kind="ManagedIdentity")
    answer = sign_in(client_id=lonely["appId"])
    assert refusal(answer)[2] == 70025
    assert f"'{lonely['appId']}'(lonely) has no configured federated" in answer.json()["error_description"]


def test_an_issuer_that_nobody_can_reach(world: World, sign_in: SignIn) -> None:
    client = principals.find_by_app_id(world, seed.OPERATOR_APP_ID)
    application = next(app for app in principals.of_type(world, principals.APPLICATION))
    assert client is not None
    issuer = "https://issuer.example"
    principals.add_federated_credential(world, application["id"], "far", issuer, "me", [AUDIENCE])
    answer = sign_in(client_assertion=assertion(world, iss=issuer, sub="me"))
    assert refusal(answer) == (400, "invalid_client", 50166)


def managed_identity(world: World, **written: float) -> dict[str, Any]:
    """An identity as Resource Manager keeps it, with a credential for the subject "pod"."""
    identity = principals.create_service_principal(world, "id-app", kind="ManagedIdentity")
    place = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-app"
    resources = world.store.table("resources")
    resources[place.lower()] = {
        "id": place, "name": "id-app", "type": "Microsoft.ManagedIdentity/userAssignedIdentities",
        "properties": {"clientId": identity["appId"], "principalId": identity["id"]},
    }  # fmt: skip
    credential = f"{place}/federatedIdentityCredentials/app"
    resources[credential.lower()] = {
        "id": credential, "name": "app",
        "type": "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials",
        "properties": {"issuer": seed.issuer(world), "subject": "pod", "audiences": [AUDIENCE]}, **written,
    }  # fmt: skip
    return identity


def test_a_managed_identity_signs_in_by_its_credentials_in_resource_manager(world: World, sign_in: SignIn) -> None:
    identity = managed_identity(world)
    answer = sign_in(
        client_id=identity["appId"], client_assertion=assertion(world, sub="pod"),
        scope="https://graph.microsoft.com/.default",
    )  # fmt: skip
    principal = tokens.verify(world, answer.json()["access_token"], audiences.graph(world))
    assert (principal.id, principal.kind, principal.roles) == (identity["id"], "ManagedIdentity", frozenset())


def test_a_credential_may_take_its_time(world: World, sign_in: SignIn) -> None:
    world.pace = type(world.pace)(1)
    world.store.table("settings", quiet=True)["lags"] = {"federation_propagation_s": 60}
    given = {"client_id": managed_identity(world, _written_at=time.time() - 50)["appId"]}
    given["client_assertion"] = assertion(world, sub="pod")
    assert refusal(sign_in(**given))[2] == 70025
    world.store.table("settings", quiet=True)["lags"] = {"federation_propagation_s": 40}
    assert sign_in(**given).status_code == 200
