"""Requests that the API refuses, in the real server's words."""

import time
from typing import Any

import httpx
import pytest


def web(**changes: Any) -> dict[str, Any]:
    labels = {"app": "web"}
    spec = {
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "a", "image": "a:1"}]}},
    }
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec | changes}


def pod(**changes: Any) -> dict[str, Any]:
    spec = {"containers": [{"name": "a", "image": "a:1"}]} | changes
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec}


def config(name: str = "c", **fields: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, **fields}


PATHS = {
    "Deployment": "apis/apps/v1", "Pod": "api/v1", "ConfigMap": "api/v1", "Service": "api/v1", "Secret": "api/v1",
    "Job": "apis/batch/v1", "Ingress": "apis/networking.k8s.io/v1",
}  # fmt: skip


@pytest.fixture
def post(api: httpx.Client, namespace: str) -> Any:
    # Pods are refused with another word until the namespace has its default service account.
    account, until = f"api/v1/namespaces/{namespace}/serviceaccounts/default", time.monotonic() + 10
    while (found := api.get(account)).status_code != 200:
        assert time.monotonic() < until, found.text
        time.sleep(0.02)

    def post(document: dict[str, Any], **query: str) -> httpx.Response:
        kind = document["kind"]
        plural = kind.lower() + ("es" if kind.endswith("s") else "s")
        return api.post(f"{PATHS[kind]}/namespaces/{namespace}/{plural}", json=document, params=query)

    return post


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (web(selector=None), "spec.selector: Required value"),
        (
            web(selector={"matchLabels": {"app": "other"}}),
            'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
        ),
        (pod(containers=[]), "spec.containers: Required value"),
        (pod(containers=[{"name": "A", "image": "a"}]), 'spec.containers[0].name: Invalid value: "A": a lowercase'),
        (pod(containers=[{"name": "a"}]), "spec.containers[0].image: Required value"),
        (
            pod(containers=[{"name": "a", "image": "a"}, {"name": "a", "image": "a"}]),
            'spec.containers[1].name: Duplicate value: "a"',
        ),
        (
            pod(containers=[{"name": "a", "image": "a", "volumeMounts": [{"name": "v", "mountPath": "/v"}]}]),
            'spec.containers[0].volumeMounts[0].name: Not found: "v"',
        ),
        (pod(restartPolicy="Maybe"), 'spec.restartPolicy: Unsupported value: "Maybe": supported values: "Always"'),
        (config("Upper"), 'metadata.name: Invalid value: "Upper": a lowercase RFC 1123 subdomain must consist of'),
        (config(data={"a b": ""}), "data[a b]: Invalid value: \"a b\": a valid config key must consist of"),
        (
            {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": {}},
            "spec.ports: Required value",
        ),
        (
            {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "type": "kubernetes.io/tls"},
            "[data[tls.crt]: Required value, data[tls.key]: Required value]",
        ),
        (
            {
                "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j"},
                "spec": {"template": {"spec": {"containers": [{"name": "a", "image": "a"}]}}},
            },
            'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
        ),
        (
            {
                "apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "i"},
                "spec": {"rules": [{"http": {"paths": [{"path": "/", "backend": {"service": {"name": "s"}}}]}}]},
            },
            "spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified",
        ),
    ],
)  # fmt: skip
def test_an_object_is_invalid(post: Any, document: dict[str, Any], said: str) -> None:
    answer = post(document)
    status = answer.json()
    assert (answer.status_code, status["reason"]) == (422, "Invalid"), status
    assert said in status["message"]
    assert status["details"]["causes"], "kubectl prints the causes"


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (web(replica=1), 'strict decoding error: unknown field "spec.replica"'),
        (
            pod(containers=[{"name": "a", "image": "a", "imagePull": "x"}]),
            'Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field '
            '"spec.containers[0].imagePull"',
        ),
        (
            web(replicas="two"),
            "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32",
        ),
        (config(data={"a": 1}), "json: cannot unmarshal number into Go struct field ConfigMap.data.a of type string"),
    ],
)
def test_a_body_does_not_fit_its_type(post: Any, document: dict[str, Any], said: str) -> None:
    answer = post(document, fieldValidation="Strict")
    assert answer.status_code == 400
    assert said in answer.json()["message"]


def test_unknown_fields_are_warned_of_and_dropped(post: Any) -> None:
    answer = post(config(data={"a": "1"}, extra=1), fieldValidation="Warn")
    assert answer.status_code == 201
    assert answer.headers["warning"] == '299 - "unknown field \\"extra\\""'
    assert "extra" not in answer.json()
    assert "warning" not in post(config("d", extra=1), fieldValidation="Ignore").headers


def test_what_may_not_change_does_not(post: Any, api: httpx.Client, namespace: str) -> None:
    made = post(web()).json()
    other = {"matchLabels": {"app": "other"}}
    template = {**made["spec"]["template"], "metadata": {"labels": {"app": "other"}}}
    made["spec"] |= {"selector": other, "template": template}
    made["metadata"].pop("resourceVersion")
    answer = api.put(f"apis/apps/v1/namespaces/{namespace}/deployments/web", json=made)
    assert answer.status_code == 422
    said = 'spec.selector: Invalid value: {"matchLabels":{"app":"other"}}: field is immutable'
    assert answer.json()["message"] == f'Deployment.apps "web" is invalid: {said}'


def test_an_old_version_conflicts(post: Any, api: httpx.Client, namespace: str) -> None:
    path = f"api/v1/namespaces/{namespace}/configmaps/c"
    made = post(config(data={"a": "1"})).json()
    assert api.put(path, json=made | {"data": {"a": "2"}}).status_code == 200
    answer = api.put(path, json=made | {"data": {"a": "3"}})
    assert (answer.status_code, answer.json()["reason"]) == (409, "Conflict")
    assert 'Operation cannot be fulfilled on configmaps "c": the object has been modified' in answer.json()["message"]


def test_a_namespace_must_be_there_and_stay(post: Any, api: httpx.Client) -> None:
    answer = api.post("api/v1/namespaces/nowhere/configmaps", json=config())
    assert (answer.status_code, answer.json()["message"]) == (404, 'namespaces "nowhere" not found')
    refusal = api.delete("api/v1/namespaces/kube-system")
    assert refusal.json()["message"] == 'namespaces "kube-system" is forbidden: this namespace may not be deleted'


@pytest.mark.parametrize(
    ("method", "path", "code", "reason"),
    [
        ("GET", "api/v1/namespaces/default/configmaps/none", 404, "NotFound"),
        ("GET", "apis/apps/v1/namespaces/default/deployments/none/scale", 404, "NotFound"),
        ("GET", "api/v1/namespaces/default/configmaps/none/status", 404, "NotFound"),
        ("POST", "api/v1/configmaps", 405, "MethodNotAllowed"),
        ("DELETE", "api/v1/namespaces", 405, "MethodNotAllowed"),
        ("GET", "api/v1/pods?labelSelector=a+in", 400, "BadRequest"),
        ("GET", "api/v1/pods?fieldSelector=spec.x=1", 400, "BadRequest"),
    ],
)
def test_a_request_is_refused(api: httpx.Client, method: str, path: str, code: int, reason: str) -> None:
    answer = api.request(method, path, json={"metadata": {"name": "x"}} if method == "POST" else None)
    assert (answer.status_code, answer.json()["reason"]) == (code, reason)


def test_a_patch_of_an_unknown_type_is_refused(post: Any, api: httpx.Client, namespace: str) -> None:
    post(config())
    answer = api.patch(
        f"api/v1/namespaces/{namespace}/configmaps/c", content="{}", headers={"Content-Type": "text/plain"}
    )
    assert (answer.status_code, answer.json()["reason"]) == (415, "UnsupportedMediaType")


def test_defaults_are_filled_in(post: Any) -> None:
    made = post(web()).json()
    spec = made["spec"]
    assert (spec["replicas"], spec["revisionHistoryLimit"], spec["progressDeadlineSeconds"]) == (1, 10, 600)
    rolling = {"maxSurge": "25%", "maxUnavailable": "25%"}
    assert spec["strategy"] == {"type": "RollingUpdate", "rollingUpdate": rolling}
    inner = spec["template"]["spec"]
    assert (inner["dnsPolicy"], inner["restartPolicy"]) == ("ClusterFirst", "Always")
    assert inner["terminationGracePeriodSeconds"] == 30
    assert inner["containers"][0]["imagePullPolicy"] == "IfNotPresent"
    document = {
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"},
        "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]},
    }  # fmt: skip
    service = post(document).json()["spec"]
    port = service["ports"][0]
    assert (port["protocol"], port["targetPort"]) == ("TCP", 80)
    assert 30000 <= port["nodePort"] <= 32767
    assert service["clusterIP"].startswith("10.0.") and service["clusterIPs"] == [service["clusterIP"]]
