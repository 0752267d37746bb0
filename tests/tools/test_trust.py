"""The links in Azure: federated credential, roles, the cluster as issuer; and how all links are told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from wirings import AUDIENCE, ISSUER, PRINCIPAL, WANTED, credential, links, seen, words

from engine.errors import Absent
from tools import trust_links
from tools.links import Chain, Link, Unknown, blocked, failed, held, report, verdicts

# --- federated credential


@pytest.mark.parametrize(
    ("stored", "presented", "expected", "said"),
    [
        (
            {"issuer": ISSUER.rstrip("/")},
            f"issuer {ISSUER}",
            f"issuer {ISSUER.rstrip('/')}",
            "only the slash at the end",
        ),
        ({"issuer": "https://old/"}, f"issuer {ISSUER}", "issuer https://old/", "AADSTS700211"),
        ({"subject": "system:serviceaccount:workload:Backend"}, "workload:backend", "workload:Backend", "AADSTS700213"),
        ({"subject": "system:serviceaccount:a:b"}, "workload:backend", "serviceaccount:a:b", "put under its name"),
        ({"audiences": ["api://else"]}, f"audience {AUDIENCE}", "audience api://else", "AADSTS700212"),
        ({"issuer": "https://old/", "subject": "x"}, f"issuer {ISSUER}", "https://old/", "subject differs too"),
        (
            {"issuer": "https://old/", "subject": "x", "audiences": ["y"]},
            f"issuer {ISSUER}",
            "issuer https://old/",
            "subject and audience differ too",
        ),
    ],
)
def test_a_credential_that_does_not_match(stored: dict[str, Any], presented: str, expected: str, said: str) -> None:
    facts = seen(credentials=[credential(**stored)])
    assert words(facts) == {"federated credential": "failed"}
    link = links(facts)["federated credential"]
    assert presented in link.presented and expected in link.expected and said in link.note
    assert link.mend == "inv workload-credential"


def test_capitals_matter() -> None:
    for name in ("mine", "fic-workload-backend"):
        facts = seen(credentials=[credential(name=name, subject="system:serviceaccount:workload:BACKEND")])
        assert "only capitals differ" in links(facts)["federated credential"].note


def test_no_credential_at_all() -> None:
    link = links(seen(credentials=[]))["federated credential"]
    assert (link.presented, link.expected) == ("none for id-backend", f"one for {WANTED.subject}")


def test_of_several_the_nearest_is_named() -> None:
    far = credential(name="far", issuer="https://x/", subject="y")
    near = credential(name="near", subject="system:serviceaccount:workload:frontend")
    assert "nearest of 2: near" in links(seen(credentials=[far, near]))["federated credential"].note


def test_of_two_as_near_the_one_with_the_labs_name() -> None:
    stranger = credential(name="a", subject="system:serviceaccount:workload:a")
    ours = credential(subject="system:serviceaccount:workload:b")
    assert "fic-workload-backend" in links(seen(credentials=[stranger, ours]))["federated credential"].note


def test_any_name_will_do() -> None:
    facts = seen(credentials=[credential(subject="x"), credential(name="by-hand", audiences=["other", AUDIENCE])])
    assert links(facts)["federated credential"].note == "by-hand"


# --- grants and the cluster


def test_roles() -> None:
    def assignment(role: str, who: str = PRINCIPAL) -> dict[str, str]:
        return {"principalId": who, "roleDefinitionName": role}

    def link(*assignments: dict[str, str]) -> Link:
        return trust_links.role(list(assignments), "DNS Zone Contributor", PRINCIPAL, "zone", "inv role")

    assert link(assignment("DNS Zone Contributor")).word == "held"
    assert link() == failed("role on zone", "none", "DNS Zone Contributor", "inv role")
    assert link(assignment("DNS Zone Contributor", "another")).presented == "none"
    assert link(assignment("Reader"), assignment("Contributor")).presented == "Contributor, Reader"
    assert trust_links.role([], "Reader", None, "zone", "").word == "blocked"
    assert trust_links.role(Unknown("az: no"), "Reader", PRINCIPAL, "zone", "").note == "az: no"


def test_app_roles() -> None:
    graph = {"appRoles": [{"id": "1", "value": "User.Read.All"}, {"id": "2", "value": "Group.Read.All"}]}

    def link(assignments: Any, offered: Any = graph, principal: str | None = PRINCIPAL) -> Link:
        return trust_links.app_role(assignments, "User.Read.All", offered, principal, "inv role")

    assert link([{"appRoleId": "1"}]).word == "held"
    assert link([{"appRoleId": "2"}, {"appRoleId": "3"}]).presented == "3, Group.Read.All"
    assert link(Absent("no such principal")) == failed("app role of Graph", "none", "User.Read.All", "inv role")
    for unknown in (link(Unknown("az: no")), link([], Unknown("az: no")), link([], graph, None)):
        assert unknown.word == "blocked"


def shown(enabled: bool = True, url: str | None = ISSUER) -> dict[str, Any]:
    profile = {"issuerUrl": url} if url else None
    return {"securityProfile": {"workloadIdentity": {"enabled": enabled}}, "oidcIssuerProfile": profile}


def cluster(*facts: Any) -> list[str]:
    return [link.word for link in trust_links.cluster(*facts, "inv cluster").links]


def test_the_cluster() -> None:
    assert cluster(shown(), ISSUER) == ["held", "held"]
    assert cluster(shown(enabled=False), ISSUER) == ["failed", "held"]
    assert cluster(shown(url=None), ISSUER) == ["held", "failed"]
    assert cluster(shown(), ISSUER.rstrip("/")) == ["held", "failed"]
    assert cluster(shown(), "https://kubernetes.default.svc") == ["held", "failed"]
    assert cluster(shown(), Unknown("kubectl: no")) == ["held", "blocked"]
    assert cluster(Absent("no cluster"), ISSUER) == ["blocked", "blocked"]


# --- what is told of it


def test_verdicts_name_the_first_failed_link_of_each_chain() -> None:
    bad = failed("label", "none", "true", "inv workload")
    chains = [
        Chain("good", (held("pod"),)),
        Chain("bad", (held("pod"), blocked("later", "why"), bad, replace(bad, name="other"))),
        Chain("unknown", (blocked("pod", "kubectl: no"),)),
    ]
    assert verdicts(chains) == (
        "bad: label: none, expected true; mend: inv workload",
        "unknown: pod cannot be told: kubectl: no",
    )
    assert verdicts(chains[:1]) == ()


def test_the_report_has_a_line_for_each_link_and_the_mend_below_a_failed_one() -> None:
    bad = failed("label", "none", "true", "inv workload", note="it stands on the pod")
    lines = report([Chain("backend", (held("pod", "backend-1"), bad), said=("AADSTS700213: no",))])
    assert [(style, text.split()) for style, text in lines] == [
        ("bold", ["backend"]),
        ("held", ["pod", "backend-1"]),
        ("failed", ["label", "it", "stands", "on", "the", "pod"]),
        ("", ["presented", "none"]),
        ("", ["expected", "true"]),
        ("", ["mend", "inv", "workload"]),
        ("dim", ["it", "says:", "AADSTS700213:", "no"]),
        ("", []),
    ]
