"""Templates in a few words, for the tests of deployments."""

from typing import Any

from sandbox.world import SUBSCRIPTION_ID

SUBSCRIPTION = f"/subscriptions/{SUBSCRIPTION_ID}"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg"
SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"


def template(resources: Any = (), **sections: Any) -> dict[str, Any]:
    """A template; resources by symbolic name make it one of languageVersion 2.0."""
    whole: dict[str, Any] = {"$schema": SCHEMA, "contentVersion": "1.0.0.0", **sections}
    if isinstance(resources, dict):
        whole["languageVersion"] = "2.0"
    return whole | {"resources": resources if isinstance(resources, dict) else list(resources)}


def thing(name: str, *, needs: list[str] | None = None, kind: str = "things", **members: Any) -> dict[str, Any]:
    """A resource of the test type. ``members`` that no resource has are its properties."""
    resource: dict[str, Any] = {"type": f"Microsoft.Compute/{kind}", "apiVersion": "2024-01-01", "name": name}
    for key in ("copy", "condition", "existing", "location", "tags", "resources"):
        if key in members:
            resource[key] = members.pop(key)
    if needs:
        resource["dependsOn"] = needs
    return resource | {"properties": members}


def nested(name: str, inside: dict[str, Any], *, needs: list[str] | None = None, **members: Any) -> dict[str, Any]:
    """A nested deployment with a scope of its own."""
    parameters = {key: {"value": value} for key, value in members.pop("parameters", {}).items()}
    return {
        "type": "Microsoft.Resources/deployments", "apiVersion": "2025-04-01", "name": name, "dependsOn": needs or [],
        **members,
        "properties": {
            "mode": "Incremental", "expressionEvaluationOptions": {"scope": "inner"}, "parameters": parameters,
            "template": inside,
        },
    }  # fmt: skip
