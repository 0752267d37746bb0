"""cert-manager and ExternalDNS reach DNS as the identities of their pods: refused first, then let in."""

import asyncio
import base64
import json

import pytest
from cryptography import x509
from live_cluster import GROUP
from served_cluster import Served

from sandbox.arm import resources, roles
from sandbox.arm.ids import ResourceId
from sandbox.kube import issuer
from sandbox.store import Document
from sandbox.world import SUBSCRIPTION_ID, TENANT_ID

pytestmark = pytest.mark.e2e

ZONE = f"{GROUP}/providers/Microsoft.Network/dnsZones/lab.contoso.dev"
ISSUER = """
apiVersion: cert-manager.io/v1
kind: ClusterIssuer
metadata: {{name: staging}}
spec:
  acme:
    server: https://acme-staging-v02.api.letsencrypt.org/directory
    email: {email}
    privateKeySecretRef: {{name: staging-account}}
    solvers:
      - dns01:
          azureDNS:
            hostedZoneName: lab.contoso.dev
            resourceGroupName: rg-lab
            subscriptionID: {subscription}
            managedIdentity: {{clientID: {client}}}
"""
INGRESS = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  annotations: {cert-manager.io/cluster-issuer: staging}
spec:
  tls: [{hosts: [web.lab.contoso.dev], secretName: web-tls}]
  rules:
    - host: web.lab.contoso.dev
      http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
"""


def put(served: Served, text: str, body: Document, api_version: str) -> Document:
    made = resources.put(served.live.world, None, ResourceId(text), body, api_version=api_version)
    return asyncio.run_coroutine_threadsafe(made, served._loop).result(20)[0]


def identity(served: Served, name: str) -> Document:
    text = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}"
    return put(served, text, {"location": "westeurope"}, "2023-01-31")


def trust(served: Served, of: Document, namespace: str, account: str) -> None:
    body = {
        "properties": {
            "issuer": issuer.url(served.live.world, served.live.cluster.uid),
            "subject": f"system:serviceaccount:{namespace}:{account}",
            "audiences": ["api://AzureADTokenExchange"],
        }
    }
    put(served, f"{of['id']}/federatedIdentityCredentials/fic-{account}", body, "2023-01-31")


def grant(served: Served, of: Document, role: str, scope: str) -> None:
    served.call(roles.grant, served.live.world, of["properties"]["principalId"], role, scope)


def record(served: Served, kind: str, name: str) -> Document | None:
    return served.call(resources.get, served.live.world, ResourceId(f"{ZONE}/{kind}/{name}"))


@pytest.fixture(scope="module")
def zone(served: Served) -> Served:
    put(served, ZONE, {"location": "global"}, "2018-05-01")
    served.install("traefik", "traefik")
    return served


def test_a_certificate_is_issued_once_its_identity_is_let_in(zone: Served) -> None:
    solver = identity(zone, "id-cert-manager")
    label = "podLabels.azure\\.workload\\.identity/use"
    zone.install("cert-manager", "cert-manager", "--set", "crds.enabled=true", "--set-string", f"{label}=true")
    client = solver["properties"]["clientId"]
    refused = ISSUER.format(email="bob@example.com", subscription=SUBSCRIPTION_ID, client=client)
    zone.kubectl("apply", "-f", "-", stdin=refused)
    said = "-o", "jsonpath={.status.conditions[0].message}"
    zone.kubectl("wait", "clusterissuer/staging", "--for=condition=Ready=False", "--timeout=10s")
    assert "urn:ietf:params:acme:error:invalidEmail" in zone.kubectl("get", "clusterissuer", "staging", *said).out

    zone.kubectl("apply", "-f", "-", stdin=refused.replace("bob@example.com", "bob@contoso.dev"))
    zone.kubectl("wait", "clusterissuer/staging", "--for=condition=Ready", "--timeout=10s")
    assert "was registered" in zone.kubectl("get", "clusterissuer", "staging", *said).out
    zone.kubectl("apply", "-f", "-", stdin=INGRESS)
    zone.kubectl("wait", "certificate/web-tls", "--for=create", "--timeout=10s")
    zone.kubectl("wait", "challenge", "--all", "--for=jsonpath={.status.reason}", "--timeout=10s")
    assert "AADSTS70025" in zone.kubectl("describe", "challenges").out

    trust(zone, solver, "cert-manager", "cert-manager")
    zone.kubectl("wait", "certificate/web-tls", "--for=condition=Issuing", "--timeout=10s")
    zone.kubectl("wait", "challenge", "--all", "--for=jsonpath={.status.reason}=<redacted Azure SDK error: azcore.ResponseError: see events and logs for details>", "--timeout=20s")  # fmt: skip  # noqa: E501
    assert "AuthorizationFailed" in zone.kubectl("logs", "-n", "cert-manager", "deploy/cert-manager").out

    grant(zone, solver, "DNS Zone Contributor", ZONE)
    zone.kubectl("wait", "certificate/web-tls", "--for=condition=Ready", "--timeout=20s")
    secret = zone.kubectl("get", "secret", "web-tls", "-o", "json").json
    certificate = x509.load_pem_x509_certificate(base64.b64decode(secret["data"]["tls.crt"]))
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["web.lab.contoso.dev"]
    zone.kubectl("wait", "challenge", "--all", "--for=delete", "--timeout=20s")
    assert record(zone, "TXT", "_acme-challenge.web") is None


def test_a_record_follows_its_ingress(zone: Served) -> None:
    writer = identity(zone, "id-external-dns")
    grant(zone, writer, "DNS Zone Contributor", ZONE)
    grant(zone, writer, "Reader", GROUP)
    trust(zone, writer, "external-dns", "external-dns")
    azure = {
        "tenantId": TENANT_ID, "subscriptionId": SUBSCRIPTION_ID, "resourceGroup": "rg-lab",
        "useWorkloadIdentityExtension": True,
    }  # fmt: skip
    values = {
        "provider": {"name": "azure"}, "policy": "sync", "txtOwnerId": "lab", "domainFilters": ["lab.contoso.dev"],
        "podLabels": {"azure.workload.identity/use": "true"},
        "serviceAccount": {"annotations": {"azure.workload.identity/client-id": writer["properties"]["clientId"]}},
        "secretConfiguration": {
            "enabled": True, "mountPath": "/etc/kubernetes/", "data": {"azure.json": json.dumps(azure)},
        },
    }  # fmt: skip
    zone.run(
        "helm", "upgrade", "--install", "external-dns", "sandbox/charts/external-dns", "--namespace", "external-dns",
        "--create-namespace", "--wait", "--values", "-", stdin=json.dumps(values),
    )  # fmt: skip
    zone.kubectl("apply", "-f", "-", stdin=INGRESS)
    zone.kubectl("wait", "ingress/web", "--for=jsonpath={.status.loadBalancer.ingress}", "--timeout=20s")
    assert soon(lambda: record(zone, "TXT", "a-web"))
    address = zone.kubectl("get", "ingress", "web", "-o", "jsonpath={.status.loadBalancer.ingress[0].ip}").out
    made = record(zone, "A", "web")
    assert made is not None and made["properties"]["ARecords"] == [{"ipv4Address": address}]
    text = record(zone, "TXT", "a-web")
    assert text is not None
    heritage = "heritage=external-dns,external-dns/owner=lab,external-dns/resource=ingress/default/web"
    assert heritage in text["properties"]["TXTRecords"][0]["value"][0]
    assert "Updating A record named 'web'" in zone.kubectl("logs", "-n", "external-dns", "deploy/external-dns").out

    zone.kubectl("delete", "ingress", "web")
    assert soon(lambda: record(zone, "A", "web") is None and record(zone, "TXT", "a-web") is None)


def soon(holds, timeout_s: float = 15.0) -> bool:
    import time

    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(0.1)
    return False
