"""Templates and requests that are refused, in Azure's words and at Azure's places."""

import json
import re
from typing import Any

import pytest
from deployment_callers import Azure
from sample_templates import GROUP, SCHEMA, SUBSCRIPTION, nested, template, thing

from sandbox.entra import principals

pytestmark = pytest.mark.anyio


async def refusal(azure: Azure, of: dict[str, Any] | str, *args: Any, **named: Any) -> dict[str, Any]:
    answer = await azure.deployment("validate", of, *args, **named)
    assert answer.status_code in (400, 409), answer.text
    return answer.json()["error"]


CASES: list[tuple[str, dict[str, Any], str]] = [
    ("an unknown member of the template", {**template(), "resorces": []},
     "Deployment template parse failed: 'Could not find member 'resorces' on object of type 'Template'. Path"),
    ("a parameter that is no object", template(parameters={"p": "string"}), "Error converting \"string\" to type"),
    ("a loop that is no object", template([thing("a", copy=[1])]), "to type 'TemplateCopy'"),
    ("no schema", {"contentVersion": "1.0.0.0", "resources": []}, "Required property '$schema' not found in JSON."),
    ("an unknown member of a resource", template([{**thing("a"), "colour": "red"}]),
     "Could not find member 'colour' on object of type 'TemplateResource'. Path 'resources[0].colour'"),
    ("symbolic names without languageVersion", {**template([]), "resources": {"a": thing("a")}},
     "Cannot deserialize the current JSON object into type 'TemplateResource[]'"),
    ("an unknown function", template([thing("[nosuch()]")]),
     "The template function 'nosuch' is not valid. Please see https://aka.ms/arm-functions for usage details."),
    ("an unknown parameter", template([thing("a", x="[parameters('p')]")]),
     "is not valid: The template parameter 'p' is not found. Please see https://aka.ms/arm-syntax-parameters"),
    ("an unknown variable", template([thing("a", x="[variables('v')]")]), "The template variable 'v' is not found."),
    ("a malformed expression", template([thing("[concat('a']")]),
     "Unable to parse language expression 'concat('a'': expected token 'RightParenthesis' and actual 'EndOfData'."),
    ("reference in a name", template([thing("a"), thing("[reference('a').size]")]),
     "The template function 'reference' is not expected at this location."),
    ("utcNow outside of a default value", template([thing("[utcNow()]")]),
     "The template function 'utcNow' is not expected at this location."),
    ("an unknown dependency", template([thing("a", needs=["b"])]), "The resource 'b' is not defined in the template."),
    ("a cycle", template([thing("a", needs=["b"]), thing("b", needs=["a"])]),
     "Circular dependency detected on resource: '/subscriptions/"),
    ("a resource twice", template([thing("a"), thing("A")]), "is defined multiple times in a template."),
    ("segments that do not match", template([thing("a/b")]), "has incorrect segment lengths."),
    ("no name", template([{**thing("a"), "name": ""}]), "The name property cannot be null or empty."),
    ("no api-version", template([{**thing("a"), "apiVersion": None}]), "The api-version property cannot be null"),
    ("too many turns", template([thing("a", copy={"name": "l", "count": 801})]), "The copy count '801'"),
    ("a variable of itself", template([thing("[variables('v')]")], variables={"v": "[variables('v')]"}),
     "it refers to itself"),
    ("a mistake in a nested template", template([nested("n", template([thing("[parameters('p')]")]))]),
     "The template parameter 'p' is not found."),
    ("a missing parameter of a nested template",
     template([nested("n", template(parameters={"p": {"type": "string"}}))]),
     "The value for the template parameter 'p'"),
    ("a type that a parameter cannot have", template(parameters={"p": {"type": "text"}}), "'text' is not supported"),
]  # fmt: skip


@pytest.mark.parametrize(("wanted", "message"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
async def test_a_template_is_refused(azure: Azure, wanted: dict[str, Any], message: str) -> None:
    error = await refusal(azure, wanted)
    assert error["code"] == "InvalidTemplate"
    assert message in error["message"]


@pytest.mark.parametrize(
    ("declared", "given", "message"),
    [
        ({"type": "string"}, {}, "is not provided."),
        ({"type": "string"}, {"p": "x", "q": 1}, "do not correspond to any parameters defined in the template: 'q'"),
        ({"type": "int"}, {"p": "x"}, "Expected a value of type 'Integer', but received a value of type 'String'"),
        ({"type": "bool"}, {"p": 1}, "Expected a value of type 'Boolean', but received a value of type 'Integer'"),
        ({"type": "string", "allowedValues": ["a", "b"]}, {"p": "c"}, "not part of the allowed value(s): 'a,b'."),
        ({"type": "string", "minLength": 3}, {"p": "ab"}, "Length of the value should be greater than or equal to '3'"),
        ({"type": "array", "maxLength": 1}, {"p": [1, 2]}, "Length of the value should be less than or equal to '1'"),
        ({"type": "int", "maxValue": 5}, {"p": 6}, "The value should be less than or equal to '5'"),
        ({"type": "object", "properties": {"a": {"type": "int"}}}, {"p": {}}, "The required property '.a' is missing"),
        ({"type": "object", "properties": {}, "additionalProperties": False}, {"p": {"b": 1}}, "'b' is not permitted"),
        ({"type": "array", "items": {"type": "int"}}, {"p": [1, "x"]}, "is not valid at '[1]'"),
        ({"$ref": "#/definitions/small"}, {"p": 9}, "The value should be less than or equal to '3'"),
        ({"type": "string", "defaultValue": "[concat('a', 'b')]", "maxLength": 1}, {}, "less than or equal to '1'"),
    ],
)  # fmt: skip
async def test_a_parameter_is_refused(azure: Azure, declared: Any, given: Any, message: str) -> None:
    wanted = template(parameters={"p": declared}, definitions={"small": {"type": "int", "maxValue": 3}})
    error = await refusal(azure, wanted, given)
    assert (error["code"], message in error["message"]) == ("InvalidTemplate", True), error["message"]


async def test_optional_parameters_may_be_left_out(azure: Azure) -> None:
    wanted = template(
        [],
        parameters={"p": {"type": "string", "nullable": True}, "q": {"type": "int", "defaultValue": 1}},
        outputs={"o": {"type": "string", "value": "[coalesce(parameters('p'), 'none')]"}},
    )
    answer = await azure.deployment("put", wanted)
    assert answer.json()["properties"]["outputs"]["o"]["value"] == "none"


async def test_comments_long_strings_and_places_survive_the_way_az_sends_a_template(azure: Azure) -> None:
    text = f"""{{ // a comment
  "$schema": "{SCHEMA}", /* another,
  over two lines */
  "contentVersion": "1.0.0.0",
  "resources": [
    {{"type": "Microsoft.Compute/things", "apiVersion": "2024-01-01",
      "name": "[concat('a', 'b',
        variables('none'))]"}}
  ]
}}"""
    error = await refusal(azure, text)
    assert re.search(
        r"at line '6' and column '5' is not valid: The template variable 'none' is not found", error["message"]
    )


async def test_a_body_of_plain_json_is_read_too(azure: Azure) -> None:
    body = {"properties": {"mode": "Incremental", "template": template([thing("a")])}}
    path = f"{GROUP}/providers/Microsoft.Resources/deployments/plain"
    answer = await azure.ask("PUT", path, json.dumps(body))
    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("{", "InvalidRequestContent"),
        ("{}", "InvalidRequestContent"),
        ('{"properties": {"mode": "Incremental"}}', "InvalidRequestContent"),
        ('{"properties": {"mode": "Sometimes"}, "x": 1}', "InvalidRequestContent"),
        ('{"properties": {"mode": "Incremental", "templateLink": {"uri": "https://x/y"}}}', "InvalidContentLink"),
        ('{"properties": {"mode": "Incremental", template:{"a": }}}', "InvalidRequestContent"),
    ],
)
async def test_a_body_is_refused(azure: Azure, body: str, code: str) -> None:
    answer = await azure.ask("PUT", f"{GROUP}/providers/Microsoft.Resources/deployments/one", body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


async def test_places_and_names_are_checked(azure: Azure) -> None:
    nowhere = await azure.deployment("validate", template(), scope=f"{SUBSCRIPTION}/resourceGroups/none")
    assert (nowhere.status_code, nowhere.json()["error"]["code"]) == (404, "ResourceGroupNotFound")
    moon = await azure.deployment("validate", template(), scope=SUBSCRIPTION, location="moon")
    assert moon.json()["error"]["code"] == "LocationNotAvailableForDeployment"
    stranger = await azure.ask("GET", "/subscriptions/other/providers/Microsoft.Resources/deployments")
    assert stranger.json()["error"]["code"] == "SubscriptionNotFound"
    old = await azure.client.get(f"{SUBSCRIPTION}/providers/Microsoft.Resources/deployments?api-version=1999-01-01")
    assert old.json()["error"]["code"] == "InvalidApiVersionParameter"


async def test_validation_asks_each_resource(azure: Azure) -> None:
    error = await refusal(azure, template([thing("a"), thing("b", refuse=True), thing("c", refuse=True)]))
    assert error["code"] == "InvalidTemplateDeployment"
    assert "The template deployment 'one' is not valid according to the validation procedure." in error["message"]
    assert [detail["message"] for detail in error["details"]] == [
        "The thing 'b' is refused.",
        "The thing 'c' is refused.",
    ]


async def test_validation_tells_what_the_caller_may_not_do(azure: Azure) -> None:
    document = principals.create_service_principal(azure.world, "deployer")
    azure.principal = principals.principal_of(document)
    azure.grant("Managed Identity Contributor", GROUP)  # it may deploy, but only identities
    error = await refusal(azure, template([thing("a")]))
    assert error["code"] == "InvalidTemplateDeployment"
    assert (
        "Authorization failed for template resource 'a' of type 'Microsoft.Compute/things'. The client"
        in error["message"]
    )


async def test_what_is_valid_is_answered_with_the_resources(azure: Azure) -> None:
    inside = template([thing("inner", seen="[parameters('later')]")],
                      parameters={"later": {"type": "int"}})  # fmt: skip
    wanted = template(
        {"a": thing("a"), "n": nested("n", inside, parameters={"later": "[reference('a').number]"})},
        parameters={"p": {"type": "string", "defaultValue": "x"}},
    )
    answer = await azure.deployment("validate", wanted)
    body = answer.json()["properties"]
    assert [one["id"].rpartition("/")[2] for one in body["validatedResources"]] == ["a", "inner"]
    assert body["parameters"] == {"p": {"type": "String", "value": "x"}}
    assert body["provisioningState"] == "Succeeded"
