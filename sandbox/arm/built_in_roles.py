"""Azure's built-in roles, under their real ids, as far as a lab on AKS meets them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Role:
    """What may be done: ``actions`` on resources themselves, ``data_actions`` on what is in them. ``*`` matches all."""

    guid: str
    name: str
    description: str
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()


# What nearly every role for one service holds beside that service's own actions.
_USUAL = (
    "Microsoft.Authorization/*/read",
    "Microsoft.Insights/alertRules/*",
    "Microsoft.ResourceHealth/availabilityStatuses/read",
    "Microsoft.Resources/deployments/*",
    "Microsoft.Resources/subscriptions/resourceGroups/read",
    "Microsoft.Support/*",
)
_CLUSTER_READER = (
    "Microsoft.Authorization/*/read",
    "Microsoft.Insights/alertRules/*",
    "Microsoft.Resources/deployments/write",
    "Microsoft.Resources/subscriptions/operationresults/read",
    "Microsoft.Resources/subscriptions/read",
    "Microsoft.Resources/subscriptions/resourceGroups/read",
    "Microsoft.Support/*",
)
_CLUSTER = "Microsoft.ContainerService/managedClusters"
_REGISTRY = "Microsoft.ContainerRegistry/registries"
_ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"

_NAMESPACED_READ = (
    "apps/controllerrevisions", "apps/daemonsets", "apps/deployments", "apps/replicasets", "apps/statefulsets",
    "autoscaling/horizontalpodautoscalers", "batch/cronjobs", "batch/jobs", "configmaps",
    "discovery.k8s.io/endpointslices", "endpoints", "events.k8s.io/events", "events", "extensions/daemonsets",
    "extensions/deployments", "extensions/ingresses", "extensions/networkpolicies", "extensions/replicasets",
    "limitranges", "metrics.k8s.io/pods", "metrics.k8s.io/nodes", "namespaces", "networking.k8s.io/ingresses",
    "networking.k8s.io/networkpolicies", "persistentvolumeclaims", "pods", "policy/poddisruptionbudgets",
    "replicationcontrollers", "resourcequotas", "serviceaccounts", "services",
)  # fmt: skip
_READ_ONLY = {
    "apps/controllerrevisions", "discovery.k8s.io/endpointslices", "events.k8s.io/events", "events", "limitranges",
    "metrics.k8s.io/pods", "metrics.k8s.io/nodes", "namespaces", "resourcequotas",
}  # fmt: skip
_READS = tuple(f"{_CLUSTER}/{kind}/read" for kind in _NAMESPACED_READ)
_WRITES = (
    *(f"{_CLUSTER}/{kind}/{'read' if kind in _READ_ONLY else '*'}" for kind in _NAMESPACED_READ),
    f"{_CLUSTER}/secrets/*",
    f"{_CLUSTER}/serviceaccounts/impersonate/action",
)

BUILT_IN = (
    Role(
        "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "Owner",
        "Grants full access to manage all resources, including the ability to assign roles in Azure RBAC.",
        actions=("*",),
    ),
    Role(
        "b24988ac-6180-42a0-ab88-20f7382dd24c", "Contributor",
        "Grants full access to manage all resources, but does not allow you to assign roles in Azure RBAC.",
        actions=("*",),
        not_actions=(
            "Microsoft.Authorization/*/Delete",
            "Microsoft.Authorization/*/Write",
            "Microsoft.Authorization/elevateAccess/Action",
        ),
    ),
    Role(
        "acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader",
        "View all resources, but does not allow you to make any changes.",
        actions=("*/read",),
    ),
    Role(
        "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9", "User Access Administrator",
        "Lets you manage user access to Azure resources.",
        actions=("*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"),
    ),
    Role(
        "f58310d9-a9f6-439a-9e8d-f62e7b41a168", "Role Based Access Control Administrator",
        "Manage access to Azure resources by assigning roles using Azure RBAC.",
        actions=(f"{_ASSIGNMENTS}/write", f"{_ASSIGNMENTS}/delete", "*/read", "Microsoft.Support/*"),
    ),
    Role(
        "7f951dda-4ed3-4680-a7ca-43fe172d538d", "AcrPull", "acr pull",
        actions=(f"{_REGISTRY}/pull/read",),
    ),
    Role(
        "8311e382-0749-4cb8-b61a-304f252e45ec", "AcrPush", "acr push",
        actions=(f"{_REGISTRY}/pull/read", f"{_REGISTRY}/push/write"),
    ),
    Role(
        "c2f4ef07-c644-48eb-af81-4b1b4947fb11", "AcrDelete", "acr delete",
        actions=(f"{_REGISTRY}/artifacts/delete",),
    ),
    Role(
        "b93aa761-3e63-49ed-ac28-beffa264f7ac", "Container Registry Repository Reader",
        "Allows for read access to Azure Container Registry repositories, but excluding catalog listing.",
        data_actions=(f"{_REGISTRY}/repositories/metadata/read", f"{_REGISTRY}/repositories/content/read"),
    ),
    Role(
        "fb382eab-e894-4461-af04-94435c366c3f", "Container Registry Tasks Contributor",
        "Provides permissions to configure, read, list, trigger, or cancel Container Registry Tasks, Task Runs, "
        "Task Logs, Quick Runs, Quick Builds, and Task Agent Pools.",
        actions=(
            f"{_REGISTRY}/agentpools/*", f"{_REGISTRY}/tasks/*", f"{_REGISTRY}/runs/*", f"{_REGISTRY}/taskruns/*",
            f"{_REGISTRY}/scheduleRun/action", f"{_REGISTRY}/listBuildSourceUploadUrl/action", f"{_REGISTRY}/read",
            "Microsoft.Resources/deployments/*", "Microsoft.Resources/subscriptions/resourceGroups/read",
        ),
    ),
    Role(
        "befefa01-2a29-4197-83a8-272ff33ce314", "DNS Zone Contributor",
        "Lets you manage DNS zones and record sets in Azure DNS, but does not let you control who has access to them.",
        actions=(*_USUAL, "Microsoft.Network/dnsZones/*"),
    ),
    Role(
        "b12aa53e-6015-4669-85d0-8515ebb3ae7f", "Private DNS Zone Contributor",
        "Lets you manage private DNS zone resources, but not the virtual networks they are linked to.",
        actions=(*_USUAL, "Microsoft.Network/privateDnsZones/*", "Microsoft.Network/virtualNetworks/join/action"),
    ),
    Role(
        "4d97b98b-1d4f-4787-a291-c67834d212e7", "Network Contributor",
        "Lets you manage networks, but not access to them.",
        actions=(*_USUAL, "Microsoft.Network/*"),
    ),
    Role(
        "f1a07417-d97a-45cb-824c-7a7467783830", "Managed Identity Operator",
        "Read and Assign User Assigned Identity",
        actions=(
            "Microsoft.ManagedIdentity/userAssignedIdentities/*/read",
            "Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action",
            "Microsoft.ManagedIdentity/userAssignedIdentities/read",
            "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action",
            *(action for action in _USUAL if "ResourceHealth" not in action),
        ),
    ),
    Role(
        "e40ec5ca-96e0-45a2-b4ff-59039f2c2b59", "Managed Identity Contributor",
        "Create, Read, Update, and Delete User Assigned Identity",
        actions=(
            "Microsoft.ManagedIdentity/userAssignedIdentities/read",
            "Microsoft.ManagedIdentity/userAssignedIdentities/*/read",
            "Microsoft.ManagedIdentity/userAssignedIdentities/write",
            "Microsoft.ManagedIdentity/userAssignedIdentities/*/write",
            "Microsoft.ManagedIdentity/userAssignedIdentities/delete",
            "Microsoft.ManagedIdentity/userAssignedIdentities/*/delete",
            *(action for action in _USUAL if "ResourceHealth" not in action),
        ),
    ),
    Role(
        "4abbcc35-e782-43d8-92c5-2d3f1bd2253f", "Azure Kubernetes Service Cluster User Role",
        "List cluster user credential action.",
        actions=(f"{_CLUSTER}/listClusterUserCredential/action", f"{_CLUSTER}/read"),
    ),
    Role(
        "0ab0b1a8-8aac-4efd-b8c2-3ee1fb270be8", "Azure Kubernetes Service Cluster Admin Role",
        "List cluster admin credential action.",
        actions=(
            f"{_CLUSTER}/listClusterAdminCredential/action", f"{_CLUSTER}/accessProfiles/listCredential/action",
            f"{_CLUSTER}/read", f"{_CLUSTER}/runcommand/action",
        ),
    ),
    Role(
        "ed7f3fbd-7b88-4dd4-9017-9adb7ce333f8", "Azure Kubernetes Service Contributor Role",
        "Grants access to read and write Azure Kubernetes Service clusters",
        actions=(
            "Microsoft.Authorization/*/read", "Microsoft.ContainerService/locations/*", f"{_CLUSTER}/*",
            "Microsoft.Resources/deployments/*", "Microsoft.Resources/subscriptions/resourceGroups/read",
        ),
    ),
    Role(
        "b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b", "Azure Kubernetes Service RBAC Cluster Admin",
        "Lets you manage all resources in the cluster.",
        actions=(*_CLUSTER_READER, f"{_CLUSTER}/listClusterUserCredential/action"),
        data_actions=(f"{_CLUSTER}/*",),
    ),
    Role(
        "3498e952-d568-435e-9b2c-8d77e338d7f7", "Azure Kubernetes Service RBAC Admin",
        "Lets you manage all resources under cluster/namespace, except update or delete resource quotas and "
        "namespaces.",
        actions=(*_CLUSTER_READER, f"{_CLUSTER}/listClusterUserCredential/action"),
        data_actions=(f"{_CLUSTER}/*",),
        not_data_actions=(
            f"{_CLUSTER}/resourcequotas/write", f"{_CLUSTER}/resourcequotas/delete",
            f"{_CLUSTER}/namespaces/write", f"{_CLUSTER}/namespaces/delete",
        ),
    ),
    Role(
        "7f6c6a51-bcf8-42ba-9220-52d62157d7db", "Azure Kubernetes Service RBAC Reader",
        "Allows read-only access to see most objects in a namespace. It does not allow viewing roles or role "
        "bindings, nor secrets.",
        actions=_CLUSTER_READER,
        data_actions=_READS,
    ),
    Role(
        "a7ffa36f-339b-4b5c-8bdf-e2c188b2c0eb", "Azure Kubernetes Service RBAC Writer",
        "Allows read/write access to most objects in a namespace. It does not allow viewing or modifying roles or "
        "role bindings.",
        actions=_CLUSTER_READER,
        data_actions=_WRITES,
    ),
    Role(
        "9980e02c-c2be-4d73-94e8-173b1dc7cf3c", "Virtual Machine Contributor",
        "Lets you manage virtual machines, but not access to them, nor the network or storage they use.",
        actions=(*_USUAL, "Microsoft.Compute/virtualMachines/*", "Microsoft.Compute/virtualMachineScaleSets/*"),
    ),
    Role(
        "4a9ae827-6dc8-4573-8ac7-8239d42aa03f", "Tag Contributor",
        "Lets you manage tags on entities, without providing access to the entities themselves.",
        actions=(
            *(action for action in _USUAL if "ResourceHealth" not in action),
            "Microsoft.Resources/subscriptions/resourceGroups/resources/read",
            "Microsoft.Resources/subscriptions/resources/read", "Microsoft.Resources/tags/*",
        ),
    ),
)  # fmt: skip

_by_guid = {role.guid: role for role in BUILT_IN}
_by_name = {role.name.lower(): role for role in BUILT_IN}


def by_guid(guid: str) -> Role | None:
    return _by_guid.get(guid.lower())


def by_name(name: str) -> Role | None:
    return _by_name.get(name.lower())


def definition(role: Role, subscription: str = "") -> dict[str, object]:
    """The role as ``GET .../roleDefinitions`` answers it."""
    prefix = f"/subscriptions/{subscription}" if subscription else ""
    return {
        "id": f"{prefix}/providers/Microsoft.Authorization/roleDefinitions/{role.guid}",
        "type": "Microsoft.Authorization/roleDefinitions",
        "name": role.guid,
        "properties": {
            "roleName": role.name,
            "type": "BuiltInRole",
            "description": role.description,
            "assignableScopes": ["/"],
            "permissions": [
                {
                    "actions": list(role.actions),
                    "notActions": list(role.not_actions),
                    "dataActions": list(role.data_actions),
                    "notDataActions": list(role.not_data_actions),
                }
            ],
            "createdOn": "2015-02-02T21:55:09.8806423Z",
            "updatedOn": "2025-06-05T15:09:56.1226134Z",
            "createdBy": None,
            "updatedBy": None,
        },
    }
