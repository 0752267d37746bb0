"""The refusals of AKS's resource provider: status, code and text as Azure's."""

from sandbox.arm.ids import ResourceId
from sandbox.errors import AzureError
from sandbox.world import TENANT_ID

_SUPPORTED = (
    "Please use [az aks get-versions] command to get the supported version list in this region. "
    "For more information, please check https://aka.ms/supported-version-list"
)


def invalid(parameter: str, details: str) -> AzureError:
    """How AKS words what is wrong with one value of the body."""
    return AzureError(
        400, "InvalidParameter", f"The value of parameter {parameter} is invalid. Error details: {details}"
    )


def naming(parameter: str, details: str) -> AzureError:
    return invalid(parameter, f"{details} Please see https://aka.ms/aks-naming-rules for more details.")


def missing(parameter: str) -> AzureError:
    return AzureError(400, "InvalidParameter", f"Required parameter {parameter} is missing (null).")


def unchangeable(parameter: str) -> AzureError:
    return AzureError(400, "PropertyChangeNotAllowed", f"Changing property '{parameter}' is not allowed.")


def in_progress(operation: str) -> AzureError:
    """``operation`` is what goes on: a provisioning state, with the pool's name before it when it is a pool's."""
    return AzureError(
        409, "OperationNotAllowed", f"Operation is not allowed: Another operation ({operation}) is in progress, please "
        "wait for it to finish before starting a new operation. See https://aka.ms/aks-pending-operation for more "
        "details",
    )  # fmt: skip


def version_unsupported(cluster: str, version: str) -> AzureError:
    return AzureError(
        400, "K8sVersionNotSupported", f"Managed cluster {cluster} is on version {version}, which is not supported in "
        f"this region. {_SUPPORTED}",
    )  # fmt: skip


def version_long_term_only(cluster: str, version: str) -> AzureError:
    return AzureError(
        400, "K8sVersionNotSupported", f"Managed cluster {cluster} is on version {version}, which is only available "
        "for Long-Term Support (LTS). If you intend to onboard to LTS, please ensure the cluster is in Premium tier "
        f"and LTS support plan. Otherwise, {_SUPPORTED[0].lower()}{_SUPPORTED[1:]}",
    )  # fmt: skip


def pool_version_unsupported(version: str) -> AzureError:
    return AzureError(
        400, "AgentPoolK8sVersionNotSupported", f"Version {version} is not supported in this region. {_SUPPORTED}"
    )


def pool_version_incompatible(pool: str, cluster: str) -> AzureError:
    mine, its = pool.split(".")[1], cluster.split(".")[1]
    return AzureError(
        400, "NodePoolMcVersionIncompatible", f"Node pool version {pool} and control plane version {cluster} are "
        f"incompatible. Minor version of node pool version {mine} is bigger than control plane version {its}. For more "
        "information, please check https://aka.ms/aks/UpgradeVersionRules",
    )  # fmt: skip


def upgrade_not_allowed(old: str, new: str, offered: list[str]) -> AzureError:
    return AzureError(
        400, "OperationNotAllowed", f"Upgrading Kubernetes version {old} to {new} is not allowed. Available upgrades: "
        f"[{' '.join(offered)}]. Please see https://aka.ms/aks-supported-k8s-ver for version details.",
    )  # fmt: skip


def size_unavailable(size: str, location: str, offered: list[str]) -> AzureError:
    return AzureError(
        400, "BadRequest", f"The VM size of {size} is not allowed in your subscription in location '{location}'. The "
        f"available VM sizes are '{','.join(sorted(name.lower() for name in offered))}'. For more details, please "
        "visit https://aka.ms/cpu-quota",
    )  # fmt: skip


def quota(family: str, location: str, requested: int, left: int) -> AzureError:
    return AzureError(
        400, "ErrCode_InsufficientVCPUQuota", f"Insufficient vcpu quota requested {requested}, remaining {left} for "
        f"family {family} for region {location}.",
    )  # fmt: skip


def service_cidr_conflict(service_cidr: str, subnet_cidr: str) -> AzureError:
    return AzureError(
        400, "ServiceCidrOverlapExistingSubnetsCidr", f"The specified service CIDR {service_cidr} is conflicted with "
        f"an existing subnet CIDR {subnet_cidr}",
    )  # fmt: skip


def identity_not_found(cluster: ResourceId, identity: str) -> AzureError:
    inner = f'{{"error":{{"code":"BadRequest","message":"Resource \'{identity}\' was not found."}}}}'
    return AzureError(
        400, "FailedIdentityOperation", f"Identity operation for resource '{cluster.text}' failed with error 'Failed "
        f"to perform resource identity operation. Status: 'BadRequest'. Response: '{inner}'.'.",
    )  # fmt: skip


def issuer_needed() -> AzureError:
    return invalid(
        "securityProfile.workloadIdentity", "Enabling workload identity requires the OIDC issuer to be enabled."
    )


def issuer_stays() -> AzureError:
    return AzureError(
        400, "OIDCIssuerFeatureCannotBeDisabled", "OIDC issuer feature cannot be disabled once it is enabled."
    )


def static_credential() -> AzureError:
    return AzureError(
        400, "BadRequest", "Getting static credential is not allowed because this cluster is set to disable local "
        "accounts.",
    )  # fmt: skip


def last_system_pool() -> AzureError:
    return AzureError(
        400, "OperationNotAllowed", "There has to be at least one system node pool in an AKS cluster. "
        "See https://aka.ms/aks/system-node-pools for more details.",
    )  # fmt: skip


def service_principal_not_found(client: str) -> AzureError:
    return AzureError(
        400, "ServicePrincipalNotFound", f"Service principal clientID: {client} not found in Active Directory tenant "
        f"{TENANT_ID}, Please see https://aka.ms/aks-sp-help for more details.",
    )  # fmt: skip
