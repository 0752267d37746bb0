"""Templates with parts that make no sense: refused or deployed, but never a fault of the sandbox itself."""

import asyncio
import copy
from collections.abc import Iterator
from typing import Any

from deployment_callers import Azure
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sample_templates import nested, template, thing

INSIDE = template(
    {"t": thing("[parameters('name')]")},
    parameters={"name": {"type": "string"}},
    outputs={"n": {"type": "int", "value": "[reference('t').number]"}},
)
WHOLE = template(
    {
        "a": thing("a", tags={"x": "y"}),
        "l": thing(
            "[format('l{0}', copyIndex())]",
            needs=["a"],
            copy={"name": "loop", "count": 2, "mode": "serial", "batchSize": 1},
            list={"copy": [{"name": "all", "count": 2, "input": "[copyIndex('all')]"}]},
        ),
        "n": nested("n", INSIDE, needs=["a"], parameters={"name": "[parameters('p')]"}),
        "o": thing("old", existing=True),
    },
    parameters={
        "p": {"type": "string", "defaultValue": "x", "allowedValues": ["x", "z"], "minLength": 1},
        "q": {"type": "object", "defaultValue": {"a": 1}, "properties": {"a": {"type": "int"}}},
    },
    variables={"v": "[my.f('v')]", "copy": [{"name": "c", "count": 2, "input": "[copyIndex('c')]"}]},
    outputs={
        "o": {"type": "int", "value": "[reference('n').outputs.n.value]"},
        "each": {"type": "array", "copy": {"count": 2, "input": "[copyIndex()]"}},
    },
    functions=[
        {
            "namespace": "my",
            "members": {
                "f": {
                    "parameters": [{"name": "a", "type": "string"}],
                    "output": {"type": "string", "value": "[parameters('a')]"},
                }
            },
        }
    ],
)
ODD = [
    None, 1, -1, 1.5, True, "", "x", "[", [], [1], [None], {}, {"a": 1}, "[parameters('p')]", "[variables('c')]",
    "[parameters('q')]", "[null()]", "[copyIndex()]", "[reference('a')]", "[createArray(1)]", "[lambda('x', 1)]",
]  # fmt: skip


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every part of a value."""
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield (*at, key)
        yield from places(value[key], (*at, key))


@given(place=st.sampled_from(list(places(WHOLE))), odd=st.sampled_from(ODD))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_odd_part_is_never_a_fault_of_the_sandbox(azure: Azure, place: tuple[Any, ...], odd: Any) -> None:
    wanted = copy.deepcopy(WHOLE)
    holder = wanted
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = odd

    async def deployed() -> None:
        for verb in ("validate", "whatIf", "put"):
            answer = await azure.deployment(verb, wanted)
            assert answer.status_code in (200, 201, 400, 404)
            assert "InternalServerError" not in answer.text

    asyncio.run(deployed())
