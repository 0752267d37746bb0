"""Lists in pages and watches over HTTPS."""

import json
from collections.abc import Iterator
from typing import Any

import httpx


def make(api: httpx.Client, namespace: str, name: str, **labels: str) -> dict[str, Any]:
    answer = api.post(f"api/v1/namespaces/{namespace}/configmaps", json={"metadata": {"name": name, "labels": labels}})
    assert answer.status_code == 201
    return answer.json()


def events(api: httpx.Client, path: str, **query: str) -> Iterator[dict[str, Any]]:
    with api.stream("GET", path, params={"watch": "true", "timeoutSeconds": "1", **query}) as answer:
        yield from (json.loads(line) for line in answer.iter_lines())


def named(found: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(one["type"], one["object"]["metadata"].get("name", "")) for one in found]


def test_a_list_in_pages(api: httpx.Client, namespace: str) -> None:
    for name in ("a", "b", "c"):
        make(api, namespace, name, page="yes")
    path = f"api/v1/namespaces/{namespace}/configmaps"
    query = {"limit": "2", "labelSelector": "page=yes"}
    first = api.get(path, params=query).json()
    assert [one["metadata"]["name"] for one in first["items"]] == ["a", "b"]
    token = first["metadata"]["continue"]
    second = api.get(path, params={**query, "continue": token}).json()
    assert [one["metadata"]["name"] for one in second["items"]] == ["c"]
    assert "continue" not in second["metadata"]
    assert second["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]


def test_a_watch_goes_on_after_a_list(api: httpx.Client, namespace: str) -> None:
    path = f"api/v1/namespaces/{namespace}/configmaps"
    make(api, namespace, "old")
    revision = api.get(path).json()["metadata"]["resourceVersion"]
    make(api, namespace, "new")
    api.delete(f"{path}/old")
    found = list(events(api, path, resourceVersion=revision, labelSelector="!none"))
    mine = [one for one in named(found) if one[1] in ("old", "new")]
    assert mine == [("ADDED", "new"), ("DELETED", "old")]


def test_entering_and_leaving_a_selector(api: httpx.Client, namespace: str) -> None:
    path = f"api/v1/namespaces/{namespace}/configmaps"
    revision = make(api, namespace, "c", tier="front")["metadata"]["resourceVersion"]
    for labels in ({"tier": "back"}, {"tier": "front"}, {"tier": "front", "x": "y"}):
        api.patch(
            f"{path}/c", content=json.dumps({"metadata": {"labels": labels}}),
            headers={"Content-Type": "application/merge-patch+json"},
        )  # fmt: skip
    found = list(events(api, path, resourceVersion=revision, labelSelector="tier=front"))
    assert [one["type"] for one in found] == ["DELETED", "ADDED", "MODIFIED"]


def test_initial_events_end_with_a_bookmark(api: httpx.Client, namespace: str) -> None:
    make(api, namespace, "a", mark="x")
    query = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true"}
    path = f"api/v1/namespaces/{namespace}/configmaps"
    found = list(events(api, path, labelSelector="mark=x", **query))
    assert named(found)[:2] == [("ADDED", "a"), ("BOOKMARK", "")]
    assert found[1]["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}


def test_a_watch_of_one_object(api: httpx.Client, namespace: str) -> None:
    make(api, namespace, "a")
    make(api, namespace, "b")
    path = f"api/v1/namespaces/{namespace}/configmaps"
    assert named(list(events(api, path, fieldSelector="metadata.name=b"))) == [("ADDED", "b")]


def test_tables_in_a_watch_define_their_columns_once(api: httpx.Client, namespace: str) -> None:
    make(api, namespace, "a", mark="x")
    make(api, namespace, "b", mark="x")
    api.headers["Accept"] = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
    found = list(events(api, f"api/v1/namespaces/{namespace}/configmaps", labelSelector="mark=x"))
    assert [one["object"]["kind"] for one in found] == ["Table", "Table"]
    assert [bool(one["object"]["columnDefinitions"]) for one in found] == [True, False]
    assert found[1]["object"]["rows"][0]["cells"][:2] == ["b", 0]
    assert found[1]["object"]["rows"][0]["object"]["metadata"]["name"] == "b"
