"""Custom resources: served in the request that defines them, checked against their schema."""

import json
from typing import Any

import httpx
import pytest

NAME = "widgets.example.com"
DEFINITIONS = "apis/apiextensions.k8s.io/v1/customresourcedefinitions"
MERGE = {"Content-Type": "application/merge-patch+json"}


def definition(**names: Any) -> dict[str, Any]:
    spec = {
        "type": "object",
        "required": ["size"],
        "properties": {
            "size": {"type": "integer", "minimum": 1},
            "color": {"type": "string", "default": "red", "enum": ["red", "blue"]},
            "parts": {
                "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
                "items": {
                    "type": "object", "required": ["name"],
                    "properties": {"name": {"type": "string"}, "count": {"type": "integer", "default": 1}},
                },
            },
            "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        },
    }  # fmt: skip
    status = {"type": "object", "properties": {"phase": {"type": "string"}}}
    schema = {"type": "object", "properties": {"spec": spec, "status": status}}
    version = {
        "name": "v1", "served": True, "storage": True, "subresources": {"status": {}},
        "schema": {"openAPIV3Schema": schema},
        "additionalPrinterColumns": [
            {"name": "Size", "type": "integer", "jsonPath": ".spec.size"},
            {"name": "Phase", "type": "string", "jsonPath": ".status.phase", "priority": 1},
        ],
    }  # fmt: skip
    old = {"name": "v1beta1", "served": True, "storage": False, "schema": {"openAPIV3Schema": schema}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": NAME},
        "spec": {
            "group": "example.com", "scope": "Namespaced", "versions": [version, old],
            "names": {"plural": "widgets", "kind": "Widget", "shortNames": ["wd"], **names},
        },
    }  # fmt: skip


@pytest.fixture
def widgets(api: httpx.Client, namespace: str) -> Any:
    """The path of the widgets in the test's namespace; their definition is there for the test."""
    answer = api.post(DEFINITIONS, json=definition())
    assert answer.status_code == 201, answer.text
    yield f"apis/example.com/v1/namespaces/{namespace}/widgets"
    api.delete(f"{DEFINITIONS}/{NAME}")


def widget(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": spec}


def test_a_definition_is_established_at_once(api: httpx.Client, widgets: str) -> None:
    status = api.get(f"{DEFINITIONS}/{NAME}").json()["status"]
    assert {one["type"]: one["status"] for one in status["conditions"]} == {
        "NamesAccepted": "True",
        "Established": "True",
    }
    assert status["storedVersions"] == ["v1"]
    listed = api.get("apis/example.com/v1").json()["resources"]
    assert [one["name"] for one in listed] == ["widgets", "widgets/status"]
    found = api.get(widgets).json()
    assert found.pop("metadata")["resourceVersion"].isdecimal()  # the cluster's: others write meanwhile
    assert found == {"kind": "WidgetList", "apiVersion": "example.com/v1", "items": []}


def test_defaults_versions_and_generations(api: httpx.Client, widgets: str) -> None:
    made = api.post(widgets, json=widget(size=1, parts=[{"name": "a"}])).json()
    assert made["spec"] == {"size": 1, "color": "red", "parts": [{"name": "a", "count": 1}]}
    assert made["metadata"]["generation"] == 1
    older = api.get(widgets.replace("/v1/", "/v1beta1/") + "/w").json()
    assert (older["apiVersion"], older["spec"]) == ("example.com/v1beta1", made["spec"])


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({}, "spec.size: Required value"),
        ({"size": "two"}, 'spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"'),
        ({"size": 0}, "spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1"),
        ({"size": 1, "color": "green"}, 'spec.color: Unsupported value: "green": supported values: "blue", "red"'),
        ({"size": 1, "parts": [{"name": "a"}, {"name": "a"}]}, 'spec.parts[1]: Duplicate value: {"name":"a"}'),
    ],
)
def test_an_object_must_fit_its_schema(api: httpx.Client, widgets: str, spec: dict[str, Any], said: str) -> None:
    answer = api.post(widgets, json=widget(**spec))
    assert answer.status_code == 422
    assert answer.json()["message"] == f'Widget.example.com "w" is invalid: {said}'


def test_unknown_fields_are_refused_or_pruned(api: httpx.Client, widgets: str) -> None:
    document = widget(size=1, free={"any": {"thing": 1}}, unknown=1)
    refusal = api.post(widgets, json=document, params={"fieldValidation": "Strict"})
    assert (refusal.status_code, refusal.json()["message"]) == (
        400,
        'strict decoding error: unknown field "spec.unknown"',
    )
    made = api.post(widgets, json=document)
    assert made.json()["spec"] == {"size": 1, "color": "red", "free": {"any": {"thing": 1}}}
    assert made.headers["warning"] == '299 - "unknown field \\"spec.unknown\\""'


def test_the_status_has_its_own_door(api: httpx.Client, widgets: str) -> None:
    made = api.post(widgets, json=widget(size=1) | {"status": {"phase": "Made"}}).json()
    assert "status" not in made
    body = json.dumps({"spec": {"size": 5}, "status": {"phase": "Ready"}})
    through_status = api.patch(f"{widgets}/w/status", content=body, headers=MERGE).json()
    assert (through_status["spec"]["size"], through_status["status"]) == (1, {"phase": "Ready"})
    through_object = api.patch(f"{widgets}/w", content=body.replace("Ready", "Bad"), headers=MERGE).json()
    assert (through_object["spec"]["size"], through_object["status"]) == (5, {"phase": "Ready"})


def test_its_printer_columns_are_its_table(api: httpx.Client, widgets: str) -> None:
    api.post(widgets, json=widget(size=3))
    api.patch(f"{widgets}/w/status", content='{"status": {"phase": "Ready"}}', headers=MERGE)
    table = api.get(widgets, headers={"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}).json()
    assert [(one["name"], one["priority"]) for one in table["columnDefinitions"]] == [
        ("Name", 0),
        ("Size", 0),
        ("Phase", 1),
    ]
    assert table["rows"][0]["cells"] == ["w", 3, "Ready"]


def test_a_strategic_patch_is_not_for_custom_objects(api: httpx.Client, widgets: str) -> None:
    api.post(widgets, json=widget(size=1))
    headers = {"Content-Type": "application/strategic-merge-patch+json"}
    answer = api.patch(f"{widgets}/w", content="{}", headers=headers)
    assert answer.status_code == 415


def test_a_definition_must_be_named_after_what_it_defines(api: httpx.Client) -> None:
    answer = api.post(DEFINITIONS, json=definition(plural="things"))
    assert answer.status_code == 422
    assert (
        'metadata.name: Invalid value: "widgets.example.com": must be spec.names.plural+"."+spec.group'
        in (answer.json()["message"])
    )


def test_objects_go_with_their_definition(api: httpx.Client, widgets: str) -> None:
    api.post(widgets, json=widget(size=1))
    assert api.delete(f"{DEFINITIONS}/{NAME}").status_code == 200
    assert api.get(widgets).status_code == 404
    api.post(DEFINITIONS, json=definition())
    assert api.get(widgets).json()["items"] == []
