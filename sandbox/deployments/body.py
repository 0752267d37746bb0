"""What a client asks to be deployed: the request's body, which az does not send as JSON, read strictly."""

import json
from dataclasses import dataclass, field
from typing import Any

from sandbox.deployments import jsonc
from sandbox.errors import AzureError

_TOP = frozenset({"location", "properties", "tags", "identity"})
_PROPERTIES = frozenset(
    {
        "mode", "template", "templateLink", "parameters", "parametersLink", "debugSetting", "onErrorDeployment",
        "expressionEvaluationOptions", "whatIfSettings", "validationLevel", "extensionConfigs",
    }
)  # fmt: skip
#: What az writes between the other properties and the template's own text (it is not JSON: the key has no quotes).
_SPLICE = ", template:"


@dataclass(frozen=True)
class Request:
    """``template`` keeps its places in the text; ``result_format`` is what-if's."""

    template: jsonc.Parsed
    parameters: dict[str, Any] = field(default_factory=dict)
    mode: str = "Incremental"
    location: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    debug: str | None = None
    result_format: str = "FullResourcePayloads"


def invalid_content(reason: str) -> AzureError:
    return AzureError(
        400,
        "InvalidRequestContent",
        f"The request content was invalid and could not be deserialized: '{reason}'.",
    )


def read(raw: bytes) -> Request:
    """The request in a body. Raises AzureError 400 InvalidRequestContent and its like."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise invalid_content(str(error)) from None
    body, template = _split(text)
    if not isinstance(body, dict):
        raise invalid_content("Cannot deserialize the current JSON into type 'DeploymentContent'.")
    _members(body, _TOP, "DeploymentContent", "")
    properties = body.get("properties")
    if not isinstance(properties, dict):
        raise invalid_content("Required property 'properties' not found in JSON. Path '', line 1, position 1.")
    _members(properties, _PROPERTIES, "DeploymentPropertiesDefinition", "properties.")
    if template is None:
        raise _without_template(properties)
    mode = properties.get("mode")
    if mode not in ("Incremental", "Complete"):
        raise invalid_content(
            f"Error converting value \"{mode}\" to type 'DeploymentMode'. Path 'properties.mode', line 1, position 1."
        )
    return Request(
        template=template,
        parameters=_parameters(properties),
        mode=mode,
        location=body.get("location"),
        tags=body.get("tags") or {},
        debug=(properties.get("debugSetting") or {}).get("detailLevel"),
        result_format=(properties.get("whatIfSettings") or {}).get("resultFormat") or "FullResourcePayloads",
    )


def _split(text: str) -> tuple[Any, jsonc.Parsed | None]:
    """The body without the template, and the template, of either form of body."""
    at = text.find(_SPLICE)
    while at >= 0:
        try:
            body = json.loads(text[:at] + "}}")
        except ValueError:
            at = text.find(_SPLICE, at + 1)
            continue
        tail = text[at + len(_SPLICE) :].rstrip().removesuffix("}").rstrip().removesuffix("}")
        try:
            return body, jsonc.parse(tail)
        except jsonc.JsonFault as fault:
            raise invalid_content(str(fault)) from None
    try:
        whole = jsonc.parse(text)
    except jsonc.JsonFault as fault:
        raise invalid_content(str(fault)) from None
    body = whole.value
    properties = body.get("properties") if isinstance(body, dict) else None
    if isinstance(properties, dict) and properties.get("template") is not None:
        return body, whole.part("properties", "template")
    return body, None


def _members(value: dict[str, Any], known: frozenset[str], type: str, prefix: str) -> None:
    for key in value:
        if key not in known:
            raise invalid_content(
                f"Could not find member '{key}' on object of type '{type}'. Path '{prefix}{key}', line 1, position 1."
            )


def _parameters(properties: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The parameters handed in: name -> ``{"value": ...}``."""
    parameters = properties.get("parameters") or {}
    if not isinstance(parameters, dict) or not all(isinstance(value, dict) for value in parameters.values()):
        raise invalid_content(
            "Error converting value to type 'DeploymentParameterDefinition'. Path 'properties.parameters', line 1, "
            "position 1."
        )
    return parameters


def _without_template(properties: dict[str, Any]) -> AzureError:
    link = properties.get("templateLink")
    if isinstance(link, dict):
        where = link.get("uri") or link.get("id")
        return AzureError(
            400,
            "InvalidContentLink",
            f"Unable to download deployment content from '{where}'. The sandbox reaches no other server: send the "
            "template itself. Please see https://aka.ms/arm-deploy for usage details.",
        )
    return AzureError(
        400,
        "InvalidRequestContent",
        "The request content was invalid: the deployment properties must have either 'template' or 'templateLink' "
        "specified. Please see https://aka.ms/arm-deploy for usage details.",
    )


def nested(content: dict[str, Any], source: jsonc.Parsed, path: jsonc.Path) -> Request:
    """The request of a nested deployment. ``content``: its resource, evaluated; ``source`` and ``path``: the template
    that it is written in, and where. Raises AzureError."""
    properties = content.get("properties") or {}
    _members(properties, _PROPERTIES, "DeploymentPropertiesDefinition", "properties.")
    template = properties.get("template")
    if template is None:
        raise _without_template(properties)
    at = (*path, "properties", "template")
    places = {where[len(at) :]: place for where, place in source.places.items() if where[: len(at)] == at}
    return Request(
        template=jsonc.Parsed(template, places),
        parameters=_parameters(properties),
        mode=properties.get("mode") or "Incremental",
        location=content.get("location"),
        tags=content.get("tags") or {},
    )
