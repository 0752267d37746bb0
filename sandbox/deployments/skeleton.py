"""The skeleton of a template: which members there are and of which type, as far as no expression is evaluated."""

import json
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sandbox.deployments.errors import malformed_template
from sandbox.deployments.jsonc import Parsed, Path, dotted

#: A boolean, a number or an object may be written as an expression.
Bool = bool | str
Int = int | str
Object = dict[str, Any] | str


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class ValueLoop(_Part):
    name: str
    count: Int
    input: Any


class OutputLoop(_Part):
    count: Int
    input: Any


class ResourceLoop(_Part):
    name: str | None = None
    count: Int
    mode: str | None = None
    batch_size: int | None = Field(None, alias="batchSize", ge=1)


class TypeDefinition(BaseModel):
    """A parameter's, an output's or a property's type. Decorations that the sandbox does not read are let pass."""

    model_config = ConfigDict(extra="allow", strict=True)

    type: str | None = None
    definition: str | None = Field(None, alias="$ref")
    allowed_values: list[Any] | None = Field(None, alias="allowedValues")
    min_length: int | None = Field(None, alias="minLength")
    max_length: int | None = Field(None, alias="maxLength")
    min_value: int | None = Field(None, alias="minValue")
    max_value: int | None = Field(None, alias="maxValue")
    nullable: bool | None = None
    properties: "dict[str, TypeDefinition] | None" = None
    additional_properties: "bool | TypeDefinition | None" = Field(None, alias="additionalProperties")
    items: "bool | TypeDefinition | None" = None


class Output(TypeDefinition):
    condition: Bool | None = None
    loop: OutputLoop | None = Field(None, alias="copy")


class FunctionParameter(TypeDefinition):
    name: str


class FunctionOutput(TypeDefinition):
    value: Any


class TemplateFunction(_Part):
    parameters: list[FunctionParameter] | None = None
    output: FunctionOutput
    metadata: Any = None


class TemplateFunctionNamespace(_Part):
    namespace: str
    members: dict[str, TemplateFunction]


class TemplateResource(_Part):
    type: str = Field(min_length=1)
    name: str | None = None
    api_version: str | None = Field(None, alias="apiVersion")
    location: str | None = None
    tags: Object | None = None
    sku: Object | None = None
    kind: str | None = None
    plan: Object | None = None
    identity: Object | None = None
    zones: list[Any] | str | None = None
    properties: Object | None = None
    depends_on: list[str] | None = Field(None, alias="dependsOn")
    condition: Bool | None = None
    loop: ResourceLoop | None = Field(None, alias="copy")
    scope: str | None = None
    existing: bool | None = None
    resource_group: str | None = Field(None, alias="resourceGroup")
    subscription_id: str | None = Field(None, alias="subscriptionId")
    managed_by: str | None = Field(None, alias="managedBy")
    managed_by_extended: list[str] | None = Field(None, alias="managedByExtended")
    extended_location: Object | None = Field(None, alias="extendedLocation")
    etag: str | None = None
    placement: Any = None
    comments: Any = None
    metadata: Any = None
    asserts: Any = None
    import_: Any = Field(None, alias="import")
    options: Any = Field(None, alias="@options")
    resources: "list[TemplateResource] | dict[str, TemplateResource] | None" = None


class Variables(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True)

    loops: list[ValueLoop] | None = Field(None, alias="copy")


class Template(_Part):
    schema_: str = Field(alias="$schema")
    content_version: str = Field(alias="contentVersion")
    api_profile: str | None = Field(None, alias="apiProfile")
    language_version: str | None = Field(None, alias="languageVersion")
    metadata: Any = None
    definitions: dict[str, TypeDefinition] | None = None
    parameters: dict[str, TypeDefinition] | None = None
    variables: Variables | None = None
    functions: list[TemplateFunctionNamespace] | None = None
    resources: list[TemplateResource] | dict[str, TemplateResource]
    outputs: dict[str, Output] | None = None
    imports: Any = None
    extensions: Any = None


def check(source: Parsed) -> None:
    """Raises AzureError InvalidTemplate ("parse failed") that names the first member that is wrong."""
    try:
        Template.model_validate(source.value)
    except ValidationError as fault:
        errors = [error for error in fault.errors() if _of_the_right_shape(source.value, error["loc"])]
        error = (errors or fault.errors())[0]
        path, type = _path(source.value, error["loc"]), _type(error["loc"])
        member = next(reversed(error["loc"]), "")
        if error["type"] == "extra_forbidden":
            reason = f"Could not find member '{member}' on object of type '{type}'. {where(source, path)}"
        elif error["type"] == "missing":
            reason = f"Required property '{member}' not found in JSON. {where(source, path)}"
        else:
            value = json.dumps(error["input"]) if isinstance(error["input"], str | int | float | None) else "value"
            reason = f"Error converting {value} to type '{type}'. {where(source, path)}"
        raise malformed_template(reason) from None


def _of_the_right_shape(value: Any, loc: tuple[str | int, ...]) -> bool:
    """Whether an error is of the alternative (array or object) that the value tries to be."""
    for key in loc:
        if isinstance(key, str) and key.startswith(("list[", "dict[")):
            if not isinstance(value, list if key.startswith("list[") else dict):
                return False
        elif _has(value, key):
            value = value[key]
    return True


def _path(value: Any, loc: tuple[str | int, ...]) -> Path:
    """An error's place without what only names an alternative of a union. A missing member has its owner's."""
    path: list[str | int] = []
    for key in loc:
        if _has(value, key):
            value = value[key]
            path.append(key)
    return tuple(path)


def _has(value: Any, key: str | int) -> bool:
    if isinstance(value, list):
        return isinstance(key, int) and key < len(value)
    return isinstance(value, dict) and key in value


def _type(loc: tuple[str | int, ...]) -> str:
    """Azure's name of the type that an error is about."""
    words = [word for word in loc if isinstance(word, str)]
    if "functions" in words[:1]:
        return "TemplateFunctionNamespace"
    if "copy" in words[-2:]:
        return "TemplateCopy"
    if words[:1] in (["parameters"], ["definitions"]) and len(words) > 1:
        return "TemplateInputParameter"
    if words[:1] == ["outputs"] and len(words) > 1:
        return "TemplateOutputParameter"
    return "TemplateResource" if words[:1] == ["resources"] and len(loc) > 1 else "Template"


def where(source: Parsed, path: Path) -> str:
    at = path
    while at and at not in source.places:
        at = at[:-1]
    line, column = source.places.get(at, (1, 1))
    return f"Path '{dotted(path)}', line {line}, position {column}."
