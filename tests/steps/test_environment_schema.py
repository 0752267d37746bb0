"""The schemas that editors check the files in config/ with: they are the models', and refuse what the models refuse."""

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

from steps.environment import Environment
from steps.environment_schema import SCHEMAS, text

CONFIG = Path(__file__).parents[2] / "config"
#: The schema of each file in config/ that is written by hand and is the project's own.
FILES = {
    "sandbox.yaml": "environment.schema.json",
    "azure.example.yaml": "environment.schema.json",
    "class.example.yaml": "class.schema.json",
    "pipeline.yaml": "pipeline.schema.json",
}


def validator(name: str) -> jsonschema.Draft202012Validator:
    found = json.loads((CONFIG / name).read_text())
    jsonschema.Draft202012Validator.check_schema(found)
    return jsonschema.Draft202012Validator(found)


@pytest.fixture(scope="module")
def schema() -> jsonschema.Draft202012Validator:
    return validator("environment.schema.json")


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_file_is_as_the_model_has_it(name: str) -> None:
    assert (CONFIG / name).read_text(encoding="utf-8") == text(SCHEMAS[name]), "python -m steps.environment_schema"


@pytest.mark.parametrize("name", FILES)
def test_the_files_in_config_name_theirs_and_are_valid(name: str) -> None:
    content = (CONFIG / name).read_text()
    assert content.startswith(f"# yaml-language-server: $schema={FILES[name]}\n")
    validator(FILES[name]).validate(yaml.safe_load(content))


@pytest.mark.parametrize(("name", "fields"), {"environment": 40, "class": 9, "pipeline": 5}.items())
def test_every_field_says_what_it_is(name: str, fields: int) -> None:
    schema = validator(f"{name}.schema.json").schema
    assert [name for name, field in _fields(schema) if not field.get("description")] == []
    assert len(list(_fields(schema))) >= fields


def _fields(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for title, model in {schema["title"]: schema, **schema.get("$defs", {})}.items():
        yield from ((f"{title}.{name}", field) for name, field in model["properties"].items())


@pytest.mark.parametrize("of", SCHEMAS)
def test_examples_and_defaults_are_valid(of: str) -> None:
    schema = validator(of)
    defs = {"$defs": schema.schema.get("$defs", {})}
    for name, field in _fields(schema.schema):
        given = [*field.get("examples", []), *([field["default"]] if "default" in field else [])]
        for one in given:
            assert list(schema.evolve(schema={**field, **defs}).iter_errors(one)) == [], name


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


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("class", "like", "config/my lab.yaml"),
        ("class", "at_once", 0),
        ("class", "labs", []),
        ("class", "labs", [{"name": "ada", "host": "a.b"}]),
        ("class", "labs", [{"host": "ada"}]),
        ("pipeline", "connection", "mine: yours"),
        ("pipeline", "timeout_minutes", 361),
        ("pipeline", "parts", ["Images"]),
        ("pipeline", "pool", "mine"),
    ],
)
def test_what_the_other_models_refuse(name: str, key: str, value: Any) -> None:
    (file,) = [file for file, schema in FILES.items() if schema == f"{name}.schema.json"]
    changed = yaml.safe_load((CONFIG / file).read_text()) | {key: value}
    assert not validator(FILES[file]).is_valid(changed)
    with pytest.raises(ValidationError):
        SCHEMAS[FILES[file]].model_validate(changed)


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
