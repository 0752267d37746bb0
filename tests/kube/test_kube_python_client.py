"""The official Kubernetes client for Python: a client that the contract was not written for."""

from collections.abc import Iterator

import pytest
from conftest import Cluster, deployment
from kubernetes import client, config, watch

pytestmark = pytest.mark.e2e


@pytest.fixture
def session(cluster: Cluster) -> Iterator[client.ApiClient]:
    with config.new_client_from_config(str(cluster.kubeconfig)) as made:
        yield made


def test_objects(session: client.ApiClient, namespace: str) -> None:
    apps, core = client.AppsV1Api(session), client.CoreV1Api(session)
    made = apps.create_namespaced_deployment(namespace, deployment("web", replicas=2))
    assert made.spec.strategy.rolling_update.max_surge == "25%"
    for event in watch.Watch().stream(apps.list_namespaced_deployment, namespace, timeout_seconds=30):
        if event["object"].status.available_replicas == 2:
            break
    pods = core.list_namespaced_pod(namespace, label_selector="app=web")
    assert [pod.status.phase for pod in pods.items] == ["Running", "Running"]
    patched = apps.patch_namespaced_deployment("web", namespace, {"metadata": {"labels": {"a": "b"}}})
    assert patched.metadata.labels == {"app": "web", "a": "b"}
    assert core.read_namespaced_pod_log(pods.items[0].metadata.name, namespace, tail_lines=1)
    apps.delete_namespaced_deployment("web", namespace, propagation_policy="Foreground")


def test_refusals(session: client.ApiClient, namespace: str) -> None:
    core = client.CoreV1Api(session)
    with pytest.raises(client.ApiException) as refusal:
        core.read_namespaced_secret("none", namespace)
    assert refusal.value.status == 404
    body = client.V1ConfigMap(metadata=client.V1ObjectMeta(name="c"), data={"a": "1"})
    made = core.create_namespaced_config_map(namespace, body)
    core.patch_namespaced_config_map("c", namespace, {"data": {"a": "2"}})
    made.data = {"a": "3"}
    with pytest.raises(client.ApiException) as stale:
        core.replace_namespaced_config_map("c", namespace, made)
    assert stale.value.status == 409


def test_a_token_request(session: client.ApiClient) -> None:
    spec = client.V1TokenRequestSpec(audiences=["api://AzureADTokenExchange"])
    request = client.AuthenticationV1TokenRequest(spec=spec)
    answer = client.CoreV1Api(session).create_namespaced_service_account_token("default", "default", request)
    assert answer.status.token.count(".") == 2
    assert answer.spec.expiration_seconds == 3600
