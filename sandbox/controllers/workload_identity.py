"""The webhook of Azure Workload Identity: pods that ask for it get the environment and token of their identity.

It acts on the label of the pod, not of the service account, and only when a pod is created: a pod that was there
before the label or the annotation stays as it is. The service account's annotation says which identity; without one
the variable is there and empty, for programs that are told the identity elsewhere (cert-manager in its issuer).
"""

from sandbox.controllers.controller import Cluster
from sandbox.controllers.labels import labels_of
from sandbox.store import Document
from sandbox.world import TENANT_ID

USE_LABEL = "azure.workload.identity/use"
CLIENT_ID = "azure.workload.identity/client-id"
TENANT = "azure.workload.identity/tenant-id"
SKIPPED = "azure.workload.identity/skip-containers"
EXPIRATION = "azure.workload.identity/service-account-token-expiration"
#: What the token must be for, so that Entra takes it.
AUDIENCE = "api://AzureADTokenExchange"
VOLUME = "azure-identity-token"
MOUNT_PATH = "/var/run/secrets/azure/tokens"
TOKEN_FILE = f"{MOUNT_PATH}/{VOLUME}"
_DEFAULT_EXPIRATION_S = 3600


def enabled(cluster: Cluster) -> bool:
    """Whether the cluster runs the webhook at all."""
    profile = (cluster.properties.get("securityProfile") or {}).get("workloadIdentity") or {}
    return bool(profile.get("enabled"))


def wanted(pod: Document) -> bool:
    return labels_of(pod).get(USE_LABEL) == "true"


def attached(pod: Document) -> bool:
    """Whether a pod got its token when it was created."""
    return any(volume["name"] == VOLUME for volume in pod["spec"].get("volumes") or [])


def attach(cluster: Cluster, pod: Document, account: Document) -> None:
    """Give a new pod what its identity needs, in place; nothing where it does not ask for it."""
    if not (enabled(cluster) and wanted(pod)):
        return
    said = account["metadata"].get("annotations") or {}
    annotations = pod["metadata"].get("annotations") or {}
    variables = {
        "AZURE_CLIENT_ID": said.get(CLIENT_ID, ""),
        "AZURE_TENANT_ID": said.get(TENANT, TENANT_ID),
        "AZURE_FEDERATED_TOKEN_FILE": TOKEN_FILE,
        "AZURE_AUTHORITY_HOST": f"{cluster.world.url}/",
    }
    spec = pod["spec"]
    skipped = {name.strip() for name in annotations.get(SKIPPED, "").split(";")}
    for container in [*spec.get("initContainers", []), *spec["containers"]]:
        if container["name"] not in skipped:
            _furnish(container, variables)
    if not attached(pod):
        lifetime_s = int(annotations.get(EXPIRATION) or said.get(EXPIRATION) or _DEFAULT_EXPIRATION_S)
        token = {"audience": AUDIENCE, "expirationSeconds": lifetime_s, "path": VOLUME}
        projected = {"sources": [{"serviceAccountToken": token}], "defaultMode": 420}
        spec["volumes"] = [*(spec.get("volumes") or []), {"name": VOLUME, "projected": projected}]


def _furnish(container: Document, variables: dict[str, str]) -> None:
    present = {one["name"] for one in container.get("env") or []}
    added = [{"name": name, "value": value} for name, value in variables.items() if name not in present]
    container["env"] = [*(container.get("env") or []), *added]
    mounts = container.get("volumeMounts") or []
    if all(mount["name"] != VOLUME for mount in mounts):
        container["volumeMounts"] = [*mounts, {"name": VOLUME, "mountPath": MOUNT_PATH, "readOnly": True}]
