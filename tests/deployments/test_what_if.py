"""What-if: what a deployment would do, said before it is done."""

from typing import Any

import pytest
from deployment_callers import Azure
from sample_templates import GROUP, SUBSCRIPTION, nested, template, thing

from sandbox.deployments.differences import completed, delta

pytestmark = pytest.mark.anyio

GROUP_RESOURCE = {
    "type": "Microsoft.Resources/resourceGroups", "apiVersion": "2024-11-01", "name": "new",
    "location": "westeurope", "tags": {"team": "lab"},
}  # fmt: skip
IDENTITY = {
    "type": "Microsoft.ManagedIdentity/userAssignedIdentities", "apiVersion": "2023-01-31", "name": "app-id",
    "location": "[resourceGroup().location]",
}  # fmt: skip
ASSIGNMENT = {
    "type": "Microsoft.Authorization/roleAssignments", "apiVersion": "2022-04-01",
    "name": "[guid(resourceGroup().id)]",
    "properties": {
        "roleDefinitionId": "[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', "
                            "'acdd72a7-3385-48ef-bd42-f606fba81ae7')]",
        "principalId": "[reference('id').principalId]", "principalType": "ServicePrincipal",
    },
}  # fmt: skip
LAB = template(
    {
        "g": GROUP_RESOURCE,
        "n": nested("n", template({"id": IDENTITY, "role": ASSIGNMENT}), needs=["g"], resourceGroup="new"),
    }
)


async def changes(azure: Azure, of: dict[str, Any], *args: Any, **named: Any) -> dict[str, dict[str, Any]]:
    """The changes by the resource's name."""
    answer = await azure.deployment("whatIf", of, *args, **named)
    body = answer.json()
    assert body["status"] == "Succeeded", body
    return {change["resourceId"].rpartition("/")[2]: change for change in body["properties"]["changes"]}


async def test_everything_new_is_created_and_what_cannot_be_known_stays_text(azure: Azure) -> None:
    found = await changes(azure, LAB, scope=SUBSCRIPTION)
    assert {change["changeType"] for change in found.values()} == {"Create"}
    assert found["new"]["after"]["apiVersion"] == "2024-11-01"
    assert found["app-id"]["after"]["location"] == "westeurope"
    role = next(change for name, change in found.items() if name not in ("new", "app-id"))
    assert role["after"]["properties"]["principalId"] == "[reference('id').principalId]"
    assert all(change["before"] is None for change in found.values())


async def test_after_the_deployment_nothing_would_change(azure: Azure) -> None:
    done = await azure.deployment("put", LAB, scope=SUBSCRIPTION)
    assert done.json()["properties"]["provisioningState"] == "Succeeded"
    found = await changes(azure, LAB, scope=SUBSCRIPTION)
    assert [change["changeType"] for change in found.values()] == ["NoChange"] * 3
    assert all("delta" not in change for change in found.values())


async def test_a_changed_property_is_told_and_server_made_ones_are_not(azure: Azure) -> None:
    await azure.deployment("put", template([thing("a", size="small", gone=[1])]))
    found = await changes(azure, template([thing("a", size="big", list=[1], gone=[2, 3])]))
    change = found["a"]
    assert change["changeType"] == "Modify"
    assert change["after"]["properties"] == {"size": "big", "gone": [2, 3], "list": [1], "number": 1}
    assert change["delta"] == [
        {"path": "properties.gone", "propertyChangeType": "Array", "before": None, "after": None, "children": [
            {"path": "0", "propertyChangeType": "Modify", "before": 1, "after": 2, "children": None},
            {"path": "1", "propertyChangeType": "Create", "before": None, "after": 3, "children": None},
        ]},
        {"path": "properties.list", "propertyChangeType": "Create", "before": None, "after": [1], "children": None},
        {"path": "properties.size", "propertyChangeType": "Modify", "before": "small", "after": "big",
         "children": None},
    ]  # fmt: skip


async def test_what_the_template_does_not_name_is_ignored_or_deleted(azure: Azure) -> None:
    await azure.deployment("put", template([IDENTITY, thing("a")]))
    found = await changes(azure, template([thing("a")]))
    assert (found["app-id"]["changeType"], found["a"]["changeType"]) == ("Ignore", "NoChange")
    complete = await changes(azure, template([thing("a")]), mode="Complete")
    assert (complete["app-id"]["changeType"], complete["app-id"]["after"]) == ("Delete", None)


async def test_ids_only(azure: Azure) -> None:
    await azure.deployment("put", template([thing("a")]))
    found = await changes(
        azure, template([thing("a", size="big"), thing("b")]), whatIfSettings={"resultFormat": "ResourceIdOnly"}
    )
    assert {name: change["changeType"] for name, change in found.items()} == {"a": "Deploy", "b": "Create"}
    assert all("after" not in change for change in found.values())


async def test_a_name_that_only_the_deployment_will_know_cannot_be_analysed(azure: Azure) -> None:
    inside = template([thing("[parameters('name')]")], parameters={"name": {"type": "string"}})
    wanted = template({"a": thing("a"), "n": nested("n", inside, parameters={"name": "[reference('a').title]"})})
    answer = await azure.deployment("whatIf", wanted)
    kinds = [change["changeType"] for change in answer.json()["properties"]["changes"]]
    assert kinds == ["Create", "Unsupported"]


async def test_a_failure_is_a_result_that_az_can_print(azure: Azure) -> None:
    answer = await azure.deployment("whatIf", template([thing("a", refuse=True)]))
    assert answer.status_code == 200
    assert answer.json()["status"] == "Failed"
    assert answer.json()["error"]["code"] == "InvalidTemplateDeployment"


async def test_outputs_of_a_nested_deployment_are_known_as_far_as_they_can_be(azure: Azure) -> None:
    inside = template(
        {"t": thing("t")},
        outputs={"id": {"type": "string", "value": "[resourceId('Microsoft.Compute/things', 't')]"}},
    )
    wanted = template({"n": nested("n", inside), "b": thing("b", seen="[reference('n').outputs.id.value]")})
    found = await changes(azure, wanted)
    assert found["b"]["after"]["properties"]["seen"] == f"{GROUP}/providers/Microsoft.Compute/things/t"


def test_a_removed_tag_is_a_difference_an_unmentioned_property_is_none() -> None:
    before = {
        "id": "/x",
        "tags": {"a": "1", "b": "2"},
        "properties": {"made": "by the server", "set": {"x": 1, "y": 2}},
    }
    after = completed(before, {"id": "/x", "tags": {"a": "1"}, "properties": {"set": {"x": 1}}})
    assert [(change["path"], change["propertyChangeType"]) for change in delta(before, after)] == [("tags.b", "Delete")]


def test_elements_of_an_array_are_matched_by_name() -> None:
    before = {"properties": {"pools": [{"name": "a", "made": 1}, {"name": "b", "made": 2}]}}
    after = completed(before, {"properties": {"pools": [{"name": "b", "made": 2}]}})
    assert after["properties"]["pools"] == [{"name": "b", "made": 2}]
    assert delta(before, after)[0]["propertyChangeType"] == "Array"
