"""Entra's error answers: ``{"error", "error_description": "AADSTS...", "error_codes", "trace_id", ...}``."""

import datetime
import uuid
from typing import Any

from sandbox.errors import AzureError
from sandbox.world import TENANT_NAME


class EntraError(AzureError):
    """A sign-in refused. ``oauth`` is OAuth's word (``invalid_client``), ``number`` the AADSTS code."""

    def __init__(self, status: int, oauth: str, number: int, text: str) -> None:
        super().__init__(status, oauth, f"AADSTS{number}: {text}")
        self.number = number

    def body(self) -> dict[str, Any]:
        now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
        return {
            "error": self.code,
            "error_description": (f"{self.message} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {now}"),
            "error_codes": [self.number],
            "timestamp": now,
            "trace_id": trace,
            "correlation_id": correlation,
        }


def unknown_tenant(tenant: str) -> EntraError:
    text = (
        f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing"
        " into the correct cloud. Check with your subscription administrator, this may happen if there are no"
        " active subscriptions for the tenant."
    )
    return EntraError(400, "invalid_request", 90002, text)


def missing_parameter(name: str) -> EntraError:
    text = f"The request body must contain the following parameter: '{name}'."
    return EntraError(400, "invalid_request", 900144, text)


def unsupported_grant(grant: str) -> EntraError:
    return EntraError(400, "unsupported_grant_type", 70003, f"The app requested an unsupported grant type '{grant}'.")


def unknown_application(client_id: str) -> EntraError:
    text = (
        f"Application with identifier '{client_id}' was not found in the directory '{TENANT_NAME}'. This can"
        " happen if the application has not been installed by the administrator of the tenant or consented to"
        " by any user in the tenant. You may have sent your authentication request to the wrong tenant."
    )
    return EntraError(400, "unauthorized_client", 700016, text)


def credential_missing() -> EntraError:
    text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
    return EntraError(401, "invalid_client", 7000218, text)


def secret_refused(client_id: str) -> EntraError:
    text = (
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret"
        f" value, not the client secret ID, for a secret added to app '{client_id}'."
    )
    return EntraError(401, "invalid_client", 7000215, text)


def unknown_resource(resource: str) -> EntraError:
    text = (
        f"The resource principal named {resource} was not found in the tenant named {TENANT_NAME}. This can"
        " happen if the application has not been installed by the administrator of the tenant or consented to"
        " by any user in the tenant. You might have sent your authentication request to the wrong tenant."
    )
    return EntraError(400, "invalid_resource", 500011, text)


def scope_refused(scope: str) -> EntraError:
    text = (
        f"The provided value for scope {scope} is not valid. Client credential flows must have a scope value"
        " with /.default suffixed to the resource identifier (application ID URI)."
    )
    return EntraError(400, "invalid_scope", 1002012, text)
