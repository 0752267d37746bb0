"""Where a template is deployed, and the ids of resources: ``resourceGroup()``, ``resourceId`` and their like."""

from typing import Any

from sandbox.deployments.language.context import Context
from sandbox.deployments.language.faults import ExpressionFault
from sandbox.deployments.language.functions import function


@function("subscription")
def subscription(context: Context) -> dict[str, Any]:
    return context.surroundings.fact("subscription")


@function("resourceGroup")
def resource_group(context: Context) -> dict[str, Any]:
    return context.surroundings.fact("resourceGroup")


@function("deployment")
def deployment(context: Context) -> dict[str, Any]:
    return context.surroundings.fact("deployment")


@function("tenant")
def tenant(context: Context) -> dict[str, Any]:
    return context.surroundings.fact("tenant")


@function("environment")
def environment(context: Context) -> dict[str, Any]:
    return context.surroundings.fact("environment")


@function("deployer")
def deployer(context: Context) -> dict[str, Any]:
    return context.surroundings.fact("deployer")


def provider_path(function_name: str, type: str, names: list[str]) -> str:
    """``NS/a/b`` and [x, y] to ``NS/a/x/b/y``; a name may itself hold several segments (``x/y``)."""
    namespace, *types = type.strip("/").split("/")
    segments = [segment for name in names for segment in name.split("/")]
    if not types or len(types) != len(segments):
        raise ExpressionFault(
            f"Unable to evaluate template language function '{function_name}': the type '{type}' requires "
            f"'{len(types)}' resource name argument(s). "
            f"Please see https://aka.ms/arm-functions/#{function_name.lower()} for usage details."
        )
    return "/".join([namespace, *(part for pair in zip(types, segments, strict=True) for part in pair)])


def _subscription_path(function_name: str, subscription_id: str, type: str, names: list[str]) -> str:
    if type.lower() == "microsoft.resources/resourcegroups" and len(names) == 1:
        return f"/subscriptions/{subscription_id}/resourceGroups/{names[0]}"
    return f"/subscriptions/{subscription_id}/providers/{provider_path(function_name, type, names)}"


def _parts(function_name: str, values: tuple[str, ...], most: int) -> tuple[list[str], str, list[str]]:
    """What stands before the type (at most ``most`` values), the type, the names."""
    for index, value in enumerate(values[: most + 1]):
        if "/" in value:
            return list(values[:index]), value, list(values[index + 1 :])
    raise ExpressionFault(
        f"Unable to evaluate template language function '{function_name}': the function requires fully qualified "
        "resource type 'providerNamespace/resourceType' as one of its arguments. "
        f"Please see https://aka.ms/arm-functions/#{function_name.lower()} for usage details."
    )


@function("resourceId")
def resource_id(context: Context, first: str, *others: str) -> str:
    """``[subscription], [group], type, names...``; without a group, the deployment's own (if it has one)."""
    places, type, names = _parts("resourceId", (first, *others), 2)
    subscription_id, group = context.surroundings.subscription_id, context.surroundings.group
    if len(places) == 2:
        subscription_id, group = places
    elif len(places) == 1 and group:
        group = places[0]
    elif len(places) == 1:
        subscription_id = places[0]
    if not group or type.lower() == "microsoft.resources/resourcegroups":
        return _subscription_path("resourceId", subscription_id, type, names)
    scope = f"/subscriptions/{subscription_id}/resourceGroups/{group}"
    return f"{scope}/providers/{provider_path('resourceId', type, names)}"


@function("subscriptionResourceId")
def subscription_resource_id(context: Context, first: str, *others: str) -> str:
    places, type, names = _parts("subscriptionResourceId", (first, *others), 1)
    subscription_id = places[0] if places else context.surroundings.subscription_id
    return _subscription_path("subscriptionResourceId", subscription_id, type, names)


@function("tenantResourceId")
def tenant_resource_id(type: str, *names: str) -> str:
    return f"/providers/{provider_path('tenantResourceId', type, list(names))}"


@function("extensionResourceId")
def extension_resource_id(scope: str, type: str, *names: str) -> str:
    """At the scope of a resource group the type may be the group's own, as compiled modules write it."""
    return f"{scope.rstrip('/')}/providers/{provider_path('extensionResourceId', type, list(names))}"
