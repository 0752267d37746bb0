"""Server-side apply: who owns what, what conflicts, what goes."""

from typing import Any

import httpx
import pytest
import yaml


@pytest.fixture
def apply(api: httpx.Client, namespace: str) -> Any:
    """Apply a document as a manager; returns the answer."""

    def apply(document: dict[str, Any], manager: str = "one", path: str = "", **query: str) -> httpx.Response:
        kind = {"ConfigMap": "api/v1", "Service": "api/v1", "Deployment": "apis/apps/v1"}[document["kind"]]
        name = document["metadata"]["name"]
        return api.patch(
            f"{kind}/namespaces/{namespace}/{document['kind'].lower()}s/{name}{path}",
            params={"fieldManager": manager, **query},
            content=yaml.safe_dump(document),
            headers={"Content-Type": "application/apply-patch+yaml"},
        )

    return apply


def config(**data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": data}


def web(*containers: dict[str, Any], **spec: Any) -> dict[str, Any]:
    labels = {"app": "web"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": list(containers)}},
            **spec,
        },
    }


def managers(answer: httpx.Response) -> dict[tuple[str, str], Any]:
    found = answer.json()["metadata"].get("managedFields", [])
    return {(entry["manager"], entry["operation"]): entry["fieldsV1"] for entry in found}


def test_an_apply_creates_and_a_second_one_changes_nothing(apply: Any) -> None:
    first, second = apply(web({"name": "a", "image": "a:1"})), apply(web({"name": "a", "image": "a:1"}))
    assert (first.status_code, second.status_code) == (201, 200)
    made, kept = first.json(), second.json()
    assert made["metadata"]["uid"] == kept["metadata"]["uid"]
    assert made["metadata"]["generation"] == kept["metadata"]["generation"] == 1
    owned = managers(second)["one", "Apply"]["f:spec"]
    assert owned["f:selector"] == {}, "a selector is owned as a whole"
    assert "f:replicas" not in owned, "defaults belong to nobody"
    item = owned["f:template"]["f:spec"]["f:containers"]['k:{"name":"a"}']
    assert item == {".": {}, "f:name": {}, "f:image": {}}


def test_the_resource_version_stays_when_nothing_changes(apply: Any) -> None:
    first, second = apply(config(a="1")), apply(config(a="1"))
    assert first.json()["metadata"]["resourceVersion"] == second.json()["metadata"]["resourceVersion"]


def test_what_is_no_longer_applied_goes(apply: Any) -> None:
    apply(config(a="1", b="2"))
    assert apply(config(a="1")).json()["data"] == {"a": "1"}


def test_what_another_manager_owns_as_well_stays(apply: Any) -> None:
    apply(config(a="1", b="2"), "one")
    assert apply(config(b="2"), "two").status_code == 200
    answer = apply(config(a="1"), "one")
    assert answer.json()["data"] == {"a": "1", "b": "2"}
    assert managers(answer)["two", "Apply"] == {"f:data": {"f:b": {}}}


def test_another_value_conflicts_until_it_is_forced(apply: Any) -> None:
    apply(config(a="1"), "one")
    refusal = apply(config(a="2"), "two")
    assert refusal.status_code == 409
    status = refusal.json()
    assert status["message"] == 'Apply failed with 1 conflict: conflict with "one": .data.a'
    cause = {"reason": "FieldManagerConflict", "message": 'conflict with "one"', "field": ".data.a"}
    assert status["details"]["causes"] == [cause]
    forced = apply(config(a="2"), "two", force="true")
    assert forced.json()["data"] == {"a": "2"}
    assert list(managers(forced)) == [("two", "Apply")]


def test_a_field_set_by_an_update_conflicts_in_its_own_words(apply: Any, api: httpx.Client, namespace: str) -> None:
    apply(web({"name": "a", "image": "a:1"}, replicas=1))
    path = f"apis/apps/v1/namespaces/{namespace}/deployments/web"
    api.patch(
        f"{path}/scale", json={"spec": {"replicas": 3}}, params={"fieldManager": "scaler"},
        headers={"Content-Type": "application/merge-patch+json"},
    )  # fmt: skip
    refusal = apply(web({"name": "a", "image": "a:1"}, replicas=1))
    said = 'conflict with "scaler" with subresource "scale" using apps/v1: .spec.replicas'
    assert refusal.json()["message"] == f"Apply failed with 1 conflict: {said}"
    assert apply(web({"name": "a", "image": "a:1"})).json()["spec"]["replicas"] == 3


def test_list_items_are_owned_one_by_one(apply: Any) -> None:
    apply(web({"name": "a", "image": "a:1"}), "one")
    both = apply(web({"name": "a", "image": "a:1"}, {"name": "b", "image": "b:1"}), "two")
    assert [one["name"] for one in both.json()["spec"]["template"]["spec"]["containers"]] == ["a", "b"]
    left = apply(web({"name": "a", "image": "a:1"}), "two")
    assert [one["name"] for one in left.json()["spec"]["template"]["spec"]["containers"]] == ["a"]


def test_ports_of_one_number_differ_by_protocol(apply: Any) -> None:
    ports = [{"name": "dns", "port": 53, "protocol": "UDP"}, {"name": "dns-tcp", "port": 53}]
    document = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "dns"}, "spec": {"ports": ports}}
    answer = apply(document)
    assert [port["protocol"] for port in answer.json()["spec"]["ports"]] == ["UDP", "TCP"]
    again = apply(document)
    assert again.json()["metadata"]["resourceVersion"] == answer.json()["metadata"]["resourceVersion"]
    keys = managers(again)["one", "Apply"]["f:spec"]["f:ports"]
    assert set(keys) == {'k:{"port":53,"protocol":"TCP"}', 'k:{"port":53,"protocol":"UDP"}'}


def test_the_status_is_applied_through_its_subresource_only(apply: Any) -> None:
    apply(web({"name": "a", "image": "a:1"}, replicas=0))
    document = web({"name": "a", "image": "other:2"}) | {"status": {"observedGeneration": 7}}
    answer = apply(document, "two", "/status")
    assert answer.status_code == 200
    assert answer.json()["status"]["observedGeneration"] == 7
    assert answer.json()["spec"]["template"]["spec"]["containers"][0]["image"] == "a:1"


def test_a_dry_run_changes_nothing(apply: Any, api: httpx.Client, namespace: str) -> None:
    assert apply(config(a="1"), dryRun="All").status_code == 201
    assert api.get(f"api/v1/namespaces/{namespace}/configmaps/c").status_code == 404


@pytest.mark.parametrize(
    ("document", "query", "code", "said"),
    [
        (config(a="1"), {"fieldManager": ""}, 422, "fieldManager: Required value: is required for apply patch"),
        (
            config(a="1") | {"spec": {}},
            {},
            500,
            "NS/c; v1, Kind=ConfigMap): .spec: field not declared in schema",
        ),
    ],
)
def test_an_apply_is_refused(
    apply: Any, namespace: str, document: dict[str, Any], query: dict[str, str], code: int, said: str
) -> None:
    answer = apply(document, **({"manager": query["fieldManager"]} if query else {}))
    assert answer.status_code == code
    assert said.replace("NS", namespace) in answer.json()["message"]
