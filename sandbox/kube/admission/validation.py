"""What the API server refuses in built-in objects: the rules that people run into, in its own words."""

from collections.abc import Callable

from sandbox.kube.admission import checks, names, workloads
from sandbox.kube.errors import Cause
from sandbox.kube.objects import Objects
from sandbox.store import Document

Check = Callable[[Document, Document | None], list[Cause]]


def violations(objects: Objects, resource: str, document: Document, live: Document | None) -> list[Cause]:
    """What is wrong with the specification of a built-in object, alone and as a change of ``live``."""
    check = _CHECKS.get(resource)
    causes = check(document, live) if check else []
    template = (document.get("spec") or {}).get("template")
    if resource in workloads.TEMPLATED and isinstance(template, dict):
        causes += names.labels((template.get("metadata") or {}).get("labels") or {}, "spec.template.labels")
    return causes


_CHECKS: dict[str, Check] = {
    "pods": workloads.pod,
    "apps/deployments": workloads.deployment,
    "apps/replicasets": workloads.deployment,
    "apps/statefulsets": workloads.stateful_set,
    "apps/daemonsets": workloads.deployment,
    "batch/jobs": workloads.job,
    "batch/cronjobs": workloads.cron_job,
    "services": checks.service,
    "configmaps": checks.config_map,
    "secrets": checks.secret,
    "networking.k8s.io/ingresses": checks.ingress,
    "persistentvolumeclaims": checks.claim,
    "autoscaling/horizontalpodautoscalers": checks.scaler,
    "rbac.authorization.k8s.io/rolebindings": checks.binding,
    "rbac.authorization.k8s.io/clusterrolebindings": checks.binding,
    "apiextensions.k8s.io/customresourcedefinitions": checks.definition,
}
