"""The settings that do as the guide did: ingress-nginx, the kubelet identity for ExternalDNS, local accounts."""

from pathlib import Path

import pytest
from labs import PROJECT, TestLab

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

GUIDE = """
cluster:
  entra: false
  node_count: 1
ingress:
  controller: ingress-nginx
externaldns:
  identity: kubelet
certmanager:
  issuer: production
workload:
  host: hello
tags: {owner: reader}
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    sandbox = (PROJECT / "config/sandbox.yaml").read_text()
    before, _, after = sandbox.partition("cluster:\n")
    _, _, charts = after.partition("charts:")
    path = tmp_path_factory.mktemp("settings") / "guide.yaml"
    path.write_text(before.replace("name: dev", "name: guide") + GUIDE + "charts:" + charts)
    return path


def test_it_comes_up(lab: TestLab, file: Path, before: dict[str, list[str]]) -> None:
    ended = lab.inv("-f", str(file), "lab")
    assert ended.code == 0, ended.text
    assert "https://hello.contoso.localhost" in ended.out


def test_again_nothing_changes(lab: TestLab, file: Path) -> None:
    before = lab.writes()
    ended = lab.inv("-f", str(file), "lab")
    assert ended.code == 0, ended.text
    assert {event["verdict"] for event in lab.journal("guide") if event["event"] == "step.ended"} == {"held"}
    assert lab.writes() == before


def test_the_kubelet_identity_edits_the_zone(lab: TestLab, file: Path) -> None:
    cluster = lab.asked("az", "aks", "show", "--name", "aks-guide", "--resource-group", "rg-guide-aks")
    kubelet = cluster["identityProfile"]["kubeletidentity"]["objectId"]
    (zone,) = lab.asked("az", "network", "dns", "zone", "list")
    held = lab.asked("az", "role", "assignment", "list", "--scope", zone["id"], "--fill-principal-name", "false")
    assert (kubelet, "DNS Zone Contributor") in {(one["principalId"], one["roleDefinitionName"]) for one in held}


def test_nginx_serves_and_the_name_is_published(lab: TestLab, file: Path) -> None:
    kubectl = ("kubectl", "--kubeconfig", str(lab.home / "environments/guide/kubeconfig"))
    ingress = lab.asked(*kubectl, "get", "ingress", "frontend", "--namespace", "workload")
    assert ingress["spec"]["ingressClassName"] == "nginx"
    assert ingress["status"]["loadBalancer"]["ingress"]
    records = lab.asked(
        "az", "network", "dns", "record-set", "a", "list", "-g", "rg-core-dns", "-z", "contoso.localhost"
    )
    assert [record["name"] for record in records] == ["hello"]


def test_destroy_leaves_nothing(lab: TestLab, file: Path, before: dict[str, list[str]]) -> None:
    ended = lab.inv("-f", str(file), "destroy", "--yes")
    assert ended.code == 0, ended.text
    assert lab.inventory() == before
