"""JSON patch, merge patch and strategic merge patch."""

from typing import Any

import pytest

from sandbox.kube import patches, strategic
from sandbox.kube.errors import ApiError
from sandbox.kube.schemas import shapes

DEPLOYMENT = shapes.builtin("apps.v1.Deployment")


def test_json_patch() -> None:
    operations = [
        {"op": "test", "path": "/a/b~1c", "value": 1},
        {"op": "add", "path": "/list/-", "value": 3},
        {"op": "add", "path": "/list/0", "value": 0},
        {"op": "remove", "path": "/a/b~1c"},
        {"op": "move", "from": "/list", "path": "/moved"},
        {"op": "replace", "path": "/old", "value": {"x": 1}},
        {"op": "copy", "from": "/old/x", "path": "/copied"},
    ]
    target = {"a": {"b/c": 1}, "list": [1, 2], "old": None}
    assert patches.apply_operations(target, operations) == {
        "a": {}, "moved": [0, 1, 2, 3], "old": {"x": 1}, "copied": 1,
    }  # fmt: skip
    assert target["list"] == [1, 2]


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "test", "path": "/a", "value": 2},
        {"op": "remove", "path": "/missing"},
        {"op": "replace", "path": "/missing", "value": 1},
        {"op": "add", "path": "/list/9", "value": 1},
        {"op": "jump", "path": "/a"},
    ],
)
def test_a_json_patch_that_does_not_fit_is_refused(operation: dict[str, Any]) -> None:
    with pytest.raises(ApiError) as refusal:
        patches.apply_operations({"a": 1, "list": []}, [operation])
    assert refusal.value.code == 422


def test_merge_patch() -> None:
    target = {"a": {"b": 1, "c": 2}, "list": [1, 2]}
    assert patches.merge(target, {"a": {"b": None, "d": {"e": 1}}, "list": [3]}) == {
        "a": {"c": 2, "d": {"e": 1}}, "list": [3],
    }  # fmt: skip


def containers(*listed: dict[str, Any]) -> dict[str, Any]:
    return {"spec": {"template": {"spec": {"containers": list(listed)}}}}


def merged(target: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    return strategic.merge(target, patch, DEPLOYMENT)


def test_lists_that_are_maps_merge_by_their_key() -> None:
    target = containers(
        {"name": "a", "image": "a:1", "env": [{"name": "X", "value": "1"}]}, {"name": "b", "image": "b:1"}
    )
    patch = containers({"name": "a", "image": "a:2", "env": [{"name": "Y", "value": "2"}]})
    assert merged(target, patch) == containers(
        {"name": "a", "image": "a:2", "env": [{"name": "X", "value": "1"}, {"name": "Y", "value": "2"}]},
        {"name": "b", "image": "b:1"},
    )


def test_an_item_is_deleted_and_the_order_is_set() -> None:
    target = containers({"name": "a"}, {"name": "b"}, {"name": "c"})
    patch = containers({"name": "b", "$patch": "delete"}, {"name": "d"})
    patch["spec"]["template"]["spec"]["$setElementOrder/containers"] = [{"name": "d"}, {"name": "c"}, {"name": "a"}]
    assert merged(target, patch) == containers({"name": "d"}, {"name": "c"}, {"name": "a"})


def test_a_list_is_replaced_on_request() -> None:
    target = containers({"name": "a"}, {"name": "b"})
    assert merged(target, containers({"$patch": "replace"}, {"name": "c"})) == containers({"name": "c"})


def test_plain_lists_add_and_lose_values() -> None:
    target = {"metadata": {"finalizers": ["a", "b"]}}
    patch = {"metadata": {"finalizers": ["c"], "$deleteFromPrimitiveList/finalizers": ["a"]}}
    assert merged(target, patch) == {"metadata": {"finalizers": ["b", "c"]}}


def test_a_union_keeps_what_it_is_told_to_keep() -> None:
    target = {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}}
    patch = {"spec": {"strategy": {"type": "Recreate", "$retainKeys": ["type"]}}}
    assert merged(target, patch) == {"spec": {"strategy": {"type": "Recreate"}}}


def test_an_item_without_its_key_is_refused() -> None:
    with pytest.raises(ApiError, match="does not contain declared merge key: name"):
        merged(containers({"name": "a"}), containers({"image": "x"}))
