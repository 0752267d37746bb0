"""The backend: the tenant's name through a real exchange of tokens, and everybody's own words where it is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from backend.application import create
from tenancy import CLIENT_ID, ISSUER, SUBJECT, TENANT_ID, Tenant, calling


def ask(env: dict[str, str], *paths: str) -> list[httpx.Response]:
    """The answers of one backend, in order."""

    async def run() -> list[httpx.Response]:
        async with calling(create(env)) as client:
            return [await client.get(path) for path in paths]

    return anyio.run(run)


def problem(answer: httpx.Response) -> dict[str, Any]:
    return answer.json()["problem"]


def test_tenants_name_is_read_with_the_pods_identity(tenant: Tenant, pod: dict[str, str]) -> None:
    (answer,) = ask(pod, "/api/graph")
    assert answer.status_code == 200
    assert answer.json() == {"tenant": {"id": TENANT_ID, "displayName": "Contoso & <Sons>"}}


def test_one_token_serves_many_calls(tenant: Tenant, pod: dict[str, str]) -> None:
    ask(pod, "/api/graph", "/api/graph", "/api/wiring")
    assert (len(tenant.assertions), tenant.graph_calls) == (1, 2)


def test_rotated_token_is_read_anew_at_each_acquisition(tenant: Tenant, pod: dict[str, str]) -> None:
    tenant.lifetime_s = 60  # so short that each call needs a new one
    file = Path(pod["AZURE_FEDERATED_TOKEN_FILE"])
    first, second = tenant.assertion(lifetime_s=600), tenant.assertion(lifetime_s=900)

    async def run() -> None:
        async with calling(create(pod)) as client:
            for token in (first, second):
                file.write_text(token)
                assert (await client.get("/api/graph")).status_code == 200

    anyio.run(run)
    assert tenant.assertions == [first, second]


def test_a_role_granted_later_is_seen_before_the_refused_token_ends(tenant: Tenant, pod: dict[str, str]) -> None:
    roles, tenant.roles = tenant.roles, ()

    async def run() -> list[int]:
        async with calling(create(pod)) as client:
            before = (await client.get("/api/graph")).status_code
            tenant.roles = roles
            return [before, (await client.get("/api/graph")).status_code]

    assert anyio.run(run) == [502, 200]


def test_simultaneous_calls_share_one_acquisition(tenant: Tenant, pod: dict[str, str]) -> None:
    async def run() -> list[int]:
        seen: list[int] = []

        async with calling(create(pod)) as client:

            async def one() -> None:
                seen.append((await client.get("/api/graph")).status_code)

            async with anyio.create_task_group() as group:
                for _ in range(6):
                    group.start_soon(one)
        return seen

    assert anyio.run(run) == [200] * 6
    assert len(tenant.assertions) == 1


def test_wiring_shows_claims_and_no_token(tenant: Tenant, pod: dict[str, str]) -> None:
    (answer,) = ask(pod, "/api/wiring")
    body = answer.json()
    assert body["presented"] | {"expires": "", "authority": ""} == {
        "serviceAccount": "backend",
        "namespace": "workload",
        "pod": "backend-x",
        "issuer": ISSUER,
        "subject": SUBJECT,
        "audience": ["api://AzureADTokenExchange"],
        "clientId": CLIENT_ID,
        "tenantId": TENANT_ID,
        "expires": "",
        "authority": "",
    }
    assert body["presented"]["expires"].endswith("Z")
    assert body["granted"]["appRoles"] == ["Organization.Read.All"]
    assert body["granted"]["audience"] == tenant.url
    assert body["problem"] is None
    assert tenant.assertions[0] not in answer.text
    assert "eyJ" not in answer.text


@pytest.mark.parametrize(
    ("wrong", "code", "words"),
    [
        ("subject", "AADSTS700213", "No matching federated identity record"),
        ("time", "AADSTS700024", "valid time range"),
    ],
)
def test_entras_refusal_is_passed_on(tenant: Tenant, pod: dict[str, str], wrong: str, code: str, words: str) -> None:
    if wrong == "subject":
        tenant.subject = "system:serviceaccount:default:other"
    else:
        Path(pod["AZURE_FEDERATED_TOKEN_FILE"]).write_text(tenant.assertion(lifetime_s=-10))
    graph, wiring = ask(pod, "/api/graph", "/api/wiring")
    assert (graph.status_code, problem(graph)["source"], problem(graph)["code"]) == (502, "entra", code)
    assert problem(graph)["status"] == 401
    assert problem(graph)["message"].startswith(f"{code}: ")
    assert words in problem(graph)["message"]
    assert "Trace ID" not in problem(graph)["message"]
    assert wiring.status_code == 200
    assert wiring.json()["presented"]["subject"] == SUBJECT
    assert (wiring.json()["granted"], problem(wiring)["code"]) == (None, code)


def test_graphs_refusal_is_passed_on(tenant: Tenant, pod: dict[str, str]) -> None:
    tenant.roles = ()
    graph, wiring = ask(pod, "/api/graph", "/api/wiring")
    assert graph.status_code == 502
    assert problem(graph) == {
        "source": "graph",
        "code": "Authorization_RequestDenied",
        "message": "Insufficient privileges to complete the operation.",
        "status": 403,
    }
    assert wiring.json()["granted"]["appRoles"] == []


def test_gateway_page_instead_of_graph(tenant: Tenant, pod: dict[str, str]) -> None:
    tenant.busy = True
    (answer,) = ask(pod, "/api/graph")
    assert (problem(answer)["code"], problem(answer)["status"]) == ("HTTP 504", 504)


def test_graph_out_of_reach(tenant: Tenant, pod: dict[str, str]) -> None:
    (answer,) = ask(pod | {"GRAPH_URL": "https://localhost:1"}, "/api/graph")
    assert answer.status_code == 502
    assert (problem(answer)["source"], problem(answer)["code"]) == ("graph", "Unreachable")


def test_pod_without_identity_says_what_it_lacks(pod: dict[str, str]) -> None:
    del pod["AZURE_CLIENT_ID"]
    health, ready, graph, wiring = ask(pod, "/healthz", "/readyz", "/api/graph", "/api/wiring")
    assert health.status_code == 200
    assert [one.status_code for one in (ready, graph, wiring)] == [503] * 3
    assert problem(graph)["code"] == "NotInjected"
    assert "AZURE_CLIENT_ID" in problem(graph)["message"]
    assert "AZURE_TENANT_ID" not in problem(graph)["message"]


def test_missing_token_file_is_named(pod: dict[str, str]) -> None:
    file = Path(pod["AZURE_FEDERATED_TOKEN_FILE"])
    file.unlink()
    ready, graph = ask(pod, "/readyz", "/api/graph")
    assert (ready.status_code, graph.status_code) == (503, 503)
    assert str(file) in problem(graph)["message"]


def test_ready_with_a_token(pod: dict[str, str]) -> None:
    assert [one.status_code for one in ask(pod, "/healthz", "/readyz")] == [200, 200]
