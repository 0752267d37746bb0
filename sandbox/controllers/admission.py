"""Admission: what happens to an object between its check and the store, and who may refuse it there.

The API's routes and the controllers call ``admit`` for everything that they create or change. In Kubernetes' order:
first what alters the object (service account, workload identity, default ingress class), then what only judges it
(Pod Security, the webhooks that charts install).
"""

import copy
from typing import Literal

from sandbox.controllers import pod_security, service_accounts, webhooks, workload_identity
from sandbox.controllers.controller import Cluster
from sandbox.controllers.ingress_programs import CLASS_ANNOTATION, CLASSES, INGRESSES
from sandbox.store import Document
from sandbox.world import World

Operation = Literal["CREATE", "UPDATE", "DELETE"]

DEFAULT_CLASS = "ingressclass.kubernetes.io/is-default-class"


def admit(world: World, uid: str, operation: Operation, resource: str, document: Document) -> Document:
    """The object as it may be stored (``document`` itself is not changed). ``resource`` is e.g. ``apps/deployments``.
    Raises ApiError in the words of the one who refuses it: 403 Pod Security and service accounts, 500 a webhook that
    does not answer, 400/403 a webhook that says no."""
    cluster = Cluster(world, uid)
    if operation == "CREATE" and resource == "pods":
        document = mutate_pod(world, uid, document)
        pod_security.enforce(cluster, document)
    if operation == "CREATE" and resource == INGRESSES:
        document = with_default_class(cluster, document)
    webhooks.call(cluster, operation, resource, document)
    return document


def mutate_pod(world: World, cluster_uid: str, pod: Document) -> Document:
    """A new pod with the token of its service account and, where it asks for it, the workload identity's."""
    cluster = Cluster(world, cluster_uid)
    pod = copy.deepcopy(pod)
    account = service_accounts.attach(cluster, pod)
    workload_identity.attach(cluster, pod, account)
    return pod


def with_default_class(cluster: Cluster, ingress: Document) -> Document:
    """An Ingress without a class gets the default one; of several defaults the newest."""
    annotations = ingress["metadata"].get("annotations") or {}
    if (ingress.get("spec") or {}).get("ingressClassName") or CLASS_ANNOTATION in annotations:
        return ingress
    defaults = [
        one
        for one in cluster.objects.list(CLASSES)
        if (one["metadata"].get("annotations") or {}).get(DEFAULT_CLASS) == "true"
    ]
    if not defaults:
        return ingress
    newest = max(defaults, key=lambda one: one["metadata"]["creationTimestamp"])
    return ingress | {"spec": {**(ingress.get("spec") or {}), "ingressClassName": newest["metadata"]["name"]}}
