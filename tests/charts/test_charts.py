"""The stand-in charts hold what they promise: versions, schemas, names. The real helm renders them, with no cluster."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

PROJECT = Path(__file__).parents[2]
CHARTS = PROJECT / "sandbox" / "charts"
TOOLS = Path(os.environ.get("AKS_LAB_HOME") or PROJECT / ".lab") / "tools"

pytestmark = pytest.mark.e2e


def helm(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("helm", path=os.pathsep.join([str(TOOLS), os.environ["PATH"]]))
    assert program, "helm is not at hand: run `inv tools`"
    return subprocess.run([program, *arguments], text=True, capture_output=True, timeout=60)


def rendered(chart: str, *arguments: str) -> dict[tuple[str, str], dict]:
    """The objects that a chart makes, by kind and name."""
    ended = helm("template", chart, str(CHARTS / chart), "--namespace", chart, *arguments)
    assert ended.returncode == 0, ended.stderr
    documents = [one for one in yaml.safe_load_all(ended.stdout) if one]
    return {(one["kind"], one["metadata"]["name"]): one for one in documents}


@pytest.mark.parametrize("chart", ["traefik", "cert-manager", "external-dns", "ingress-nginx"])
def test_helm_finds_nothing_wrong(chart: str) -> None:
    ended = helm("lint", str(CHARTS / chart))
    assert ended.returncode == 0, ended.stdout
    assert "[ERROR]" not in ended.stdout
    assert rendered(chart)


@pytest.mark.parametrize(
    ("chart", "value", "refusal"),
    [
        ("cert-manager", "webhook.replicas=2", "additional properties 'replicas' not allowed"),
        ("traefik", "ports.web.redirectTo=websecure", "additional properties 'redirectTo' not allowed"),
        ("traefik", "providers.kubernetesIngres.enabled=true", "additional properties 'kubernetesIngres' not allowed"),
        ("external-dns", "policy=everything", "value must be one of 'create-only', 'sync', 'upsert-only'"),
    ],
)
def test_a_value_that_the_real_chart_refuses_is_refused(chart: str, value: str, refusal: str) -> None:
    ended = helm("template", chart, str(CHARTS / chart), "--set", value)
    assert ended.returncode != 0
    assert refusal in ended.stderr


def test_traefik_publishes_the_address_of_its_service() -> None:
    objects = rendered("traefik", "--set", "ingressClass.isDefaultClass=false", "--set", "service.annotations.a=b")
    arguments = objects["Deployment", "traefik"]["spec"]["template"]["spec"]["containers"][0]["args"]
    assert "--providers.kubernetesingress.ingressendpoint.publishedservice=traefik/traefik" in arguments
    annotations = objects["IngressClass", "traefik"]["metadata"]["annotations"]
    assert annotations == {"ingressclass.kubernetes.io/is-default-class": "false"}
    assert objects["Service", "traefik"]["metadata"]["annotations"] == {"a": "b"}


def test_traefik_redirects_where_asked_to() -> None:
    objects = rendered("traefik", "--set", "ports.web.http.redirections.entryPoint.to=websecure")
    arguments = objects["Deployment", "traefik"]["spec"]["template"]["spec"]["containers"][0]["args"]
    assert "--entryPoints.web.http.redirections.entryPoint.to=websecure" in arguments


def test_cert_manager_brings_its_definitions_when_asked_to() -> None:
    def definitions(*arguments: str) -> list[str]:
        found = rendered("cert-manager", *arguments)
        return sorted(name for kind, name in found if kind == "CustomResourceDefinition")

    assert definitions() == []
    assert definitions("--set", "crds.enabled=true") == [
        "certificaterequests.cert-manager.io",
        "certificates.cert-manager.io",
        "challenges.acme.cert-manager.io",
        "clusterissuers.cert-manager.io",
        "issuers.cert-manager.io",
        "orders.acme.cert-manager.io",
    ]


def test_labels_for_workload_identity_reach_the_pods_and_accounts() -> None:
    labels = ["--set-string", "podLabels.azure\\.workload\\.identity/use=true"]
    labels += ["--set", "serviceAccount.annotations.azure\\.workload\\.identity/client-id=abc"]
    for chart in ("cert-manager", "external-dns"):
        objects = rendered(chart, *labels)
        template = objects["Deployment", chart]["spec"]["template"]
        assert template["metadata"]["labels"]["azure.workload.identity/use"] == "true"
        account = objects["ServiceAccount", chart]["metadata"]
        assert account["annotations"] == {"azure.workload.identity/client-id": "abc"}


def test_external_dns_is_told_what_the_values_say() -> None:
    values = {
        "provider.name": "azure", "policy": "sync", "txtOwnerId": "lab", "domainFilters[0]": "a.dev",
        "sources[0]": "ingress", "secretConfiguration.enabled": "true",
        "secretConfiguration.mountPath": "/etc/kubernetes",
        "extraArgs.azure-resource-group": "rg-dns",
    }  # fmt: skip
    arguments = [part for name, value in values.items() for part in ("--set", f"{name}={value}")]
    objects = rendered(
        "external-dns", *arguments, "--set-json", f"secretConfiguration.data={json.dumps({'azure.json': '{}'})}"
    )
    container = objects["Deployment", "external-dns"]["spec"]["template"]["spec"]["containers"][0]
    assert {
        "--provider=azure", "--policy=sync", "--txt-owner-id=lab", "--domain-filter=a.dev", "--source=ingress",
        "--azure-resource-group=rg-dns",
    } <= set(container["args"])  # fmt: skip
    assert container["volumeMounts"] == [{"name": "secrets", "mountPath": "/etc/kubernetes"}]
    assert objects["Secret", "external-dns"]["data"] == {"azure.json": "e30="}


def test_ingress_nginx_makes_its_webhook_certificate_first() -> None:
    objects = rendered("ingress-nginx", "--set", "controller.ingressClassResource.default=true")
    assert (
        objects["Job", "ingress-nginx-admission-create"]["metadata"]["annotations"]["helm.sh/hook"]
        == "pre-install,pre-upgrade"
    )
    annotations = objects["IngressClass", "nginx"]["metadata"]["annotations"]
    assert annotations == {"ingressclass.kubernetes.io/is-default-class": "true"}
