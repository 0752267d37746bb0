"""The real az and kubectl against a sandbox of its own: clusters, pools, registries, images, as a user types it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from client_shell import Shell

pytestmark = pytest.mark.e2e

Az = Callable[..., Any]


@pytest.fixture(scope="module")
def group(az: Az) -> str:
    az("group create -n rg-aks -l westeurope")
    return "rg-aks"


@pytest.fixture(scope="module")
def cluster(az: Az, group: str) -> str:
    """``-g … -n …`` of a cluster made by ``az aks create``."""
    az(f"aks create -g {group} -n c1 -c 2 --enable-oidc-issuer --enable-workload-identity")
    return f"-g {group} -n c1"


@pytest.fixture(scope="module")
def registry(az: Az, group: str) -> str:
    az(f"acr create -g {group} -n acrtypes --sku Basic")
    return "acrtypes"


def test_a_cluster_is_shown_and_changed(az: Az, cluster: str) -> None:
    shown = az(f"aks show {cluster}")
    assert shown["oidcIssuerProfile"]["issuerUrl"].endswith("/")
    assert shown["securityProfile"]["workloadIdentity"] == {"enabled": True}
    assert [one["name"] for one in az("aks list")] == ["c1"]
    assert "1.35.6" in az("aks get-versions -l westeurope -o table")
    az(f"aks scale {cluster} -c 3")
    assert az(f"aks show {cluster}")["agentPoolProfiles"][0]["count"] == 3
    assert "already exists" in az(f"aks create {cluster}", code=1)


def test_pools(az: Az, cluster: str, group: str) -> None:
    of = f"-g {group} --cluster-name c1"
    az(f"aks nodepool add {of} -n extra -c 1")
    assert {one["name"] for one in az(f"aks nodepool list {of}")} == {"nodepool1", "extra"}
    az(f"aks nodepool delete {of} -n extra")
    assert "at least one system node pool" in az(f"aks nodepool delete {of} -n nodepool1", code=1)


def test_kubectl_reaches_the_cluster(az: Az, cluster: str, shell: Shell, tmp_path: Path) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    az(f"aks get-credentials {cluster} --file {kubeconfig}")
    az(f"aks get-credentials {cluster} --file {kubeconfig} --admin")
    for context in ("c1", "c1-admin"):
        nodes = shell.run("kubectl", f"--kubeconfig={kubeconfig}", f"--context={context}", "get", "nodes", "-o", "name")
        assert nodes.startswith("node/aks-nodepool1-")


def test_refusals_have_azures_words(az: Az, group: str) -> None:
    assert "(K8sVersionNotSupported)" in az(f"aks create -g {group} -n c2 -k 1.25.4", code=1)
    assert "(BadRequest) The VM size of Standard_X1" in az(f"aks create -g {group} -n c2 -s Standard_X1", code=1)
    az(f"aks show -g {group} -n c2", code=3)
    assert az("acr check-name -n no-hyphens")["reason"] == "Invalid"


def test_attaching_a_registry_assigns_the_role(az: Az, cluster: str, registry: str) -> None:
    az(f"aks update {cluster} --attach-acr {registry}")
    scope = az(f"acr show -n {registry}")["id"]
    assigned = az(f"role assignment list --scope {scope} --fill-principal-name false")
    kubelet = az(f"aks show {cluster}")["identityProfile"]["kubeletidentity"]["objectId"]
    assert [one["principalId"] for one in assigned] == [kubelet]


def test_images_are_built_listed_and_deleted(az: Az, shell: Shell, registry: str, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text('FROM python:3.12-slim\nCOPY app.py /\nCMD ["python", "/app.py"]\n')
    (tmp_path / "app.py").write_text("print('hello')\n")
    log = shell.run("az", "acr", "build", "-r", registry, "-t", "team/app:v1", str(tmp_path))
    assert "Step 2/3 : COPY app.py /" in log
    assert "Run ID: ca1 was successful after" in log
    run = az(f"acr build -r {registry} -t team/app:v2 {tmp_path} --no-logs")
    assert run["status"] == "Succeeded"
    digest = run["outputImages"][0]["digest"]
    assert az(f"acr repository list -n {registry}") == ["team/app"]
    assert az(f"acr repository show-tags -n {registry} --repository team/app") == ["v1", "v2"]
    listed = az(f"acr manifest list-metadata -r {registry} -n team/app")
    assert [(one["digest"], one["tags"]) for one in listed] == [(digest, ["v1", "v2"])]
    assert az(f"acr login -n {registry} --expose-token")["loginServer"].startswith("localhost:")
    az(f"acr repository delete -n {registry} --image team/app:v1 --yes")
    assert az(f"acr repository list -n {registry}") in ([], None)
    (tmp_path / "app.py").unlink()
    assert "stat app.py: file does not exist" in az(f"acr build -r {registry} -t team/app:v3 {tmp_path}", code=1)


def test_deleting_leaves_nothing(az: Az, cluster: str, registry: str) -> None:
    az(f"aks delete {cluster} --yes")
    az(f"acr delete -n {registry} --yes")
    assert [one["name"] for one in az("group list") if one["name"].startswith("MC_")] == []
    assert [one for one in az("resource list") if one["name"] in ("c1", "acrtypes")] == []
