"""AKS: another operation on the cluster, quotas, versions and sizes that are not to be had."""

from engine.retry import Row

AKS = "learn.microsoft.com/troubleshoot/azure/azure-kubernetes/error-codes"
PENDING = "aka.ms/aks-pending-operation"

ROWS = (
    # One code, two meanings: a quota is used up, or another operation has to end.
    Row(
        r"OperationNotAllowed.*in progress|in progress update managed cluster operation"
        r"|Another (agentpool )?operation( \(\w+\))? is in progress",
        waiting_for="another operation on the cluster to end",
        usually="some minutes",
        within_s=900,
        first_s=10,
        meaning="another operation on the cluster does not end",
        advice="see which: az aks operation show-latest --name <cluster> --resource-group <group>",
        seen=(
            "ERROR: (OperationNotAllowed) Operation is not allowed: Another operation (Updating) is in progress, "
            "please wait for it to finish before starting a new operation. See https://aka.ms/aks-pending-operation "
            "for more details",
            "ERROR: (OperationNotAllowed) Operation is not allowed because there's an in progress update managed "
            "cluster operation on the managed cluster started at 2026-11-24T00:00:00Z.",
            "ERROR: Another agentpool operation is in progress.",
            "ERROR: (OperationNotAllowed) Operation is not allowed: Another operation (Updating) is in progress on "
            "managed cluster aks-cores-quota.",
            "ERROR: (Conflict) Another operation (Creating) is in progress, please wait for it to finish.",
        ),
        source=f"{PENDING}; Azure/azure-cli-extensions#9855; Azure/telescope#1213",
    ),
    Row(
        r"OperationNotAllowed.*(quota|cores)|InsufficientVCPUQuota|QuotaExceeded|PublicIPCountLimitReached",
        "permanent",
        meaning="the subscription's quota in this region is used up",
        advice="az vm list-usage --location <region> --output table; then another cluster.node_size or location, or "
        "more: https://aka.ms/ProdportalCRP/#blade/Microsoft_Azure_Capacity/UsageAndQuota.ReactView",
        seen=(
            "ERROR: (OperationNotAllowed) Operation could not be completed as it results in exceeding approved Total "
            "Regional Cores quota. Additional details - Deployment Model: Resource Manager, Location: norwayeast",
            "ERROR: (ErrCode_InsufficientVCPUQuota) Insufficient vcpu quota requested 4, remaining 2 for family "
            "standardDSv5Family for region norwayeast.",
            "ERROR: (QuotaExceeded) Provisioning of resource(s) for container service aks-dev failed: quota exceeded.",
            "ERROR: (PublicIPCountLimitReached) Cannot create more than 3 public IP addresses for this subscription in "
            "this region.",
        ),
        source=f"{PENDING}; {AKS}/insufficientsubnetsize-error-advanced-networking",
    ),
    Row(
        r"K8sVersionNotSupported",
        "permanent",
        meaning="AKS does not offer this Kubernetes version here: cluster.kubernetes_version",
        advice="az aks get-versions --location <region> --output table",
        seen=(
            "ERROR: (K8sVersionNotSupported) Managed cluster aks-dev is on version 1.25.4, which is not supported "
            "in this region. Please use [az aks get-versions] command to get the supported version list in this "
            "region.",
            "ERROR: (AgentPoolK8sVersionNotSupported) Version 1.25.4 is not supported in this region.",
        ),
        source="Azure/secrets-store-csi-driver-provider-azure#1713",
    ),
    Row(
        r"SkuNotAvailable|The VM size of (?P<size>\S+) is not allowed in your subscription",
        "permanent",
        meaning="this subscription cannot have this node size here: cluster.node_size",
        advice="az vm list-skus --location <region> --size Standard_D --output table",
        seen=(
            "ERROR: (SkuNotAvailable) The requested VM size for resource 'Following SKUs have failed for Capacity "
            "Restrictions: Standard_D2s_v5' is currently not available in location 'norwayeast'.",
            "ERROR: (BadRequest) The VM size of Standard_X1 is not allowed in your subscription in location "
            "'norwayeast'.",
        ),
        source=AKS,
    ),
    Row(
        r"AllocationFailed|AKSCapacityHeavyUsage",
        waiting_for="the region to have room for the cluster",
        within_s=60,
        first_s=100,  # one retry at most: with jitter too, it comes when the time is up
        most_s=100,
        meaning="the region has no room for a cluster of this size just now",
        advice="choose another cluster.node_size or location, or try again in some hours",
        seen=(
            "ERROR: (AllocationFailed) Allocation failed. We do not have sufficient capacity for the requested VM "
            "size in this region.",
            "ERROR: (AKSCapacityHeavyUsage) AKS is experiencing heavy usage in region norwayeast and cannot create the "
            "cluster now.",
        ),
        source=f"{AKS}/akscapacityheavyusage-error",
    ),
    Row(
        r"Getting static credential is not allowed",
        "permanent",
        meaning="the cluster has no local accounts: its kubeconfig is not to be had with --admin",
        advice="leave --admin out; the lab's own way is inv credentials",
        seen=(
            "ERROR: (BadRequest) Getting static credential is not allowed because this cluster is set to disable local "
            "accounts.",
        ),
        source="azure/cli/command_modules/acs/custom.py",
    ),
)
