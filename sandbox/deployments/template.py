"""A template read: its sections, its resources as array or by symbolic name, and where each stands in the text."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from sandbox.deployments import skeleton
from sandbox.deployments.errors import malformed_template
from sandbox.deployments.jsonc import Parsed, Path
from sandbox.deployments.language.context import UserFunction


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
    skeleton.check(source)
    raw = source.value
    symbolic = isinstance(raw["resources"], dict)
    if symbolic and (raw.get("languageVersion") or "") < "2":
        raise malformed_template(
            "Cannot deserialize the current JSON object into type 'TemplateResource[]' because the type requires a "
            f"JSON array to deserialize correctly. {skeleton.where(source, ('resources',))}"
        )
    return Template(source, symbolic, tuple(_declarations(raw["resources"], ("resources",), None)), _functions(raw))


def _declarations(value: Any, path: Path, parent: Declaration | None) -> list[Declaration]:
    """The resources of an array or object, each followed by the children written in it."""
    found: list[Declaration] = []
    for key, raw in value.items() if isinstance(value, dict) else enumerate(value):
        at = (*path, key)
        declaration = Declaration(raw, at, key if isinstance(key, str) else None, parent)
        found.append(declaration)
        found += _declarations(raw.get("resources") or [], (*at, "resources"), declaration)
    return found


def _functions(raw: dict[str, Any]) -> dict[str, UserFunction]:
    """The template's own functions by lower-case ``namespace.name``."""
    return {
        f"{space['namespace']}.{name}".lower(): UserFunction(
            tuple(parameter["name"] for parameter in function.get("parameters") or []), function["output"]["value"]
        )
        for space in raw.get("functions") or []
        for name, function in space["members"].items()
    }
