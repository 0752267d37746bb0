"""The object store: versions, generations, deletion, watches."""

import asyncio
from typing import Any

import pytest

from sandbox.kube.errors import ApiError
from sandbox.kube.objects import Objects
from sandbox.store import Store

RESOURCE = "apps/deployments"


@pytest.fixture
def store() -> Store:
    return Store(None)


@pytest.fixture
def objects(store: Store) -> Objects:
    return Objects(store.table("kube/u"), store.table("kube-revisions", quiet=True), "u")


def document(name: str = "web", **fields: Any) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": "ns"},
        "spec": {"replicas": 1}, **fields,
    }  # fmt: skip


def test_a_new_object_gets_what_the_server_gives(objects: Objects) -> None:
    made = objects.create(RESOURCE, document())["metadata"]
    assert made["uid"] and made["creationTimestamp"].endswith("Z")
    assert (made["generation"], made["resourceVersion"]) == (1, str(objects.revision))
    with pytest.raises(ApiError, match=r'deployments\.apps "web" already exists'):
        objects.create(RESOURCE, document())


def test_the_generation_counts_the_specification_only(objects: Objects) -> None:
    made = objects.create(RESOURCE, document())
    labelled = objects.edit(RESOURCE, "ns", "web", lambda one: one["metadata"].update(labels={"a": "b"}))
    assert labelled["metadata"]["generation"] == 1
    scaled = objects.edit(RESOURCE, "ns", "web", lambda one: one["spec"].update(replicas=2))
    assert scaled["metadata"]["generation"] == 2
    done = objects.update_status(RESOURCE, {**scaled, "spec": {}, "status": {"replicas": 2}})
    assert (done["spec"], done["status"]) == ({"replicas": 2}, {"replicas": 2})
    assert done["metadata"]["generation"] == 2
    assert made["spec"] == {"replicas": 1}, "documents handed out are never changed in place"


def test_an_equal_document_is_not_written(objects: Objects) -> None:
    made = objects.create(RESOURCE, document())
    revision = objects.revision
    assert objects.update(RESOURCE, made) is made
    assert objects.revision == revision


def test_an_old_version_conflicts(objects: Objects) -> None:
    made = objects.create(RESOURCE, document())
    objects.edit(RESOURCE, "ns", "web", lambda one: one["spec"].update(replicas=2))
    with pytest.raises(ApiError, match="the object has been modified") as refusal:
        objects.update(RESOURCE, made)
    assert refusal.value.code == 409


def test_finalizers_hold_an_object_until_the_last_is_gone(objects: Objects) -> None:
    held = document()
    held["metadata"]["finalizers"] = ["example.com/a"]
    objects.create(RESOURCE, held)
    assert "deletionTimestamp" in objects.delete(RESOURCE, "ns", "web")["metadata"]
    objects.edit(RESOURCE, "ns", "web", lambda one: one["metadata"].pop("finalizers"))
    assert objects.find(RESOURCE, "ns", "web") is None


def test_a_precondition_protects_the_next_object_of_the_name(objects: Objects) -> None:
    objects.create(RESOURCE, document())
    with pytest.raises(ApiError, match="Precondition failed: UID in precondition: other"):
        objects.delete(RESOURCE, "ns", "web", preconditions={"uid": "other"})


def test_a_dry_run_stores_nothing(objects: Objects) -> None:
    assert objects.create(RESOURCE, document(), dry_run=True)["metadata"]["uid"]
    assert objects.list(RESOURCE) == []
    made = objects.create(RESOURCE, document())
    changed = objects.update(RESOURCE, {**made, "spec": {"replicas": 5}}, dry_run=True)
    assert changed["metadata"]["generation"] == 2
    objects.delete(RESOURCE, "ns", "web", dry_run=True)
    assert objects.list(RESOURCE) == [made]


def test_a_watch_sees_what_happens_after_a_revision(objects: Objects) -> None:
    async def seen() -> list[tuple[str, str]]:
        objects.create(RESOURCE, document("first"))
        since = objects.revision
        objects.create(RESOURCE, document("second"))
        objects.create("configmaps", {"metadata": {"name": "other", "namespace": "ns"}})
        with objects.watch(RESOURCE, since=since) as watch:
            objects.delete(RESOURCE, "ns", "first")
            return [
                (event.type, event.object["metadata"]["name"]) for event in [await watch.next(1), await watch.next(1)]
            ]

    assert asyncio.run(seen()) == [("ADDED", "second"), ("DELETED", "first")]


def test_revisions_go_on_after_a_restart_and_old_ones_are_gone(store: Store, objects: Objects) -> None:
    objects.create(RESOURCE, document())
    objects.delete(RESOURCE, "ns", "web")
    again = Objects(store.table("kube/u"), store.table("kube-revisions", quiet=True), "u")
    assert again.revision == objects.revision
    with pytest.raises(ApiError, match="too old resource version") as refusal:
        again.watch(RESOURCE, since=again.revision - 1)
    assert refusal.value.code == 410
