"""The stand-in charts, installed by the real helm and looked at with the real kubectl."""

import pytest
from served_cluster import Served

pytestmark = pytest.mark.e2e


def test_traefik_gets_an_address_and_the_default_class(served: Served) -> None:
    served.install("traefik", "traefik")
    service = served.kubectl("get", "service", "traefik", "-n", "traefik", "-o", "json").json
    address = service["status"]["loadBalancer"]["ingress"][0]["ip"]
    assert address.startswith("203.0.113.")
    shown = served.kubectl("get", "ingressclass", "traefik").out
    assert "traefik.io/ingress-controller" in shown
    served.kubectl("create", "ingress", "web", "--rule", "web.example.org/*=web:80")
    served.kubectl(
        "wait", "ingress/web", f"--for=jsonpath={{.status.loadBalancer.ingress[0].ip}}={address}", "--timeout=20s"
    )
    assert served.kubectl("get", "ingress", "web", "-o", "jsonpath={.spec.ingressClassName}").out == "traefik"


def test_cert_manager_answers_once_it_is_there(served: Served) -> None:
    served.install("cert-manager", "cert-manager", "--set", "crds.enabled=true")
    deployments = served.kubectl("get", "deployments", "-n", "cert-manager", "-o", "name").out.split()
    assert [one.rpartition("/")[2] for one in deployments] == [
        "cert-manager",
        "cert-manager-cainjector",
        "cert-manager-webhook",
    ]
    assert "clusterissuers" in served.kubectl("api-resources", "--api-group=cert-manager.io").out


def test_external_dns_runs(served: Served) -> None:
    served.install(
        "external-dns", "external-dns", "--set", "provider.name=azure", "--set", "secretConfiguration.enabled=true",
        "--set", "secretConfiguration.mountPath=/etc/kubernetes",
        "--set-json", 'secretConfiguration.data={"azure.json":"{}"}',
    )  # fmt: skip
    assert "1/1" in served.kubectl("get", "deployment", "external-dns", "-n", "external-dns").out


def test_ingress_nginx_has_its_webhook_certificate(served: Served) -> None:
    served.install("ingress-nginx", "ingress-nginx")
    secret = served.kubectl("get", "secret", "ingress-nginx-admission", "-n", "ingress-nginx", "-o", "json").json
    webhook = served.kubectl("get", "validatingwebhookconfiguration", "ingress-nginx-admission", "-o", "json").json
    assert webhook["webhooks"][0]["clientConfig"]["caBundle"] == secret["data"]["ca"]
    assert "deployed" in served.run("helm", "list", "-A").out


def test_an_unknown_value_is_refused(served: Served) -> None:
    refused = served.install("cert-manager", "cert-manager", "--set", "crds.enable=true", ok=False)
    assert refused.code == 1
    assert "additional properties 'enable' not allowed" in refused.err
