"""The whole lab, from nothing to nothing, with the real inv, az, kubectl and helm. The tests run in this order."""

import base64
import hashlib
import shlex
import shutil
import stat
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from labs import TestLab

import tasks
from benchmarks.clients import Clients, environment, kinds, masked
from engine.step import Step

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

#: Steps that bring nothing about themselves, or only on this machine.
GATHERING = {"images", "lab", "preflight", "tools", "sandbox.start"}
GATHERING |= {"verify", "verify-record", "verify-certificate", "verify-page"}


def graph() -> set[str]:
    """Every step that the lab needs, found by walking the graph."""
    found, ahead = set(), [tasks.lab]
    while ahead:
        step = ahead.pop()
        if isinstance(step, Step) and step.name not in found:
            found.add("sandbox.start" if step is tasks.sandbox else step.name)
            ahead += step.pre
    return found


def test_a_plan_of_nothing_changes_nothing(lab: TestLab, before: dict[str, list[str]]) -> None:
    ended = lab.inv("--dry", "lab")
    assert ended.code == 0, ended.text
    assert "would change" in ended.out and "not known yet" in ended.out
    assert lab.writes() == 0


def test_from_nothing_every_step_changes_something(lab: TestLab) -> None:
    ended = lab.inv("lab")
    assert ended.code == 0, ended.text
    verdicts = lab.verdicts()
    assert set(verdicts) == graph()
    assert {step for step, verdict in verdicts.items() if verdict != "changed"} <= GATHERING, verdicts


def test_again_nothing_changes_and_nothing_is_written(lab: TestLab) -> None:
    before = lab.writes()
    ended = lab.inv("lab")
    assert ended.code == 0, ended.text
    verdicts = lab.verdicts()
    assert set(verdicts) == graph()
    assert set(verdicts.values()) == {"held"}, verdicts
    assert lab.writes() == before
    asked = Counter((one["$"], one["<"]) for one in lab.commands())
    assert len(asked) > 20 and asked.most_common(1)[0][1] == 1, "nothing is asked twice"


def test_az_kept_warm_answers_as_plain_az_does(lab: TestLab, tmp_path: Path) -> None:
    """Every kind of question that a run asks."""
    asked = kinds([tuple(shlex.split(one["command"])) for one in lab.journal() if one["event"] == "command.started"])
    clients = Clients(environment(lab.inv("sandbox.env").out), tmp_path)
    commands = list(asked.values())
    assert len(commands) > 8
    with ThreadPoolExecutor(4) as threads:
        kept, again, plain = (
            list(threads.map(call, commands)) for call in (clients.kept_warm, clients.kept_warm, clients.plain)
        )
    for command, *answers in zip(commands, kept, again, plain, strict=True):
        assert len(set(map(masked, answers))) == 1, command
        assert answers[0][0] == 0, answers[0]


def test_a_plan_of_what_stands_finds_nothing_to_do(lab: TestLab) -> None:
    ended = lab.inv("--dry", "lab")
    assert ended.code == 0, ended.text
    assert "would change" not in ended.out and "not known yet" not in ended.out, ended.out


def test_a_reader_finds_the_guides_things_with_az(lab: TestLab) -> None:
    groups = {group["name"] for group in lab.asked("az", "group", "list")}
    assert {"rg-dev-acr", "rg-dev-identities", "rg-dev-network", "rg-dev-aks", "rg-core-dns"} <= groups
    (cluster,) = lab.asked("az", "aks", "list")
    assert cluster["securityProfile"]["workloadIdentity"]["enabled"]
    issuer = cluster["oidcIssuerProfile"]["issuerUrl"]
    (registry,) = lab.asked("az", "acr", "list")
    assert sorted(lab.asked("az", "acr", "repository", "list", "--name", registry["name"])) == [
        "backend",
        "defaultbackend",
        "frontend",
    ]
    (credential,) = lab.asked(
        "az", "identity", "federated-credential", "list",
        "--identity-name", "id-dev-workload", "--resource-group", "rg-dev-identities",
    )  # fmt: skip
    assert credential["issuer"] == issuer
    assert credential["subject"] == "system:serviceaccount:workload:backend"
    types = {resource["type"] for resource in lab.asked("az", "resource", "list")}
    assert {"Microsoft.ContainerService/managedClusters", "Microsoft.ContainerRegistry/registries"} <= types


def test_a_reader_finds_the_guides_things_with_kubectl(lab: TestLab) -> None:
    tables = lab.client("kubectl", "get", "all", "--all-namespaces")
    assert tables.code == 0, tables.text
    for line in (
        "deployment.apps/backend",
        "deployment.apps/frontend",
        "deployment.apps/cert-manager",
        "service/traefik",
    ):
        assert line in tables.out, tables.out
    pods = lab.client("kubectl", "get", "pods", "-n", "workload")
    assert pods.out.split()[:5] == ["NAME", "READY", "STATUS", "RESTARTS", "AGE"], pods.text
    described = lab.client("kubectl", "describe", "deployment", "backend", "-n", "workload")
    assert described.code == 0 and "azure.workload.identity/use=true" in described.out, described.text
    logs = lab.client("kubectl", "logs", "deployment/cert-manager", "-n", "cert-manager")
    assert logs.code == 0 and logs.out, logs.text
    issuer = lab.asked("kubectl", "get", "clusterissuer", "letsencrypt-staging")
    assert issuer["status"]["conditions"][0]["status"] == "True"
    image = lab.asked("kubectl", "get", "deployment", "frontend", "-n", "workload")
    assert "@sha256:" in image["spec"]["template"]["spec"]["containers"][0]["image"]


def test_a_reader_finds_the_guides_things_with_helm(lab: TestLab) -> None:
    releases = {release["name"]: release for release in lab.asked("helm", "list", "--all-namespaces")}
    assert set(releases) == {"cert-manager", "external-dns", "traefik"}
    assert {release["status"] for release in releases.values()} == {"deployed"}
    history = lab.asked("helm", "history", "cert-manager", "--namespace", "cert-manager")
    assert [revision["revision"] for revision in history] == [1]


def test_the_kubeconfig_is_private_and_the_labs_own(lab: TestLab) -> None:
    path = lab.home / "environments/sandbox/kubeconfig"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "azurecli" in path.read_text()


def asked_by_a_stranger(lab: TestLab, subject: str, identity: str) -> dict[str, Any]:
    """What Entra answers a program that is not ours, with this service account's token and that identity."""
    (cloud,) = [one for one in lab.asked("az", "cloud", "list") if one["isActive"]]
    endpoints = cloud["endpoints"]
    found = lab.asked("az", "identity", "show", "--name", identity, "--resource-group", "rg-dev-identities")
    script = str(Path(__file__).with_name("stranger.py"))
    graph = endpoints["microsoftGraphResourceId"].rstrip("/")
    given = (subject, found["clientId"], found["tenantId"], endpoints["activeDirectory"], graph)
    ended = lab.client(sys.executable, script, *given)
    assert ended.code == 0, ended.text
    answer: dict[str, Any] = ended.json()
    return answer | {"client": found["clientId"]}


def test_a_stranger_gets_a_token_for_the_service_account_that_is_trusted(lab: TestLab) -> None:
    answer = asked_by_a_stranger(lab, "workload/backend", "id-dev-workload")
    assert answer["appid"] == answer["client"] and answer["roles"] == ["User.Read.All"]


def test_a_stranger_is_refused_for_another_service_account_or_identity(lab: TestLab) -> None:
    for subject, identity in (("workload/default", "id-dev-workload"), ("workload/backend", "id-dev-certmanager")):
        answer = asked_by_a_stranger(lab, subject, identity)
        assert (
            "AADSTS700213" in answer["refused"]
            and f"system:serviceaccount:{subject.replace('/', ':')}" in answer["refused"]
        )


def test_a_browser_shows_the_tenants_name(lab: TestLab, tmp_path: Path) -> None:
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if browser is None:
        pytest.skip("no Chromium on this machine")
    port = lab.inv("sandbox.status").json()["ingress"]["port"]
    root = x509.load_pem_x509_certificate((lab.home / "sandbox/tls/letsencrypt-staging.pem").read_bytes())
    key = root.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    trusted = base64.b64encode(hashlib.sha256(key).digest()).decode()  # this root, and no other stranger
    picture = tmp_path / "page.png"
    ended = lab.run(
        browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        f"--user-data-dir={tmp_path / 'profile'}", f"--ignore-certificate-errors-spki-list={trusted}",
        f"--screenshot={picture}", "--dump-dom", f"https://wi-f.contoso.localhost:{port}/",
    )  # fmt: skip
    assert "<h1>Contoso Lab</h1>" in ended.out, ended.text
    assert picture.read_bytes().startswith(b"\x89PNG")


def changed(lab: TestLab) -> set[str]:
    return {step for step, verdict in lab.verdicts().items() if verdict == "changed"}


def test_an_uninstalled_release_is_put_back_alone(lab: TestLab) -> None:
    gone = lab.client("helm", "uninstall", "cert-manager", "--namespace", "cert-manager", "--wait")
    assert gone.code == 0, gone.text
    ended = lab.inv("certmanager")
    assert ended.code == 0, ended.text
    assert "certmanager-release" in changed(lab) <= {"certmanager-release", "certmanager"}
    again = lab.inv("certmanager")
    assert again.code == 0 and not changed(lab), again.text


def test_a_deleted_role_is_granted_again_alone(lab: TestLab) -> None:
    scope = lab.asked("az", "network", "dns", "zone", "list")[0]["id"]
    identities = {one["name"]: one for one in lab.asked("az", "identity", "list", "-g", "rg-dev-identities")}
    principal = identities["id-dev-certmanager"]["principalId"]
    gone = lab.client("az", "role", "assignment", "delete", "--assignee", principal, "--scope", scope)
    assert gone.code == 0, gone.text
    ended = lab.inv("certmanager")
    assert ended.code == 0, ended.text
    assert changed(lab) == {"certmanager-role"}


def test_a_credential_of_another_subject_is_put_right(lab: TestLab) -> None:
    altered = lab.client(
        "az", "identity", "federated-credential", "update", "--name", "fic-workload-backend",
        "--identity-name", "id-dev-workload", "--resource-group", "rg-dev-identities",
        "--subject", "system:serviceaccount:workload:somebody",
    )  # fmt: skip
    assert altered.code == 0, altered.text
    plan = lab.inv("plan", "workload")
    assert plan.code == 3, plan.text
    subject = "subject: system:serviceaccount:workload:"
    assert f"      - {subject}somebody\n      + {subject}backend\n" in plan.out, plan.text
    ended = lab.inv("workload")
    assert ended.code == 0, ended.text
    assert changed(lab) == {"workload-credential"}


def test_an_edited_deployment_is_put_right(lab: TestLab) -> None:
    edited = lab.client("kubectl", "scale", "deployment", "frontend", "--replicas", "3", "-n", "workload")
    assert edited.code == 0, edited.text
    ended = lab.inv("workload")
    assert ended.code == 0, ended.text
    assert changed(lab) == {"workload"}
    assert lab.asked("kubectl", "get", "deployment", "frontend", "-n", "workload")["spec"]["replicas"] == 1


def test_an_object_missing_from_a_release_is_put_back(lab: TestLab) -> None:
    gone = lab.client("kubectl", "delete", "deployment", "external-dns", "-n", "external-dns")
    assert gone.code == 0, gone.text
    ended = lab.inv("externaldns")
    assert ended.code == 0, ended.text
    assert changed(lab) == {"externaldns"}


def test_destroy_refuses_what_it_did_not_make(lab: TestLab) -> None:
    update = ("az", "group", "update", "--name", "rg-dev-network", "--set")
    assert lab.client(*update, "tags.aks-lab=another").code == 0
    before = lab.writes()
    ended = lab.inv("destroy", "--yes")
    assert ended.code == 1 and "rg-dev-network" in ended.text, ended.text
    assert lab.writes() == before
    assert lab.client(*update, "tags.aks-lab=dev").code == 0


def test_destroy_asks_first(lab: TestLab) -> None:
    before = lab.writes()
    assert lab.inv("destroy").code == 2
    assert lab.writes() == before


def test_destroy_leaves_nothing_of_the_lab(lab: TestLab, before: dict[str, list[str]]) -> None:
    ended = lab.inv("destroy", "--yes")
    assert ended.code == 0, ended.text
    assert lab.inventory() == before
    assert not (lab.home / "environments/sandbox/kubeconfig").exists()
    again = lab.inv("destroy", "--yes")
    assert again.code == 0 and not changed(lab), again.text
