"""Tokens: what is in them, and what ARM and Graph say to those they do not take."""

from collections.abc import Callable

import httpx
import jwt
import pytest

from sandbox import seed
from sandbox.entra import audiences, principals, tokens
from sandbox.graph import catalogue
from sandbox.world import TENANT_ID, World

Ask = Callable[..., httpx.Response]
ARM = "/subscriptions?api-version=2022-12-01"
GRAPH = "/v1.0/groups"


@pytest.fixture
def someone(world: World) -> str:
    return principals.create_service_principal(world, "someone")["id"]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_groups_are_followed_through_groups(world: World, someone: str) -> None:
    inner, outer = (principals.create_group(world, name)["id"] for name in ("inner", "outer"))
    principals.add_member(world, inner, someone)
    principals.add_member(world, outer, inner)
    principals.add_member(world, inner, outer)  # a circle must not trap the search
    claims = jwt.decode(tokens.issue(world, someone, world.url), options={"verify_signature": False})
    assert claims["groups"] == sorted([inner, outer])
    assert claims["idtyp"] == "app"


def test_roles_are_those_of_the_audience_alone(world: World, someone: str) -> None:
    catalogue.grant(world, someone, ("User.Read.All",))
    in_graph = tokens.issue(world, someone, "https://graph.microsoft.com")
    elsewhere = tokens.issue(world, someone, audiences.AKS_APP_ID)
    assert tokens.verify(world, in_graph, audiences.graph(world)).roles == {"User.Read.All"}
    assert tokens.verify(world, elsewhere, audiences.AKS).roles == frozenset()


@pytest.mark.parametrize(
    ("audience", "lifetime_s", "claims", "fault"),
    [
        ("https://vault.azure.net", 60, {}, "audience"),
        ("https://management.azure.com/", -60, {}, "expired"),
        ("https://management.azure.com/", 60, {"iss": "https://sts.windows.net/other/"}, "issuer"),
        ("https://management.azure.com/", 60, {"oid": "11111111-2222-4333-8444-555555555555"}, "principal"),
    ],
)
def test_faults(world: World, someone: str, audience: str, lifetime_s: int, claims: dict[str, str], fault: str) -> None:
    token = tokens.issue(world, someone, audience, lifetime_s, **claims)
    with pytest.raises(tokens.InvalidToken) as refused:
        tokens.verify(world, token, audiences.arm(world))
    assert refused.value.fault == fault


def test_a_changed_token_has_a_wrong_signature(world: World, someone: str) -> None:
    head, _, signature = tokens.issue(world, someone, world.url).split(".")
    other = tokens.issue(world, someone, world.url, roles=["Directory.ReadWrite.All"]).split(".")[1]
    with pytest.raises(tokens.InvalidToken, match="signature"):
        tokens.verify(world, f"{head}.{other}.{signature}", audiences.arm(world))


def test_refusals_are_in_the_words_of_the_service(world: World, ask: Ask, someone: str) -> None:
    expired = bearer(tokens.issue(world, someone, world.url, -60))
    elsewhere = bearer(tokens.issue(world, someone, "https://vault.azure.net"))
    for headers, in_arm, in_graph in (
        ({}, "AuthenticationFailed", "Access token is empty."),
        (expired, "ExpiredAuthenticationToken", "Lifetime validation failed, the token is expired."),
        (elsewhere, "InvalidAuthenticationTokenAudience", "Access token validation failure. Invalid audience."),
    ):
        arm, graph = ask("GET", ARM, headers=headers), ask("GET", GRAPH, headers=headers)
        assert (arm.status_code, arm.json()["error"]["code"]) == (401, in_arm)
        assert TENANT_ID in arm.headers["www-authenticate"]
        assert (graph.status_code, graph.json()["error"]["code"]) == (401, "InvalidAuthenticationToken")
        assert graph.json()["error"]["message"] == in_graph


def test_discovery_names_the_host_that_was_asked(ask: Ask) -> None:
    path = f"/{TENANT_ID}/v2.0/.well-known/openid-configuration"
    document = ask("GET", path, headers={"Host": "login.microsoftonline.com"}).json()
    assert document["issuer"] == f"https://login.microsoftonline.com/{TENANT_ID}/v2.0"
    assert document["token_endpoint"] == f"https://login.microsoftonline.com/{TENANT_ID}/oauth2/v2.0/token"
    assert (
        ask("GET", "/organizations/v2.0/.well-known/openid-configuration").json()["issuer"].endswith("/{tenantid}/v2.0")
    )
    assert ask("GET", "/nobody/v2.0/.well-known/openid-configuration").json()["error_codes"] == [90002]


def test_published_keys_verify_tokens(world: World, ask: Ask, someone: str) -> None:
    keys = jwt.PyJWKSet.from_dict(ask("GET", f"/{TENANT_ID}/discovery/v2.0/keys").json())
    token = tokens.issue(world, someone, world.url)
    kid = jwt.get_unverified_header(token)["kid"]
    assert jwt.decode(token, keys[kid].key, algorithms=["RS256"], audience=world.url)["oid"] == someone


def test_the_machine_has_one_identity(world: World, ask: Ask) -> None:
    path, resource = "/msi/token", f"{world.url}/"
    header = {"X-IDENTITY-HEADER": seed.identity_header(world)}
    answer = ask("GET", path, params={"resource": resource}, headers=header).json()
    principal = tokens.verify(world, answer["access_token"], audiences.arm(world))
    assert (principal.display_name, principal.kind) == ("lab-machine", "ManagedIdentity")
    assert answer["expires_on"].isdecimal()

    assert ask("GET", path, params={"resource": resource}, headers={"X-IDENTITY-HEADER": "x"}).status_code == 401
    other = ask("GET", path, params={"resource": resource, "client_id": "other"}, headers=header)
    assert other.status_code == 400 and "No User Assigned" in other.json()["message"]
