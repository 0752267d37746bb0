"""A template read: its sections, its resources as array or by symbolic name, and where each stands in the text."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from sandbox.deployments.errors import malformed_template
from sandbox.deployments.jsonc import Parsed, Path, dotted
from sandbox.deployments.language.context import UserFunction

_TEMPLATE = frozenset(
    {
        "$schema", "contentVersion", "apiProfile", "languageVersion", "metadata", "definitions", "parameters",
        "variables", "functions", "resources", "outputs", "imports", "extensions",
    }
)  # fmt: skip
_RESOURCE = frozenset(
    {
        "type", "apiVersion", "name", "location", "tags", "sku", "kind", "plan", "identity", "zones", "properties",
        "dependsOn", "condition", "copy", "scope", "comments", "metadata", "resources", "existing", "asserts",
        "resourceGroup", "subscriptionId", "managedBy", "managedByExtended", "extendedLocation", "etag", "placement",
        "import", "@options",
    }
)  # fmt: skip
_SECTIONS = {"parameters": dict, "variables": dict, "outputs": dict, "definitions": dict, "functions": list}


@dataclass(frozen=True)
class Declaration:
    """One resource of a template, before loops: ``symbol`` is its symbolic name, ``parent`` what it is written in."""

    raw: dict[str, Any]
    path: Path
    symbol: str | None = None
    parent: "Declaration | None" = None


@dataclass(frozen=True)
class Template:
    """``symbolic``: resources are written by symbolic name (languageVersion 2.0)."""

    source: Parsed
    symbolic: bool
    resources: tuple[Declaration, ...]
    functions: dict[str, UserFunction] = field(default_factory=dict)

    def section(self, name: str) -> dict[str, Any]:
        return self.source.value.get(name) or {}

    def place(self, path: Path) -> str:
        """``at line '3' and column '9'``, of the value at the path or of what it stands in."""
        while path and path not in self.source.places:
            path = path[:-1]
        line, column = self.source.places.get(path, (1, 1))
        return f"at line '{line}' and column '{column}'"

    @property
    def hash(self) -> str:
        """A number that is the same for the same template. Azure's own hash is not documented."""
        text = json.dumps(self.source.value, sort_keys=True)
        return str(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]))


def load(source: Parsed) -> Template:
    """Raises AzureError InvalidTemplate ("parse failed") for what is no template at all."""
    raw = source.value
    if not isinstance(raw, dict):
        raise malformed_template("Error converting value to type 'Template'. Path '', line 1, position 1.")
    for key in raw:
        if key not in _TEMPLATE:
            raise _unknown_member(source, (), key, "Template")
    for key in ("$schema", "contentVersion", "resources"):
        if key not in raw:
            raise malformed_template(f"Required property '{key}' not found in JSON. {_where(source, ())}")
    for key, shape in _SECTIONS.items():
        if raw.get(key) is not None and not isinstance(raw[key], shape):
            raise malformed_template(f"Error converting the value of '{key}'. {_where(source, (key,))}")
    for key in ("parameters", "outputs", "definitions"):
        for name, declared in (raw.get(key) or {}).items():
            if not isinstance(declared, dict):
                raise malformed_template(f"Error converting the value of '{name}'. {_where(source, (key, name))}")
    symbolic = isinstance(raw["resources"], dict)
    if symbolic and str(raw.get("languageVersion", "")) < "2":
        raise malformed_template(
            "Cannot deserialize the current JSON object into type 'TemplateResource[]' because the type requires a "
            f"JSON array to deserialize correctly. {_where(source, ('resources',))}"
        )
    functions = _functions(source)
    return Template(source, symbolic, tuple(_declarations(source, raw["resources"], ("resources",), None)), functions)


def _where(source: Parsed, path: Path) -> str:
    at = path
    while at and at not in source.places:
        at = at[:-1]
    line, column = source.places.get(at, (1, 1))
    return f"Path '{dotted(path)}', line {line}, position {column}."


def _unknown_member(source: Parsed, path: Path, key: str, type: str) -> Exception:
    message = f"Could not find member '{key}' on object of type '{type}'. {_where(source, (*path, key))}"
    return malformed_template(message)


def _declarations(source: Parsed, value: Any, path: Path, parent: Declaration | None) -> list[Declaration]:
    """The resources of an array or object, each followed by the children written in it."""
    if not isinstance(value, dict | list):
        raise malformed_template(f"Error converting the value of 'resources'. {_where(source, path)}")
    found: list[Declaration] = []
    for key, raw in value.items() if isinstance(value, dict) else enumerate(value):
        at = (*path, key)
        if not isinstance(raw, dict):
            raise malformed_template(f"Error converting value to type 'TemplateResource'. {_where(source, at)}")
        for member in raw:
            if member not in _RESOURCE:
                raise _unknown_member(source, at, member, "TemplateResource")
        if not isinstance(raw.get("copy") or {}, dict):
            raise malformed_template(f"Error converting value to type 'TemplateCopy'. {_where(source, at)}")
        if not raw.get("type"):
            raise malformed_template(f"Required property 'type' not found in JSON. {_where(source, at)}")
        declaration = Declaration(raw, at, key if isinstance(key, str) else None, parent)
        found.append(declaration)
        if raw.get("resources"):
            found += _declarations(source, raw["resources"], (*at, "resources"), declaration)
    return found


def _functions(source: Parsed) -> dict[str, UserFunction]:
    """The template's own functions by lower-case ``namespace.name``."""
    found: dict[str, UserFunction] = {}
    for index, space in enumerate(source.value.get("functions") or []):
        members = space.get("members") if isinstance(space, dict) else None
        if not isinstance(members, dict) or not isinstance(space.get("namespace"), str):
            at = _where(source, ("functions", index))
            raise malformed_template(f"Error converting value to type 'TemplateFunctionNamespace'. {at}")
        for name, member in members.items():
            parameters = tuple(parameter["name"] for parameter in member.get("parameters") or [])
            output = (member.get("output") or {}).get("value")
            found[f"{space['namespace']}.{name}".lower()] = UserFunction(parameters, output)
    return found
