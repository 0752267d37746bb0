"""Deployments that run: order, loops, conditions, symbolic names, nesting, outputs."""

import pytest
from deployment_callers import Azure, Thing, properties, values
from sample_templates import GROUP, SUBSCRIPTION, nested, template, thing

from sandbox.world import World

pytestmark = pytest.mark.anyio


async def test_resources_are_deployed_after_what_they_depend_on(azure: Azure, things: Thing) -> None:
    await properties(
        azure,
        template(
            [
                thing("last", needs=["[resourceId('Microsoft.Compute/things', 'middle')]"]),
                thing("middle", needs=["Microsoft.Compute/things/first"]),
                thing("first"),
                thing("referring", seen="[reference('last').number]"),
            ]
        ),
    )
    assert things.log == ["first", "middle", "last", "referring"]


async def test_loops_of_resources_properties_variables_and_outputs(azure: Azure, world: World) -> None:
    body = await properties(
        azure,
        template(
            [
                thing(
                    "[concat('t', copyIndex(1))]",
                    copy={"name": "loop", "count": "[length(variables('sizes'))]", "mode": "serial", "batchSize": 1},
                    size="[variables('sizes')[copyIndex()]]",
                    copy_in="no loop",
                ),
                thing(
                    "end",
                    needs=["loop"],
                    **{"list": {"copy": [{"name": "all", "count": 2, "input": "[copyIndex('all')]"}]}},
                ),
            ],
            variables={"copy": [{"name": "sizes", "count": 3, "input": "[concat('s', copyIndex('sizes'))]"}]},
            outputs={
                "o": {"type": "array", "copy": {"count": 3, "input": "[reference(concat('t', copyIndex(1))).size]"}}
            },
        ),
    )
    assert values(body) == {"o": ["s0", "s1", "s2"]}
    stored = world.store.table("resources")[f"{GROUP}/providers/Microsoft.Compute/things/end".lower()]
    assert stored["properties"]["list"] == {"all": [0, 1]}


async def test_a_serial_loop_goes_batch_by_batch(azure: Azure, things: Thing) -> None:
    await properties(
        azure,
        template([thing("[string(copyIndex())]", copy={"name": "l", "count": 4, "mode": "Serial", "batchSize": 2})]),
    )
    assert set(things.log[:2]) == {"0", "1"}


async def test_conditions_decide_and_what_is_left_out_may_be_depended_on(azure: Azure, things: Thing) -> None:
    body = await properties(
        azure,
        template(
            {
                "no": thing("no", condition="[equals(1, 2)]"),
                "yes": thing("yes", needs=["no"], condition=True),
            },
            outputs={
                "o": {"type": "string", "value": "[if(false(), reference('no').size, 'not asked')]"},
                "p": {"type": "string", "condition": False, "value": "[reference('no').size]"},
            },
        ),
    )
    assert things.log == ["yes"]
    assert values(body) == {"o": "not asked"}


async def test_symbolic_names_loops_and_existing_resources(azure: Azure) -> None:
    await properties(azure, template([thing("old", size="huge")]), name="before")
    body = await properties(
        azure,
        template(
            {
                "many": thing("[format('many{0}', copyIndex())]", copy={"name": "many", "count": 2}),
                "old": thing("old", existing=True),
                "second": thing("second", needs=["[format('many[{0}]', 1)]"], seen="[reference('many[1]').number]"),
            },
            outputs={
                "sizes": {
                    "type": "array",
                    "value": "[map(references('many'), lambda('m', lambdaVariables('m').size))]",
                },
                "old": {"type": "string", "value": "[reference('old').size]"},
                "whole": {"type": "object", "value": "[reference('second', '2024-01-01', 'Full')]"},
                "key": {"type": "string", "value": "[listKeys('second', '2024-01-01').keys[0].value]"},
            },
        ),
    )
    told = values(body)
    assert (told["sizes"], told["old"], told["key"]) == (["small", "small"], "huge", "key of second")
    assert told["whole"]["properties"]["seen"] == 5
    assert told["whole"]["resourceId"] == "Microsoft.Compute/things/second"
    assert len(body["outputResources"]) == 3


async def test_children_stand_in_their_parent(azure: Azure, things: Thing) -> None:
    await properties(
        azure, template([thing("whole", resources=[thing("half", kind="parts", needs=["whole"]) | {"type": "parts"}])])
    )
    assert things.log == ["whole", "half"]


async def test_nested_deployments_have_their_own_parameters_and_outputs(azure: Azure) -> None:
    inside = template(
        {"t": thing("[parameters('name')]")},
        parameters={"name": {"type": "string"}},
        outputs={"number": {"type": "int", "value": "[reference('t').number]"}},
    )
    group = {
        "type": "Microsoft.Resources/resourceGroups", "apiVersion": "2024-11-01", "name": "made",
        "location": "westeurope",
    }  # fmt: skip
    body = await properties(
        azure,
        template(
            {
                "g": group,
                "n": nested("n", inside, needs=["g"], resourceGroup="made", parameters={"name": "[toLower('ABC')]"}),
            },
            outputs={"o": {"type": "int", "value": "[reference('n').outputs.number.value]"}},
        ),
        scope=SUBSCRIPTION,
    )
    assert values(body) == {"o": 3}
    assert len(body["outputResources"]) == 2
    made = f"{SUBSCRIPTION}/resourceGroups/made/providers/Microsoft.Resources/deployments/n"
    assert (await azure.ask("GET", made)).json()["properties"]["provisioningState"] == "Succeeded"


async def test_an_outer_nested_template_is_evaluated_with_its_parents_values(azure: Azure, things: Thing) -> None:
    outer = nested("n", template([thing("[variables('v')]")]))
    del outer["properties"]["expressionEvaluationOptions"]
    await properties(azure, template([outer], variables={"v": "of-the-parent"}))
    assert things.log == ["of-the-parent"]


async def test_properties_may_be_one_expression(azure: Azure) -> None:
    whole = {**thing("a"), "properties": "[parameters('given')]"}
    body = await properties(
        azure,
        template(
            [whole],
            parameters={"given": {"type": "object"}},
            outputs={"o": {"type": "string", "value": "[reference('a').size]"}},
        ),
        {"given": {"size": "odd"}},
    )
    assert values(body) == {"o": "odd"}


async def test_complete_mode_clears_the_group_of_what_is_not_in_the_template(azure: Azure, world: World) -> None:
    await properties(azure, template([thing("old"), thing("kept")]))
    await properties(azure, template([thing("kept")]), mode="Complete")
    left = [one["name"] for one in world.store.table("resources").values() if "things" in one["type"]]
    assert left == ["kept"]
