"""The managed identity endpoint of the machine that the lab runs on (``IDENTITY_ENDPOINT``)."""

import time
from typing import TYPE_CHECKING

from starlette.requests import Request

from sandbox import seed
from sandbox.entra import audiences, principals, tokens
from sandbox.errors import AzureError
from sandbox.store import Document

if TYPE_CHECKING:
    from sandbox.world import World

#: Managed identities get tokens for a day.
_LIFETIME_S = 86_400
_USER_ASSIGNED = ("client_id", "principal_id", "object_id", "mi_res_id")


class _Refused(AzureError):
    """The endpoint's own error format."""

    def body(self) -> Document:
        return {"statusCode": self.status, "message": self.message}


def token(world: "World", request: Request) -> Document:
    """A token of the machine's own (system-assigned) identity; it has no other. Raises AzureError."""
    if request.headers.get("x-identity-header") != seed.identity_header(world):
        raise _Refused(401, "Unauthorized", "The X-IDENTITY-HEADER is not the value of IDENTITY_HEADER.")
    if any(name in request.query_params for name in _USER_ASSIGNED):
        message = "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId."
        raise _Refused(400, "IdentityNotFound", message)
    resource = request.query_params.get("resource", "")
    if not audiences.same(resource, audiences.known(world)):
        raise _Refused(400, "InvalidResource", f"No tokens are issued for the resource '{resource}'.")
    machine = principals.find_by_app_id(world, seed.MACHINE_APP_ID)
    if machine is None:
        raise _Refused(400, "IdentityNotFound", "The machine's identity has been deleted.")
    return {
        "access_token": tokens.issue(world, machine["id"], resource, _LIFETIME_S),
        "expires_on": str(int(time.time()) + _LIFETIME_S),
        "resource": resource,
        "token_type": "Bearer",
        "client_id": machine["appId"],
    }
