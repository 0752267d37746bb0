"""Wires pulled out of a finished lab, with the real az and kubectl: the doctor names each, the lab's steps put it back.

A round pulls one wire of each chain, so that one look and one mend do for three.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from labs import TestLab

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

BACKEND = "workload/backend as id-dev-workload"
EXTERNAL_DNS = "external-dns/external-dns as id-dev-externaldns"
CERT_MANAGER = "cert-manager/cert-manager as id-dev-certmanager"

USE = "azure.workload.identity/use"
CLIENT_ID = "azure.workload.identity/client-id"


@dataclass(frozen=True)
class Wire:
    """
    pull   what goes wrong
    link   the first link that the doctor has to call failed
    says   what it has to say of it: presented and expected values, the reason, the command that mends it
    step   what puts it back
    """

    chain: str
    pull: Callable[[TestLab], None]
    link: str
    says: tuple[str, ...]
    step: str


def do(lab: TestLab, *argv: str, stdin: str | None = None) -> None:
    ended = lab.client(*argv, stdin=stdin)
    assert ended.code == 0, f"{argv}: {ended.text}"


def credential(verb: str, part: str, name: str, **options: str) -> Callable[[TestLab], None]:
    """Changes a federated credential with az."""
    words = [word for key, value in options.items() for word in (f"--{key}", value)]
    words += ["--yes"] if verb == "delete" else []

    def pull(lab: TestLab) -> None:
        place = ("--identity-name", f"id-dev-{part}", "--resource-group", "rg-dev-identities")
        do(lab, "az", "identity", "federated-credential", verb, "--name", name, *place, *words)

    return pull


def issuer_without_slash(lab: TestLab) -> None:
    issuer = lab.asked("az", "aks", "show", "--name", "aks-dev", "--resource-group", "rg-dev-aks")
    bare = issuer["oidcIssuerProfile"]["issuerUrl"].rstrip("/")
    credential("update", "certmanager", "fic-cert-manager-cert-manager", issuer=bare)(lab)


def principal(lab: TestLab, part: str) -> str:
    shown = lab.asked("az", "identity", "show", "--name", f"id-dev-{part}", "--resource-group", "rg-dev-identities")
    return str(shown["principalId"])


def role_lost(part: str, role: str, on_group: bool = False) -> Callable[[TestLab], None]:
    def pull(lab: TestLab) -> None:
        (zone,) = lab.asked("az", "network", "dns", "zone", "list")
        scope = zone["id"].partition("/providers/")[0] if on_group else zone["id"]
        whom = ("--assignee", principal(lab, part), "--role", role)
        do(lab, "az", "role", "assignment", "delete", *whom, "--scope", scope)

    return pull


def app_role_lost(lab: TestLab) -> None:
    graph = lab.asked("az", "cloud", "show")["endpoints"]["microsoftGraphResourceId"].rstrip("/")
    url = f"{graph}/v1.0/servicePrincipals/{principal(lab, 'workload')}/appRoleAssignments"
    (assignment,) = lab.asked("az", "rest", "--method", "get", "--url", url)["value"]
    do(lab, "az", "rest", "--method", "delete", "--url", f"{url}/{assignment['id']}")


def patched(kind: str, name: str, namespace: str, *operations: tuple[str, str, object]) -> Callable[[TestLab], None]:
    """Changes an object with kubectl: operation, path, value."""

    def pull(lab: TestLab) -> None:
        body = [{"op": op, "path": path, "value": value} for op, path, value in operations]
        where = ("--namespace", namespace, "--type", "json", "--patch", json.dumps(body))
        do(lab, "kubectl", "patch", kind, name, *where)
        if kind == "deployment":
            do(lab, "kubectl", "rollout", "status", f"deployment/{name}", "--namespace", namespace, "--timeout=60s")

    return pull


def label_at(path: str) -> str:
    return f"{path}/labels/{USE.replace('/', '~1')}"


def annotated(name: str, namespace: str, value: str) -> Callable[[TestLab], None]:
    def pull(lab: TestLab) -> None:
        do(lab, "kubectl", "annotate", "sa", name, "--namespace", namespace, "--overwrite", f"{CLIENT_ID}{value}")

    return pull


def older_than_annotation(lab: TestLab) -> None:
    """The annotation is right now, but was not when the pod was created."""
    account = lab.asked("kubectl", "get", "sa", "backend", "--namespace", "workload")
    annotated("backend", "workload", "-")(lab)
    do(lab, "kubectl", "rollout", "restart", "deployment/backend", "--namespace", "workload")
    do(lab, "kubectl", "rollout", "status", "deployment/backend", "--namespace", "workload", "--timeout=60s")
    annotated("backend", "workload", f"={account['metadata']['annotations'][CLIENT_ID]}")(lab)


def label_on_the_pod_only(lab: TestLab) -> None:
    template = "/spec/template/metadata"
    patched("deployment", "external-dns", "external-dns", ("remove", label_at(template), None))(lab)
    do(lab, "kubectl", "label", "pods", "--all", "--namespace", "external-dns", f"{USE}=true")


def scaled_to_nothing(lab: TestLab) -> None:
    do(lab, "kubectl", "scale", "deployment", "cert-manager", "--replicas", "0", "--namespace", "cert-manager")
    do(lab, "kubectl", "wait", "pods", "--for=delete", "-l", "app=cert-manager", "-n", "cert-manager", "--timeout=60s")


TEMPLATE = "/spec/template/metadata"
ACCOUNT = "/spec/template/spec/serviceAccountName"
ROUNDS = {
    "credentials that do not match": (
        Wire(
            BACKEND,
            credential("update", "workload", "fic-workload-backend", subject="system:serviceaccount:workload:Backend"),
            "federated credential",
            ("system:serviceaccount:workload:Backend", "AADSTS700213", "inv workload-credential"),
            "workload-credential",
        ),
        Wire(
            EXTERNAL_DNS,
            credential("update", "externaldns", "fic-external-dns-external-dns", audiences="api://SomebodyElse"),
            "federated credential",
            ("audience api://AzureADTokenExchange", "audience api://SomebodyElse", "AADSTS700212"),
            "externaldns-credential",
        ),
        Wire(
            CERT_MANAGER,
            issuer_without_slash,
            "federated credential",
            ("AADSTS700211", "only the slash at the end", "inv certmanager-credential"),
            "certmanager-credential",
        ),
    ),
    "rights that are missing": (
        Wire(BACKEND, app_role_lost, "app role of Graph", ("none", "User.Read.All", "inv workload-role"), "workload"),
        Wire(
            EXTERNAL_DNS,
            role_lost("externaldns", "DNS Zone Contributor"),
            "role on contoso.localhost",
            ("none", "DNS Zone Contributor", "inv externaldns-role"),
            "externaldns",
        ),
        Wire(
            CERT_MANAGER,
            role_lost("certmanager", "DNS Zone Contributor"),
            "role on contoso.localhost",
            ("none", "DNS Zone Contributor", "inv certmanager-role"),
            "certmanager",
        ),
    ),
    "labels where they do nothing": (
        Wire(
            BACKEND,
            patched("deployment", "backend", "workload", ("remove", label_at(TEMPLATE), None)),
            "label on the template",
            ("none", f"{USE}=true", "inv workload"),
            "workload",
        ),
        Wire(
            EXTERNAL_DNS,
            label_on_the_pod_only,
            "label on the template",
            ("a pod, where it comes too late", "inv externaldns"),
            "externaldns",
        ),
        Wire(
            CERT_MANAGER,
            patched("deployment", "cert-manager", "cert-manager", ("replace", label_at(TEMPLATE), "True")),
            "label on the template",
            (f"{USE}=True", f"{USE}=true", "inv certmanager"),
            "certmanager",
        ),
    ),
    "identities that are somebody else's": (
        Wire(
            BACKEND,
            annotated("backend", "workload", "-"),
            "client id",
            (f"no annotation {CLIENT_ID}", "inv workload"),
            "workload",
        ),
        Wire(
            EXTERNAL_DNS,
            annotated("external-dns", "external-dns", "=00000000-0000-0000-0000-000000000000"),
            "client id",
            ("00000000-0000-0000-0000-000000000000", "inv externaldns"),
            "externaldns",
        ),
        Wire(
            CERT_MANAGER,
            patched(
                "clusterissuer", "letsencrypt-staging", "cert-manager",
                ("replace", "/spec/acme/solvers/0/dns01/azureDNS/managedIdentity/clientID", "somebody"),
            ),
            "client id",
            ("letsencrypt-staging: somebody", "inv certmanager"),
            "certmanager",
        ),
    ),
    "things that have been replaced": (
        Wire(
            BACKEND,
            older_than_annotation,
            "environment and token",
            ("AZURE_CLIENT_ID=(empty)", "older than the annotation", "kubectl rollout restart deployment/backend"),
            "workload",
        ),
        Wire(
            EXTERNAL_DNS,
            credential(
                "create", "externaldns", "fic-external-dns-external-dns", issuer="https://issuer.example/",
                subject="system:serviceaccount:other:external-dns", audiences="api://AzureADTokenExchange",
            ),
            "federated credential",
            ("issuer https://issuer.example/", "subject differs too", "inv externaldns-credential"),
            "externaldns",
        ),
        Wire(
            CERT_MANAGER,
            credential("delete", "certmanager", "fic-cert-manager-cert-manager"),
            "federated credential",
            ("none for id-dev-certmanager", "system:serviceaccount:cert-manager:cert-manager"),
            "certmanager",
        ),
    ),
    "pods that are others": (
        Wire(
            BACKEND,
            patched("deployment", "backend", "workload", ("replace", ACCOUNT, "default")),
            "service account",
            ("default", "backend", "inv workload"),
            "workload",
        ),
        Wire(
            EXTERNAL_DNS,
            role_lost("externaldns", "Reader", on_group=True),
            "role on rg-core-dns",
            ("none", "Reader", "inv externaldns-role"),
            "externaldns",
        ),
        Wire(CERT_MANAGER, scaled_to_nothing, "pod", ("no pod", "inv certmanager"), "certmanager"),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def finished(lab: TestLab) -> TestLab:
    ended = lab.inv("lab")
    assert ended.code == 0, ended.text
    return lab


def chains(report: str) -> dict[str, list[str]]:
    """The doctor's lines by chain."""
    found: dict[str, list[str]] = {}
    title = ""
    for line in report.splitlines():
        if " as id-" in line and not line.startswith(" ") and ": " not in line:
            title = line
        elif not line.strip():
            title = ""
        elif title:
            found.setdefault(title, []).append(line)
    return found


def test_a_finished_lab_is_healthy_and_the_doctor_only_looks(finished: TestLab) -> None:
    before = finished.writes()
    ended = finished.inv("doctor")
    assert ended.code == 0, ended.text
    assert finished.writes() == before
    found = chains(ended.out)
    assert set(found) == {BACKEND, EXTERNAL_DNS, CERT_MANAGER}
    assert all(line.startswith("  held ") for lines in found.values() for line in lines), ended.out


@pytest.mark.parametrize("wires", ROUNDS.values(), ids=ROUNDS)
def test_the_wire_is_named_and_put_back(finished: TestLab, wires: tuple[Wire, ...]) -> None:
    for wire in wires:
        wire.pull(finished)
    ended = finished.inv("doctor")
    assert ended.code == 1, ended.text
    found = chains(ended.out)
    for wire in wires:
        broken = [line for line in found[wire.chain] if line.startswith("  failed ")]
        assert broken and broken[0].startswith(f"  failed   {wire.link}"), ended.out
        part = "\n".join(found[wire.chain])
        for text in wire.says:
            assert text in part, f"{text}: {ended.out}"
        assert f"{wire.chain}: {wire.link}: " in ended.out, "the summary names it too"

    mended = finished.inv(*dict.fromkeys(wire.step for wire in wires))
    assert mended.code == 0, mended.text
    again = finished.inv("doctor")
    assert again.code == 0, again.text


def test_the_page_tells_what_is_missing_and_verify_waits_for_it(finished: TestLab) -> None:
    """The backend holds a token from before: it is shown the door by Graph, and asks for another."""
    app_role_lost(finished)
    do(finished, "kubectl", "rollout", "restart", "deployment/backend", "--namespace", "workload")
    do(finished, "kubectl", "rollout", "status", "deployment/backend", "--namespace", "workload", "--timeout=60s")
    plan = finished.inv("--dry", "verify-page")
    assert "answers 502" in plan.out and "Authorization_RequestDenied" in plan.out, plan.text
    ended = finished.inv("verify")
    assert ended.code == 0, ended.text
    assert finished.verdicts()["workload-role"] == "changed"
    assert "Contoso Lab" in next(line for line in ended.out.splitlines() if line.startswith("held      verify-page"))


def test_a_certificate_of_another_authority_is_refused(finished: TestLab) -> None:
    """The roots that settings name stand for it, and no others."""
    roots = finished.home / "sandbox/tls"
    staging = (roots / "letsencrypt-staging.pem").read_text()
    try:
        (roots / "letsencrypt-staging.pem").write_text((roots / "letsencrypt-production.pem").read_text())
        plan = finished.inv("--dry", "verify-certificate")
        assert "CERTIFICATE_VERIFY_FAILED" in plan.out, plan.text
    finally:
        (roots / "letsencrypt-staging.pem").write_text(staging)
