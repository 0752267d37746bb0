"""What the API server fills in: the values that clients rely on being there. All change the document in place."""

import base64
from collections.abc import Callable

from sandbox.kube.admission import pods
from sandbox.kube.objects import Objects
from sandbox.store import Document


def fill(resource: str, document: Document) -> None:
    """The defaults of a built-in object. Controllers may use it for what they create."""
    template = (document.get("spec") or {}).get("template")
    if isinstance(template, dict) and isinstance(template.get("spec"), dict) and resource != "podtemplates":
        pods.fill(template["spec"])
    if resource in _FILLERS:
        _FILLERS[resource](document)


def _set(target: Document, **values: object) -> None:
    for name, value in values.items():
        target.setdefault(name, value)


def _deployment(document: Document) -> None:
    spec = document.setdefault("spec", {})
    _set(spec, replicas=1, revisionHistoryLimit=10, progressDeadlineSeconds=600)
    strategy = spec.setdefault("strategy", {})
    if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
        _set(strategy.setdefault("rollingUpdate", {}), maxSurge="25%", maxUnavailable="25%")
    document.setdefault("status", {})


def _replica_set(document: Document) -> None:
    _set(document.setdefault("spec", {}), replicas=1)
    document.setdefault("status", {}).setdefault("replicas", 0)


def _stateful_set(document: Document) -> None:
    spec = document.setdefault("spec", {})
    _set(spec, replicas=1, revisionHistoryLimit=10, podManagementPolicy="OrderedReady")
    if spec.setdefault("updateStrategy", {}).setdefault("type", "RollingUpdate") == "RollingUpdate":
        _set(spec["updateStrategy"].setdefault("rollingUpdate", {}), partition=0)
    _set(spec.setdefault("persistentVolumeClaimRetentionPolicy", {}), whenDeleted="Retain", whenScaled="Retain")
    for claim in spec.get("volumeClaimTemplates", []):
        _set(claim, apiVersion="v1", kind="PersistentVolumeClaim", status={"phase": "Pending"})
        _set(claim.setdefault("spec", {}), volumeMode="Filesystem")
    _set(document.setdefault("status", {}), replicas=0, availableReplicas=0)


def _daemon_set(document: Document) -> None:
    spec = document.setdefault("spec", {})
    _set(spec, revisionHistoryLimit=10)
    if spec.setdefault("updateStrategy", {}).setdefault("type", "RollingUpdate") == "RollingUpdate":
        _set(spec["updateStrategy"].setdefault("rollingUpdate", {}), maxSurge=0, maxUnavailable=1)
    counts = ("currentNumberScheduled", "desiredNumberScheduled", "numberMisscheduled", "numberReady")
    _set(document.setdefault("status", {}), **dict.fromkeys(counts, 0))


def _job_spec(spec: Document) -> None:
    if "completions" not in spec and "parallelism" not in spec:
        spec["completions"] = 1
    _set(
        spec, parallelism=1, backoffLimit=6, completionMode="NonIndexed", suspend=False,
        podReplacementPolicy="TerminatingOrFailed", manualSelector=False,
    )  # fmt: skip


def _job(document: Document) -> None:
    spec = document.setdefault("spec", {})
    _job_spec(spec)
    if not spec["manualSelector"] and "selector" not in spec:
        uid, name = document["metadata"].get("uid", ""), document["metadata"].get("name", "")
        marks = {
            "batch.kubernetes.io/controller-uid": uid, "batch.kubernetes.io/job-name": name,
            "controller-uid": uid, "job-name": name,
        }  # fmt: skip
        spec["selector"] = {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}
        metadata = spec.setdefault("template", {}).setdefault("metadata", {})
        metadata["labels"] = (metadata.get("labels") or {}) | marks
    document.setdefault("status", {})


def _cron_job(document: Document) -> None:
    spec = document.setdefault("spec", {})
    _set(spec, concurrencyPolicy="Allow", suspend=False, successfulJobsHistoryLimit=3, failedJobsHistoryLimit=1)
    template = spec.get("jobTemplate", {}).get("spec", {}).get("template")
    if isinstance(template, dict) and isinstance(template.get("spec"), dict):
        pods.fill(template["spec"])
    document.setdefault("status", {})


def _pod(document: Document) -> None:
    if isinstance(document.get("spec"), dict):
        pods.fill(document["spec"])
        pods.fill_pod(document)


def _namespace(document: Document) -> None:
    metadata = document["metadata"]
    metadata["labels"] = (metadata.get("labels") or {}) | {"kubernetes.io/metadata.name": metadata["name"]}
    if "deletionTimestamp" not in metadata:
        document.setdefault("spec", {}).setdefault("finalizers", ["kubernetes"])
    document.setdefault("status", {}).setdefault("phase", "Active")


def _secret(document: Document) -> None:
    document.setdefault("type", "Opaque")
    plain = document.pop("stringData", None) or {}
    if plain:
        encoded = {name: base64.b64encode(text.encode()).decode() for name, text in plain.items()}
        document["data"] = (document.get("data") or {}) | encoded


def _claim(document: Document) -> None:
    _set(document.setdefault("spec", {}), volumeMode="Filesystem")
    document.setdefault("status", {}).setdefault("phase", "Pending")


def _volume(document: Document) -> None:
    _set(document.setdefault("spec", {}), volumeMode="Filesystem", persistentVolumeReclaimPolicy="Retain")
    document.setdefault("status", {}).setdefault("phase", "Pending")


def _storage_class(document: Document) -> None:
    _set(document, reclaimPolicy="Delete", volumeBindingMode="Immediate")


def _ingress(document: Document) -> None:
    document.setdefault("status", {}).setdefault("loadBalancer", {})


def _network_policy(document: Document) -> None:
    spec = document.setdefault("spec", {})
    spec.setdefault("podSelector", {})
    spec.setdefault("policyTypes", ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"])
    for rule in [*(spec.get("ingress") or []), *(spec.get("egress") or [])]:
        for port in rule.get("ports", []):
            port.setdefault("protocol", "TCP")


def _scaler(document: Document) -> None:
    spec = document.setdefault("spec", {})
    _set(spec, minReplicas=1)
    if not spec.get("metrics"):
        target = {"type": "Utilization", "averageUtilization": 80}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
    _set(document.setdefault("status", {}), desiredReplicas=0)


def _budget(document: Document) -> None:
    spec = document.setdefault("spec", {})
    if "maxUnavailable" not in spec:
        _set(spec, minAvailable=1)
    counts = ("currentHealthy", "desiredHealthy", "disruptionsAllowed", "expectedPods")
    _set(document.setdefault("status", {}), **dict.fromkeys(counts, 0))


def _binding(document: Document) -> None:
    document.setdefault("roleRef", {}).setdefault("apiGroup", "rbac.authorization.k8s.io")
    for subject in document.get("subjects") or []:
        if subject.get("kind") in ("User", "Group"):
            subject.setdefault("apiGroup", "rbac.authorization.k8s.io")


def _webhooks(document: Document) -> None:
    for webhook in document.get("webhooks") or []:
        _set(
            webhook, failurePolicy="Fail", matchPolicy="Equivalent", namespaceSelector={}, objectSelector={},
            timeoutSeconds=10,
        )  # fmt: skip
        if document["kind"] == "MutatingWebhookConfiguration":
            webhook.setdefault("reinvocationPolicy", "Never")
        if service := (webhook.get("clientConfig") or {}).get("service"):
            service.setdefault("port", 443)
        for rule in webhook.get("rules") or []:
            rule.setdefault("scope", "*")


def _endpoint_slice(document: Document) -> None:
    for port in document.get("ports") or []:
        _set(port, name="", protocol="TCP")


def _priority_class(document: Document) -> None:
    document.setdefault("preemptionPolicy", "PreemptLowerPriority")


def _controller(document: Document) -> None:
    _replica_set(document)
    labels = document["spec"].get("template", {}).get("metadata", {}).get("labels")
    if labels:
        _set(document["spec"], selector=labels)


_FILLERS: dict[str, Callable[[Document], None]] = {
    "apps/deployments": _deployment,
    "apps/replicasets": _replica_set,
    "apps/statefulsets": _stateful_set,
    "apps/daemonsets": _daemon_set,
    "batch/jobs": _job,
    "batch/cronjobs": _cron_job,
    "pods": _pod,
    "namespaces": _namespace,
    "secrets": _secret,
    "persistentvolumeclaims": _claim,
    "persistentvolumes": _volume,
    "replicationcontrollers": _controller,
    "storage.k8s.io/storageclasses": _storage_class,
    "networking.k8s.io/ingresses": _ingress,
    "networking.k8s.io/networkpolicies": _network_policy,
    "autoscaling/horizontalpodautoscalers": _scaler,
    "policy/poddisruptionbudgets": _budget,
    "rbac.authorization.k8s.io/rolebindings": _binding,
    "rbac.authorization.k8s.io/clusterrolebindings": _binding,
    "admissionregistration.k8s.io/mutatingwebhookconfigurations": _webhooks,
    "admissionregistration.k8s.io/validatingwebhookconfigurations": _webhooks,
    "discovery.k8s.io/endpointslices": _endpoint_slice,
    "scheduling.k8s.io/priorityclasses": _priority_class,
}

DEFAULT_STORAGE_CLASS = "storageclass.kubernetes.io/is-default-class"


def default_storage_class(objects: Objects, claim: Document) -> None:
    """A new claim without a storage class gets the default one, where there is one."""
    spec = claim.setdefault("spec", {})
    for one in objects.list("storage.k8s.io/storageclasses"):
        if (one["metadata"].get("annotations") or {}).get(DEFAULT_STORAGE_CLASS) == "true":
            spec.setdefault("storageClassName", one["metadata"]["name"])
