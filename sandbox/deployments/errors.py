"""Refusals of deployments, in Azure's words."""

from datetime import datetime, timedelta
from typing import Any

from sandbox.errors import AzureError

#: Where Azure sends readers for each part of a template.
USAGE = "Please see https://aka.ms/arm-syntax-{part} for usage details."


def invalid_template(reason: str) -> AzureError:
    return AzureError(400, "InvalidTemplate", f"Deployment template validation failed: '{reason}'.")


def malformed_template(reason: str) -> AzureError:
    return AzureError(400, "InvalidTemplate", f"Deployment template parse failed: '{reason}'.")


def evaluation_failed(id: str, place: str, reason: str) -> AzureError:
    """An expression of a resource that fails while the deployment runs."""
    return AzureError(
        400,
        "InvalidTemplate",
        f"Unable to process template language expressions for resource '{id}' {place}. '{reason}'",
    )


def not_found(name: str) -> AzureError:
    return AzureError(404, "DeploymentNotFound", f"Deployment '{name}' could not be found.")


def location_required(name: str) -> AzureError:
    return AzureError(
        400,
        "LocationRequired",
        f"The 'location' property must be specified for '{name}'. "
        "Please see https://aka.ms/deploy-to-subscription for usage details.",
    )


def location_not_expected(name: str) -> AzureError:
    return AzureError(
        400,
        "LocationNotAllowed",
        f"The 'location' property is not allowed for '{name}' at resource group scope.",
    )


def other_location(name: str, wanted: str, present: str) -> AzureError:
    return AzureError(
        409,
        "InvalidDeploymentLocation",
        f"Invalid deployment location '{wanted}'. The deployment '{name}' already exists in location '{present}'.",
    )


def active(name: str, since: str) -> AzureError:
    """``since``: the running deployment's timestamp in ISO 8601."""
    began = datetime.fromisoformat(since)
    clock = "%m/%d/%Y %I:%M:%S %p"
    return AzureError(
        409,
        "DeploymentActive",
        f"Unable to edit or replace deployment '{name}': previous deployment from '{began:{clock}}' is still active "
        f"(expiration time is '{began + timedelta(days=7):{clock}}'). Please see https://aka.ms/arm-deploy for usage "
        "details.",
    )


def not_cancellable(name: str, state: str) -> AzureError:
    return AzureError(
        409,
        "DeploymentCannotBeCancelled",
        f"The deployment '{name}' cannot be cancelled because it is in the state '{state}'.",
    )


def failed(details: list[dict[str, Any]]) -> AzureError:
    return AzureError(
        409,
        "DeploymentFailed",
        "At least one resource deployment operation failed. Please list deployment operations for details. "
        "Please see https://aka.ms/arm-deployment-operations for usage details.",
        details,
    )


def canceled(name: str) -> AzureError:
    return AzureError(409, "DeploymentCanceled", f"The deployment '{name}' was canceled.")


def nested_failed(error: dict[str, Any]) -> AzureError:
    """What the parent's operation says of a nested deployment that failed."""
    return AzureError(
        409,
        "ResourceDeploymentFailure",
        "The resource write operation failed to complete successfully, because it reached terminal provisioning state "
        "'Failed'.",
        [error],
    )


def outputs_failed(faults: dict[str, str]) -> AzureError:
    """``faults``: what is wrong with each output."""
    names = ",".join(faults)
    return AzureError(
        400,
        "DeploymentOutputEvaluationFailed",
        f"Unable to evaluate template outputs: '{names}'. Please see error details and deployment operations. "
        "Please see https://aka.ms/arm-common-errors for usage details.",
        [
            {
                "code": "DeploymentOutputEvaluationFailed",
                "target": name,
                "message": f"The template output '{name}' is not valid: {reason}.",
            }
            for name, reason in faults.items()
        ],
    )


def rehearsal_failed(name: str, tracking_id: str, faults: list[tuple[str, str, AzureError]]) -> AzureError:
    """``faults``: (name, type, error) of each resource that would be refused."""
    unauthorized = [
        f"Authorization failed for template resource '{resource}' of type '{type}'. {error.message}"
        for resource, type, error in faults
        if error.code == "AuthorizationFailed"
    ]
    if len(unauthorized) == 1:
        message = f"The template deployment failed with error: '{unauthorized[0]}'."
        return AzureError(400, "InvalidTemplateDeployment", message)
    if unauthorized:
        message = f"Deployment failed with multiple errors: '{':'.join(unauthorized)}'"
        return AzureError(400, "InvalidTemplateDeployment", message)
    return AzureError(
        400,
        "InvalidTemplateDeployment",
        f"The template deployment '{name}' is not valid according to the validation procedure. The tracking id is "
        f"'{tracking_id}'. See inner errors for details.",
        [error.body()["error"] for _, _, error in faults],
    )
