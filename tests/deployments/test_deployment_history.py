"""What becomes of a deployment: its record and operations, failures, cancelling, going on after a restart."""

import asyncio

import pytest
from deployment_callers import Azure, Thing, failure, outcome, properties
from sample_templates import GROUP, SUBSCRIPTION, nested, template, thing

from sandbox.arm import resources
from sandbox.arm.ids import ResourceId
from sandbox.deployments import records
from sandbox.entra import principals
from sandbox.store import writes
from sandbox.world import World

pytestmark = pytest.mark.anyio


async def test_a_successful_deployment_is_recorded(azure: Azure) -> None:
    wanted = template(
        [thing("a"), thing("b", needs=["a"])],
        parameters={"p": {"type": "string"}, "s": {"type": "secureString"}, "n": {"type": "int", "defaultValue": 3}},
        outputs={"o": {"type": "string", "value": "[parameters('p')]"}, "x": {"type": "securestring", "value": "y"}},
    )
    answer = await azure.deployment("put", wanted, {"P": "v", "s": "hidden"})
    assert answer.status_code == 201
    record = answer.json()
    assert record["id"] == f"{GROUP}/providers/Microsoft.Resources/deployments/one"
    body = record["properties"]
    assert body["parameters"] == {
        "p": {"type": "String", "value": "v"}, "s": {"type": "SecureString"}, "n": {"type": "Int", "value": 3},
    }  # fmt: skip
    assert body["outputs"] == {"o": {"type": "String", "value": "v"}, "x": {"type": "SecureString"}}
    assert [one["id"].rpartition("/")[2] for one in body["outputResources"]] == ["a", "b"]
    assert body["dependencies"][0]["resourceName"] == "b"
    assert body["dependencies"][0]["dependsOn"][0]["resourceName"] == "a"
    assert body["providers"][0]["namespace"] == "Microsoft.Compute"
    shown = await azure.ask("GET", record["id"])
    assert shown.json() == record
    again = await azure.deployment("put", wanted, {"p": "v", "s": "hidden"})
    assert again.status_code == 200
    assert again.json()["properties"]["templateHash"] == body["templateHash"]
    listed = await azure.ask("GET", f"{GROUP}/providers/microsoft.resources/DEPLOYMENTS/")
    assert [one["name"] for one in listed.json()["value"]] == ["one"]
    assert (await azure.ask("HEAD", record["id"])).status_code == 204
    assert (await azure.ask("DELETE", record["id"])).status_code == 204
    missing = await azure.ask("GET", record["id"])
    assert missing.status_code == 404
    assert missing.json()["error"]["message"] == "Deployment 'one' could not be found."


async def test_the_operations_have_a_row_for_each_resource(azure: Azure) -> None:
    await azure.deployment("put", template([thing("a"), thing("b", **{"break": True})]))
    rows = (await azure.ask("GET", f"{GROUP}/providers/Microsoft.Resources/deployments/one/operations")).json()["value"]
    told = {row["properties"]["targetResource"]["resourceName"]: row["properties"] for row in rows}
    assert told["a"]["statusCode"] == "Created"
    assert told["b"]["provisioningState"] == "Failed"
    assert told["b"]["statusMessage"]["error"]["code"] == "ThingBroke"


async def test_a_failure_keeps_back_only_what_waits_for_it(azure: Azure, things: Thing) -> None:
    answer = await azure.deployment(
        "put", template([thing("bad", **{"break": True}), thing("after", needs=["bad"]), thing("beside")])
    )
    assert answer.json()["properties"]["provisioningState"] == "Accepted"
    error = await failure(azure, answer)
    assert error["code"] == "DeploymentFailed"
    assert [detail["code"] for detail in error["details"]] == ["ThingBroke"]
    assert sorted(things.log) == ["bad", "beside"]
    shown = (await azure.ask("GET", answer.json()["id"])).json()["properties"]
    assert (shown["provisioningState"], shown["error"]["code"]) == ("Failed", "DeploymentFailed")


async def test_a_nested_failure_names_its_cause(azure: Azure) -> None:
    answer = await azure.deployment("put", template([nested("n", template([thing("bad", **{"break": True})]))]))
    detail = (await failure(azure, answer))["details"][0]
    assert detail["code"] == "ResourceDeploymentFailure"
    assert detail["details"][0]["code"] == "DeploymentFailed"
    assert detail["details"][0]["details"][0]["message"] == "The thing 'bad' broke."


async def test_an_expression_that_fails_at_run_time_names_resource_and_place(azure: Azure) -> None:
    answer = await azure.deployment("put", template([thing("a"), thing("b", x="[reference('a').nothing]")]))
    message = (await failure(azure, answer))["details"][0]["message"]
    assert message.startswith(f"Unable to process template language expressions for resource '{GROUP}/providers/")
    assert "at line '1' and column '" in message
    assert "The language expression property 'nothing' doesn't exist, available properties are 'size, " in message


async def test_outputs_that_fail_are_all_named(azure: Azure) -> None:
    answer = await azure.deployment(
        "put",
        template(
            [thing("a")],
            outputs={
                "x": {"type": "string", "value": "[reference('a').nothing]"},
                "y": {"type": "int", "value": "[reference('a').size]"},
            },
        ),
    )
    error = await failure(azure, answer)
    assert error["code"] == "DeploymentOutputEvaluationFailed"
    assert [detail["target"] for detail in error["details"]] == ["x", "y"]
    assert "Expected 'Integer'. Actual 'String'" in error["details"][1]["message"]


async def test_resources_are_deployed_with_the_callers_rights(azure: Azure, world: World) -> None:
    document = principals.create_service_principal(world, "reader")
    azure.principal = principals.principal_of(document)
    refused = await azure.deployment("put", template([thing("a")]))
    assert refused.status_code == 403
    assert "Microsoft.Resources/deployments/write" in refused.json()["error"]["message"]
    azure.grant("Managed Identity Contributor", GROUP)  # it may deploy, but only identities
    answer = await azure.deployment("put", template([thing("a")]))
    assert "Microsoft.Compute/things/write" in (await failure(azure, answer))["details"][0]["message"]


async def test_a_running_deployment_cannot_be_replaced_but_cancelled(azure: Azure, slow: World, things: Thing) -> None:
    wanted = template([thing("a"), thing("b", needs=["a"])])
    began = await azure.deployment("put", wanted)
    assert began.headers["x-ms-retry-after-ms"] == "20"
    busy = await azure.deployment("put", wanted)
    assert (busy.status_code, busy.json()["error"]["code"]) == (409, "DeploymentActive")
    path = began.json()["id"]
    assert (await azure.ask("POST", f"{path}/cancel")).status_code == 204
    assert await outcome(azure, began) == "Failed"
    assert (await azure.ask("GET", path)).json()["properties"]["provisioningState"] == "Canceled"
    assert things.log in ([], ["a"])
    again = await azure.ask("POST", f"{path}/cancel")
    assert again.status_code == 409


async def test_a_slow_deployment_is_polled_to_its_end(azure: Azure, slow: World) -> None:
    answer = await azure.deployment("put", template([thing("a"), nested("n", template([thing("b")]), needs=["a"])]))
    assert await outcome(azure, answer) == "Succeeded"
    assert len((await azure.ask("GET", answer.json()["id"])).json()["properties"]["outputResources"]) == 2


async def test_a_deployment_goes_on_after_the_sandbox_was_killed(azure: Azure, slow: World, things: Thing) -> None:
    began = await azure.deployment("put", template([thing("a"), nested("n", template([thing("b")]))]))
    await asyncio.sleep(0.02)
    for task in slow.operations._tasks:  # the process ends here, in the middle of both deployments
        task.cancel()
    await asyncio.sleep(0)
    again = World(slow.home, slow.url, slow.store, pace=slow.pace)
    again.operations.resume()
    assert await outcome(Azure(again, azure.principal), began) == "Succeeded"
    assert set(things.log) == {"a", "b"}  # some twice: both the resource and the deployment begin again


async def test_the_same_name_in_another_region_is_refused(azure: Azure) -> None:
    await properties(azure, template(), scope=SUBSCRIPTION)
    for verb in ("put", "validate"):
        other = await azure.deployment(verb, template(), scope=SUBSCRIPTION, location="norwayeast")
        error = other.json()["error"]
        assert error["code"] == "InvalidDeploymentLocation"
        assert error["message"] == (
            "Invalid deployment location 'norwayeast'. The deployment 'one' already exists in location 'westeurope'."
        )


async def test_the_template_of_a_deployment_can_be_exported(azure: Azure) -> None:
    wanted = template([thing("a")])
    await properties(azure, wanted)
    answer = await azure.ask("POST", f"{GROUP}/providers/Microsoft.Resources/deployments/one/exportTemplate")
    assert answer.json() == {"template": wanted}


async def test_a_groups_deployments_go_with_it(azure: Azure) -> None:
    await properties(azure, template([thing("a")]))
    await resources.delete(azure.world, azure.principal, ResourceId(GROUP))
    assert len(records.table(azure.world)) == 0
    assert records.rows(azure.world, ResourceId(f"{GROUP}/providers/Microsoft.Resources/deployments/one")) == []


async def test_validating_and_asking_what_if_write_nothing(azure: Azure) -> None:
    written: list[tuple[str, str]] = []
    mark = writes.set(written)
    try:
        for verb in ("validate", "whatIf"):
            answer = await azure.deployment(verb, template([thing("a"), nested("n", template([thing("b")]))]))
            assert answer.status_code == 200, answer.text
    finally:
        writes.reset(mark)
    assert written == []
    assert len(records.table(azure.world)) == 0
