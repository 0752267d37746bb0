"""The plan of trouble: the same seed means the same faults, whatever the order in which requests come."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Scope

from sandbox.trouble import place
from sandbox.trouble.plan import FAULTS, Hit, Plan

POSSIBLE = ("server-error", "reset", "slow", "throttling")
KINDS = [f"arm GET /resourcegroups/{number}" for number in range(40)]


def met(plan: Plan, order: list[str]) -> dict[tuple[str, int], Hit | None]:
    seen = dict.fromkeys(order, 0)
    found = {}
    for kind in order:
        seen[kind] += 1
        found[kind, seen[kind]] = plan.hit(kind, seen[kind], POSSIBLE)
    return found


@given(seed=st.integers(0, 10_000), order=st.permutations(KINDS[:6] * 4))
def test_what_a_request_meets_does_not_depend_on_the_order(seed: int, order: list[str]) -> None:
    plan = Plan(seed, rate=0.3)
    assert met(plan, order) == met(plan, sorted(order))


def test_another_seed_is_other_trouble_and_the_rate_is_kept() -> None:
    rows = [tuple(bool(Plan(seed, rate=0.05).hit(kind, 1, POSSIBLE)) for kind in KINDS) for seed in range(40)]
    assert len(set(rows)) > 30
    assert 0.03 < sum(map(sum, rows)) / (40 * len(KINDS)) < 0.07


def test_some_faults_outlast_the_retries_of_the_clients_and_none_lasts_long() -> None:
    plan = Plan(7, frozenset({"server-error"}), rate=0.02)
    streaks = []
    for kind in KINDS:
        row = [bool(plan.hit(kind, nth, POSSIBLE)) for nth in range(1, 200)]
        streaks += [len(list(group)) for hit, group in itertools.groupby(row) if hit]
    assert {1, 2, 5} <= set(streaks) and max(streaks) == 5


def test_even_at_a_rate_of_one_trouble_passes() -> None:
    hits = [bool(Plan(1, rate=1).hit(KINDS[0], nth, POSSIBLE)) for nth in range(1, 12)]
    assert hits == [True] * 5 + [False] * 6


def test_only_what_was_asked_for_and_is_possible_happens() -> None:
    plan = Plan(1, frozenset({"reset", "conflict"}), rate=1)
    assert {plan.hit(kind, 1, POSSIBLE).fault for kind in KINDS if plan.hit(kind, 1, POSSIBLE)} == {"reset"}
    assert plan.lag_s("role-lag", "x") == 0 and 0 < Plan(1).lag_s("role-lag", "x") < 10


GROUPS = "/subscriptions/5ab5c1b0-0000-4000-8000-00000000c0de/resourceGroups/rg-dev-identities/providers"
IDENTITY = f"{GROUPS}/Microsoft.ManagedIdentity/userAssignedIdentities/id-dev-infra"
CLUSTER = "/clusters/5423a7b9-c246-46e3-a54f-8a9284ed5743"


@pytest.mark.parametrize(
    ("listener", "method", "path", "query", "kind", "has", "has_not"),
    [
        (
            "main", "PUT", f"{IDENTITY}/federatedIdentityCredentials/fic", "",
            "arm PUT /resourcegroups/rg-dev-identities/providers/microsoft.managedidentity/userassignedidentities/"
            "id-dev-infra/federatedidentitycredentials/fic",
            {"conflict", "answer-lost", "throttling", "expired-token"}, {"truncated", "operation-in-progress"},
        ),
        (
            "main", "PUT", f"{GROUPS}/Microsoft.Authorization/roleAssignments/00000000-0000-0000-0000-000000000001", "",
            "arm PUT /resourcegroups/rg-dev-identities/providers/microsoft.authorization/roleassignments/*",
            {"answer-lost"}, {"conflict"},
        ),
        ("main", "GET", "/v1.0/groups", "", "graph GET /v1.0/groups", {"truncated", "throttling"}, {"answer-lost"}),
        (
            "main", "PATCH", f"{CLUSTER}/api/v1/namespaces/workload", "dryRun=All",
            "kube PATCH /api/v1/namespaces/workload (dry run)", {"server-error"}, {"answer-lost", "conflict"},
        ),
        (
            "main", "GET", f"{CLUSTER}/api/v1/namespaces/x/pods/web-abc12-x9z", "watch=true",
            "kube GET /api/v1/namespaces/x/pods/* (watch)", {"reset"}, {"truncated"},
        ),
        (
            "main", "POST", "/7e7a9c00-0000-4000-8000-00000000c0de/oauth2/v2.0/token", "",
            "entra POST /*/oauth2/v2.0/token", {"server-error", "answer-lost"}, {"throttling", "expired-token"},
        ),
        ("acr/lab", "GET", "/acr/v1/backend/_manifests", "", "registry GET /acr/v1/backend/_manifests",
         {"throttling"}, {"expired-token"}),
    ],
)  # fmt: skip
def test_each_service_has_its_own_faults(
    listener: str, method: str, path: str, query: str, kind: str, has: set[str], has_not: set[str]
) -> None:
    scope: Scope = {"type": "http", "method": method, "path": path, "query_string": query.encode()}
    where = place.of(listener, scope)
    assert where is not None and where.kind == kind
    assert has <= set(where.possible) <= set(FAULTS) and not has_not & set(where.possible)


@pytest.mark.parametrize(("listener", "path"), [("main", "/_sandbox/trouble"), ("proxy", "/api/graph"), ("main", "/")])
def test_some_places_are_spared(listener: str, path: str) -> None:
    assert place.of(listener, {"type": "http", "method": "GET", "path": path}) is None
