"""The refusals that Resource Manager itself gives, whatever the resource type: status, code and text as Azure's."""

from collections.abc import Iterable

from sandbox.arm.ids import ResourceId
from sandbox.errors import AzureError


def subscription_not_found(subscription: str) -> AzureError:
    return AzureError(404, "SubscriptionNotFound", f"The subscription '{subscription}' could not be found.")


def group_not_found(name: str) -> AzureError:
    return AzureError(404, "ResourceGroupNotFound", f"Resource group '{name}' could not be found.")


def resource_not_found(id: ResourceId, type_name: str) -> AzureError:
    path = _typed_path(id, type_name)
    place = f"under resource group '{id.group}' " if id.group else ""
    return AzureError(
        404, "ResourceNotFound", f"The Resource '{path}' {place}was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix",
    )  # fmt: skip


def _typed_path(id: ResourceId, type_name: str) -> str:
    """``Microsoft.Network/dnsZones/example.org/A/www``: the type's and the names' segments in turn."""
    namespace, *kinds = type_name.split("/")
    pairs = [f"{kind}/{name}" for kind, name in zip(kinds, id.names, strict=False)]
    return "/".join([namespace, *pairs])


def parent_not_found(id: ResourceId, type_name: str, act: str = "write") -> AzureError:
    return AzureError(
        404, "ParentResourceNotFound", f"Failed to perform '{act}' on resource(s) of type '{type_name}', "
        f"because the parent resource '{id.parent.text}' could not be found.",
    )  # fmt: skip


def api_version_missing() -> AzureError:
    return AzureError(
        400, "MissingApiVersionParameter",
        "The api-version query parameter (?api-version=) is required for all requests.",
    )  # fmt: skip


def api_version_invalid(api_version: str, supported: Iterable[str]) -> AzureError:
    """What the types of Microsoft.Resources say."""
    return AzureError(
        400, "InvalidApiVersionParameter", f"The api-version '{api_version}' is invalid. "
        f"The supported versions are '{','.join(sorted(supported, reverse=True))}'.",
    )  # fmt: skip


def provider_not_found(
    location: str, api_version: str, type_path: str, supported: Iterable[str], locations: Iterable[str]
) -> AzureError:
    return AzureError(
        400, "NoRegisteredProviderFound",
        f"No registered resource provider found for location '{location}' and API version '{api_version}' for "
        f"type '{type_path}'. The supported api-versions are '{', '.join(sorted(supported))}'. "
        f"The supported locations are '{', '.join(locations)}'.",
    )  # fmt: skip


def namespace_unknown(namespace: str) -> AzureError:
    return AzureError(404, "InvalidResourceNamespace", f"The resource namespace '{namespace}' is invalid.")


def type_unknown(namespace: str, type_path: str, api_version: str) -> AzureError:
    return AzureError(
        404, "InvalidResourceType", f"The resource type '{type_path}' could not be found in the namespace "
        f"'{namespace}' for api version '{api_version}'.",
    )  # fmt: skip


def not_registered(namespace: str) -> AzureError:
    message = (
        f"The subscription is not registered to use namespace '{namespace}'. "
        "See https://aka.ms/rps-not-found for how to register subscriptions."
    )
    detail = {"code": "MissingSubscriptionRegistration", "target": namespace, "message": message}
    return AzureError(409, "MissingSubscriptionRegistration", message, details=[detail])


def location_required() -> AzureError:
    return AzureError(400, "LocationRequired", "The location property is required for this definition.")


def location_unavailable(location: str, type_name: str, locations: Iterable[str]) -> AzureError:
    offered = ",".join(locations)
    if type_name == "Microsoft.Resources/resourceGroups":
        return AzureError(
            400, "LocationNotAvailableForResourceGroup", f"The provided location '{location}' is not available "
            f"for resource group. List of available regions is '{offered}'.",
        )  # fmt: skip
    return AzureError(
        400, "LocationNotAvailableForResourceType", f"The provided location '{location}' is not available for "
        f"resource type '{type_name}'. List of available regions for the resource type is '{offered}'.",
    )  # fmt: skip


def location_differs(id: ResourceId, standing: str, wanted: str) -> AzureError:
    if id.type == "Microsoft.Resources/resourceGroups":
        return AzureError(
            409, "InvalidResourceGroupLocation", f"Invalid resource group location '{wanted}'. "
            f"The Resource group already exists in location '{standing}'.",
        )  # fmt: skip
    return AzureError(
        409, "InvalidResourceLocation", f"The resource '{id.name}' already exists in location '{standing}' in "
        f"resource group '{id.group}'. A resource with the same name cannot be created in location '{wanted}'. "
        "Please select a new resource name.",
    )  # fmt: skip


def locked(scope: str, act: str, lock_scopes: Iterable[str]) -> AzureError:
    """``act`` is ``delete`` or ``write``."""
    return AzureError(
        409, "ScopeLocked", f"The scope '{scope}' cannot perform {act} operation because following scope(s) "
        f"are locked: '{','.join(lock_scopes)}'. Please remove the lock and try again.",
    )  # fmt: skip


def content_invalid(reason: str) -> AzureError:
    return AzureError(
        400,
        "InvalidRequestContent",
        f"The request content was invalid and could not be deserialized: '{reason}'.",
    )


def method_not_allowed(method: str, path: str) -> AzureError:
    return AzureError(
        405, "HttpMethodNotAllowed", f"The HTTP method '{method}' is not supported at '{path}'."
    )  # fmt: skip


def group_being_deleted(name: str) -> AzureError:
    return AzureError(
        409, "ResourceGroupBeingDeleted", f"The resource group '{name}' is in deprovisioning state and cannot "
        "perform this operation.",
    )  # fmt: skip


def role_definition_not_found(guid: str) -> AzureError:
    return AzureError(
        404, "RoleDefinitionDoesNotExist", f"The specified role definition with ID '{guid}' does not exist."
    )


def path_unknown(path: str) -> AzureError:
    return AzureError(404, "NotFound", f"Resource Manager has nothing at '{path}'.")


def busy() -> AzureError:
    return AzureError(
        409, "AnotherOperationInProgress", "Another operation on this or dependent resource is in progress. "
        "Wait until it has finished and try again.",
    )  # fmt: skip
