"""Webhooks that charts install: which must be asked about an object, whether anybody answers, what it says."""

from collections.abc import Iterator

from sandbox.controllers import judges
from sandbox.controllers.controller import Cluster
from sandbox.controllers.labels import labels_of, selected
from sandbox.kube.errors import ApiError
from sandbox.store import Document
from sandbox.trouble import kubernetes

CONFIGURATIONS = (
    "admissionregistration.k8s.io/mutatingwebhookconfigurations",
    "admissionregistration.k8s.io/validatingwebhookconfigurations",
)


def call(cluster: Cluster, operation: str, resource: str, document: Document) -> None:
    """Ask every webhook that is configured for the object. Raises ApiError: 500 InternalError where one does not
    answer and its ``failurePolicy`` is Fail, or the refusal of the program behind it."""
    for webhook in _configured(cluster, operation, resource, document):
        service = webhook.get("clientConfig", {}).get("service")
        if not service:
            continue  # an address outside of the cluster: there is no network to reach it
        trouble = _unreachable(cluster, service)
        if trouble is None:
            address = _address(cluster, service)
            trouble = kubernetes.webhook_unready(cluster.world, webhook["name"], operation, resource, address)
        if trouble is None:
            judges.judge(cluster, webhook["name"], resource, document)
        elif webhook.get("failurePolicy", "Fail") == "Fail":
            raise failed(webhook, service, trouble)


def _configured(cluster: Cluster, operation: str, resource: str, document: Document) -> Iterator[Document]:
    group, _, plural = resource.rpartition("/")
    for kind in CONFIGURATIONS:
        for configuration in cluster.objects.list(kind):
            for webhook in configuration.get("webhooks") or []:
                rules = webhook.get("rules") or []
                if any(_covers(rule, operation, group, plural) for rule in rules) and _selects(
                    cluster, webhook, document
                ):
                    yield webhook


def _covers(rule: Document, operation: str, group: str, plural: str) -> bool:
    return (
        bool({"*", operation} & set(rule.get("operations") or ()))
        and bool({"*", group} & set(rule.get("apiGroups") or ()))
        and bool({"*", "*/*", plural} & set(rule.get("resources") or ()))
    )


def _selects(cluster: Cluster, webhook: Document, document: Document) -> bool:
    own = webhook.get("objectSelector")
    if own and not selected(own, labels_of(document)):
        return False
    selector = webhook.get("namespaceSelector")
    namespace = document["metadata"].get("namespace")
    if not selector or not namespace:
        return True
    found = cluster.objects.find("namespaces", "", namespace)
    return selected(selector, labels_of(found) if found else {})


def _unreachable(cluster: Cluster, service: Document) -> str | None:
    name, namespace = service["name"], service["namespace"]
    if cluster.objects.find("services", namespace, name) is None:
        return f'service "{name}" not found'
    endpoints = cluster.objects.find("endpoints", namespace, name)
    if not endpoints or not any(subset.get("addresses") for subset in endpoints.get("subsets") or []):
        return f'no endpoints available for service "{name}"'
    return None


def _address(cluster: Cluster, service: Document) -> str:
    found = cluster.objects.find("services", service["namespace"], service["name"]) or {"spec": {}}
    return f"{found['spec'].get('clusterIP', '10.0.0.1')}:{service.get('port', 443)}"


def failed(webhook: Document, service: Document, trouble: str) -> ApiError:
    """What the API server says of a webhook behind ``service`` that did not answer."""
    url = (
        f"https://{service['name']}.{service['namespace']}.svc:{service.get('port', 443)}{service.get('path', '')}"
        f"?timeout={webhook.get('timeoutSeconds', 10)}s"
    )
    message = (
        f'Internal error occurred: failed calling webhook "{webhook["name"]}": failed to call webhook: '
        f'Post "{url}": {trouble}'
    )
    cause = message.removeprefix("Internal error occurred: ")
    return ApiError(500, "InternalError", message, {"causes": [{"message": cause}]})
