"""Programs that do one thing and end: what the thing is, for those that the charts' hooks run."""

import base64
import datetime

import trustme

from sandbox.controllers import programs
from sandbox.controllers.controller import Cluster
from sandbox.store import Document


def finish(cluster: Cluster, pod: Document, container: Document) -> int | None:
    """Let a container do its work. Its exit code, or None while it has to wait for something."""
    image = container["image"].partition("@")[0]
    if "cert-manager-startupapicheck" in image:
        return _api_check(cluster, pod)
    if "kube-webhook-certgen" in image:
        return _certgen(cluster, pod, container)
    return programs.exit_code(container)


def _api_check(cluster: Cluster, pod: Document) -> int | None:
    """cert-manager's check of its own API ends well when the webhook has an endpoint."""
    namespace = pod["metadata"]["namespace"]
    name = pod["metadata"]["labels"].get("app.kubernetes.io/instance", "cert-manager")
    for service in (f"{name}-webhook", f"{name}-cert-manager-webhook"):
        endpoints = cluster.objects.find("endpoints", namespace, service)
        if endpoints and any(subset.get("addresses") for subset in endpoints.get("subsets") or []):
            return 0
    return None


def _certgen(cluster: Cluster, pod: Document, container: Document) -> int:
    """ingress-nginx's helper: ``create`` makes the webhook's certificate, ``patch`` tells the webhook whom to trust."""
    command, *flags = container.get("args") or [""]
    options = dict(flag.removeprefix("--").partition("=")[::2] for flag in flags)
    namespace, name = pod["metadata"]["namespace"], options.get("secret-name", "")
    existing = cluster.objects.find("secrets", namespace, name)
    if command == "create":
        if existing is None:
            hosts = [host.replace("$(POD_NAMESPACE)", namespace) for host in options.get("host", "").split(",")]
            cluster.objects.create("secrets", _certificate(namespace, name, hosts))
        return 0
    webhooks = "admissionregistration.k8s.io/validatingwebhookconfigurations"
    if existing is None or cluster.objects.find(webhooks, "", options.get("webhook-name", "")) is None:
        return 1

    def trust(configuration: Document) -> None:
        for webhook in configuration["webhooks"]:
            webhook["clientConfig"]["caBundle"] = existing["data"]["ca"]

    cluster.objects.edit(webhooks, "", options["webhook-name"], trust)
    return 0


def _certificate(namespace: str, name: str, hosts: list[str]) -> Document:
    authority = trustme.CA(organization_name="nil1")
    expiry = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=36500)
    issued = authority.issue_cert(*hosts, not_after=expiry)
    data = {
        "ca": authority.cert_pem.bytes(),
        "cert": b"".join(blob.bytes() for blob in issued.cert_chain_pems),
        "key": issued.private_key_pem.bytes(),
    }
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        "type": "Opaque",
        "data": {key: base64.b64encode(value).decode() for key, value in data.items()},
    }
