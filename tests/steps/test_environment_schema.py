"""The schema that editors check the files in config/ with: it is the model's, and refuses what the model refuses."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from pydantic import ValidationError

from steps import environment_schema
from steps.environment import Environment

CONFIG = Path(__file__).parents[2] / "config"
HEADER = "# yaml-language-server: $schema=environment.schema.json"


@pytest.fixture(scope="module")
def schema() -> jsonschema.Draft202012Validator:
    found = json.loads((CONFIG / "environment.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(found)
    return jsonschema.Draft202012Validator(found)


def test_the_file_is_as_the_model_has_it() -> None:
    mend = "python -m steps.environment_schema"
    assert environment_schema.FILE.read_text(encoding="utf-8") == environment_schema.text(), mend


@pytest.mark.parametrize("name", ["sandbox.yaml", "azure.example.yaml"])
def test_the_environments_in_config_name_it_and_are_valid(schema: jsonschema.Draft202012Validator, name: str) -> None:
    text = (CONFIG / name).read_text()
    assert text.startswith(f"{HEADER}\n")
    schema.validate(yaml.safe_load(text))


def test_every_field_says_what_it_is(schema: jsonschema.Draft202012Validator) -> None:
    silent = [name for name, field in _fields(schema.schema) if not field.get("description")]
    assert silent == []
    assert len(list(_fields(schema.schema))) > 40


def _fields(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for title, model in {"Environment": schema, **schema["$defs"]}.items():
        yield from ((f"{title}.{name}", field) for name, field in model["properties"].items())


def test_examples_and_defaults_are_valid(schema: jsonschema.Draft202012Validator) -> None:
    for name, field in _fields(schema.schema):
        given = [*field.get("examples", []), *([field["default"]] if "default" in field else [])]
        for one in given:
            assert list(schema.evolve(schema={**field, "$defs": schema.schema["$defs"]}).iter_errors(one)) == [], name


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("name", "Wilab"),
        ("name", None),
        ("subscription", "mine"),
        ("location", "Norway East"),
        ("dns.zone", "contoso"),
        ("dns.zones", "lab.contoso.com"),
        ("cluster.kubernetes_version", 1.35),
        ("cluster.node_count", 0),
        ("cluster.admin_group.create", "perhaps"),
        ("network.subnet", "10.20.0.0/33"),
        ("network.subnet", "10.20.0.300/22"),
        ("network.address_space", 10.2),
        ("certmanager.issuer", "test"),
        ("certmanager.email", "ada"),
        ("entrance.address", "localhost"),
        ("charts.traefik.version", "latest"),
        ("charts.traefik.repo", "http://charts.contoso.com"),
    ],
)
def test_what_the_model_refuses(schema: jsonschema.Draft202012Validator, key: str, value: Any) -> None:
    """At the same place, or at the one that holds it, where a key is one too many."""
    data = yaml.safe_load((CONFIG / "azure.example.yaml").read_text())
    assert _refused(data) is False and schema.is_valid(data)
    changed = copy.deepcopy(data)
    *path, last = key.split(".")
    inner = changed
    for part in path:
        inner = inner.setdefault(part, {})
    inner[last] = value
    assert _refused(changed)
    (error,) = schema.iter_errors(changed)
    assert [*error.absolute_path] in ([*path, last], path)


def _refused(data: dict[str, Any]) -> bool:
    try:
        Environment.model_validate(data)
    except ValidationError:
        return True
    return False


@pytest.mark.parametrize("key", ["name", "subscription", "dns", "charts"])
def test_what_has_to_be_said(schema: jsonschema.Draft202012Validator, key: str) -> None:
    data = yaml.safe_load((CONFIG / "azure.example.yaml").read_text())
    del data[key]
    (error,) = schema.iter_errors(data)
    assert key in error.message and _refused(data)
