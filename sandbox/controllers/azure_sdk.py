"""How programs in a cluster reach Azure: signed in with their pod's token, refused in the words of the SDK for Go."""

import json

from sandbox.controllers import workload_identity
from sandbox.controllers.controller import Cluster
from sandbox.entra import federation, principals
from sandbox.entra.errors import EntraError
from sandbox.entra.principals import Principal
from sandbox.errors import AzureError
from sandbox.kube import issuer
from sandbox.store import Document
from sandbox.trouble import azure
from sandbox.world import TENANT_ID

_LINE = "-" * 80
_STATUS = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 409: "Conflict"}


class SdkError(Exception):
    """What the SDK says of a failure. ``kind`` is its Go type."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind, self.message = kind, message


def response_error(method: str, url: str, error: AzureError) -> SdkError:
    """Resource Manager's refusal as ``azcore.ResponseError`` prints it."""
    status = f"{error.status}: {error.status} {_STATUS.get(error.status, '')}".strip()
    body = json.dumps({"error": {"code": error.code, "message": error.message}}, indent=2)
    lines = [f"{method} {url}", _LINE, f"RESPONSE {status}", f"ERROR CODE: {error.code}", _LINE, body, _LINE, ""]
    return SdkError("azcore.ResponseError", "\n".join(lines))


def environment(pod: Document, name: str) -> str:
    """The value of a variable of the pod's first container that is given as text; "" if it is not."""
    variables = pod["spec"]["containers"][0].get("env") or []
    return next((one.get("value", "") for one in variables if one["name"] == name), "")


async def sign_in(cluster: Cluster, pod: Document, client_id: str = "") -> Principal:
    """Who a pod's program is in Azure: the identity ``client_id``, else the one of its environment, by the token of
    its service account; the node's identity where the pod has no such token. Raises SdkError."""
    if not workload_identity.attached(pod):
        return node_identity(cluster, client_id)
    return await workload_sign_in(cluster, pod, client_id)


async def workload_sign_in(cluster: Cluster, pod: Document, client_id: str = "") -> Principal:
    """As ``sign_in``, for a program that is told to use the token of its service account and nothing else."""
    client_id = client_id or environment(pod, "AZURE_CLIENT_ID")
    if not client_id:
        raise SdkError("error", "no client ID specified. Check pod configuration or set ClientID in the options")
    try:
        azure.disturb_sign_in(
            cluster.world, "/".join((pod["metadata"]["namespace"], pod["spec"]["serviceAccountName"]))
        )
        document = await federation.sign_in(cluster.world, client_id, token(cluster, pod))
    except EntraError as error:
        raise _refused(cluster, error) from error
    return principals.principal_of(document)


def token(cluster: Cluster, pod: Document) -> str:
    """The token that the pod finds in its file."""
    namespace, name = pod["metadata"]["namespace"], pod["spec"]["serviceAccountName"]
    account = cluster.objects.get("serviceaccounts", namespace, name)
    signed, _ = issuer.service_account_token(
        cluster.world, cluster.record, account, audiences=[workload_identity.AUDIENCE], lifetime_s=3600, pod=pod
    )
    return signed


def _refused(cluster: Cluster, error: EntraError) -> SdkError:
    body = {"error": error.code, "error_description": error.message, "error_codes": [error.number]}
    said = (
        f"WorkloadIdentityCredential authentication failed.\nPOST {cluster.world.url}/{TENANT_ID}/oauth2/v2.0/token\n"
        f"{_LINE}\nRESPONSE {error.status}: {error.status} {_STATUS.get(error.status, '')}\n{_LINE}\n"
        f"{json.dumps(body, indent=2)}\n{_LINE}\n"
        "To troubleshoot, visit https://aka.ms/azsdk/go/identity/troubleshoot#workload"
    )
    return SdkError("azidentity.AuthenticationFailedError", said)


def node_identity(cluster: Cluster, client_id: str) -> Principal:
    """What the node's metadata service answers: the nodes have the kubelet identity and no other."""
    profile = (cluster.properties.get("identityProfile") or {}).get("kubeletidentity") or {}
    if client_id and client_id != profile.get("clientId"):
        said = (
            "ManagedIdentityCredential authentication failed. the requested identity isn't assigned to this resource\n"
            "GET http://169.254.169.254/metadata/identity/oauth2/token\n"
            f"{_LINE}\nRESPONSE 400: 400 Bad Request\n{_LINE}\n"
            '{\n  "error": "invalid_request",\n  "error_description": "Identity not found"\n}\n'
            f"{_LINE}\nTo troubleshoot, visit https://aka.ms/azsdk/go/identity/troubleshoot#managed-id"
        )
        raise SdkError("azidentity.AuthenticationFailedError", said)
    document = principals.get(cluster.world, profile.get("objectId", ""))
    if document is None:
        raise SdkError("error", "ManagedIdentityCredential: no managed identity is assigned to this node")
    return principals.principal_of(document)
