"""What AKS installs: the API server's and the DNS service, storage classes, and the add-ons in kube-system."""

from collections.abc import Iterator
from typing import Any

from sandbox.store import Document

_SYSTEM = "kube-system"
_REGISTRY = "mcr.microsoft.com/oss"
#: Storage classes of AKS: name -> (provisioner, sku, binding mode).
_CLASSES = {
    "azurefile": ("file.csi.azure.com", "Standard_LRS", "Immediate"),
    "azurefile-csi": ("file.csi.azure.com", "Standard_LRS", "Immediate"),
    "azurefile-csi-premium": ("file.csi.azure.com", "Premium_LRS", "Immediate"),
    "azurefile-premium": ("file.csi.azure.com", "Premium_LRS", "Immediate"),
    "default": ("disk.csi.azure.com", "StandardSSD_LRS", "WaitForFirstConsumer"),
    "managed": ("disk.csi.azure.com", "StandardSSD_LRS", "WaitForFirstConsumer"),
    "managed-csi": ("disk.csi.azure.com", "StandardSSD_LRS", "WaitForFirstConsumer"),
    "managed-csi-premium": ("disk.csi.azure.com", "Premium_LRS", "WaitForFirstConsumer"),
    "managed-premium": ("disk.csi.azure.com", "Premium_LRS", "WaitForFirstConsumer"),
}


#: The API server, as pods reach it.
API_SERVICE: Document = {
    "metadata": {
        "name": "kubernetes", "namespace": "default", "labels": {"component": "apiserver", "provider": "kubernetes"},
    },
    "spec": {"clusterIP": "10.0.0.1", "ports": [{"name": "https", "port": 443, "targetPort": 443}]},
}  # fmt: skip


def objects() -> Iterator[tuple[str, Document]]:
    """(resource, object) of what every cluster has."""
    for name, (provisioner, sku, binding) in _CLASSES.items():
        yield "storage.k8s.io/storageclasses", _storage_class(name, provisioner, sku, binding)
    for name, value in (("system-node-critical", 2000001000), ("system-cluster-critical", 2000000000)):
        yield "scheduling.k8s.io/priorityclasses", {"metadata": {"name": name}, "value": value}
    yield "services", API_SERVICE
    yield "services", {
        "metadata": {
            "name": "kube-dns", "namespace": _SYSTEM,
            "labels": {"k8s-app": "kube-dns", "kubernetes.io/name": "CoreDNS"},
        },
        "spec": {
            "clusterIP": "10.0.0.10", "selector": {"k8s-app": "kube-dns"},
            "ports": [
                {"name": "dns", "port": 53, "protocol": "UDP"}, {"name": "dns-tcp", "port": 53, "protocol": "TCP"},
            ],
        },
    }  # fmt: skip
    for name in ("coredns", "metrics-server", "konnectivity-agent"):
        yield "serviceaccounts", {"metadata": {"name": name, "namespace": _SYSTEM}}
    yield _deployment("coredns", {"k8s-app": "kube-dns"}, f"{_REGISTRY}/v2/kubernetes/coredns:v1.12.1-2", 2)
    yield _deployment(
        "metrics-server", {"k8s-app": "metrics-server"}, f"{_REGISTRY}/v2/kubernetes/metrics-server:v0.7.2-8", 2
    )
    agent = f"{_REGISTRY}/v2/kubernetes/apiserver-network-proxy/agent:v0.30.3-hotfix.20240819"
    yield _deployment("konnectivity-agent", {"app": "konnectivity-agent"}, agent, 2)


def workload_identity() -> Iterator[tuple[str, Document]]:
    """(resource, object) of the workload identity add-on: the webhook that gives pods their Azure identity."""
    name = "azure-wi-webhook"
    labels = {"azure-workload-identity.io/system": "true", "kubernetes.azure.com/managedby": "aks"}
    yield "serviceaccounts", {"metadata": {"name": f"{name}-admin", "namespace": _SYSTEM, "labels": labels}}
    image = f"{_REGISTRY}/v2/azure/workload-identity/webhook:v1.5.1"
    yield _deployment(f"{name}-controller-manager", labels, image, 2, serviceAccountName=f"{name}-admin")
    service = {"name": f"{name}-webhook-service", "namespace": _SYSTEM}
    yield (
        "services",
        {
            "metadata": {**service, "labels": labels},
            "spec": {"selector": labels, "ports": [{"port": 443, "targetPort": 9443}]},
        },
    )
    yield (
        "admissionregistration.k8s.io/mutatingwebhookconfigurations",
        {
            "kind": "MutatingWebhookConfiguration",
            "metadata": {"name": f"{name}-mutating-webhook-configuration", "labels": labels},
            "webhooks": [
                {
                    "name": "mutation.azure-workload-identity.io",
                    "admissionReviewVersions": ["v1", "v1beta1"],
                    "clientConfig": {"service": {**service, "path": "/mutate-v1-pod"}},
                    "failurePolicy": "Fail",
                    "matchPolicy": "Equivalent",
                    "objectSelector": {"matchLabels": {"azure.workload.identity/use": "true"}},
                    "reinvocationPolicy": "IfNeeded",
                    "rules": [
                        {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
                    ],
                    "sideEffects": "None",
                }
            ],
        },
    )


def _storage_class(name: str, provisioner: str, sku: str, binding: str) -> Document:
    annotations = {"storageclass.kubernetes.io/is-default-class": "true"} if name == "default" else {}
    metadata: dict[str, Any] = {"name": name, "labels": {"kubernetes.io/cluster-service": "true"}}
    if annotations:
        metadata["annotations"] = annotations
    return {
        "metadata": metadata, "provisioner": provisioner, "parameters": {"skuName": sku},
        "volumeBindingMode": binding, "allowVolumeExpansion": True,
    }  # fmt: skip


def _deployment(name: str, labels: dict[str, str], image: str, replicas: int, **spec: Any) -> tuple[str, Document]:
    container = {"name": name, "image": image, "resources": {"requests": {"cpu": "100m", "memory": "70Mi"}}}
    pod = {
        "serviceAccountName": name,
        "priorityClassName": "system-cluster-critical",
        "containers": [container],
        **spec,
    }
    return "apps/deployments", {
        "metadata": {"name": name, "namespace": _SYSTEM, "labels": {"kubernetes.io/cluster-service": "true", **labels}},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }
