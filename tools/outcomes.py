"""What the errors of az, kubectl and helm mean: passing ones and their time, finished business, final ones.

Matched in this order on what the command wrote. What no row names is final and is shown in the tool's own words.
Budgets are wall time from the first such error; they are ours unless the source gives one.
"""

from engine.retry import Retry, Row

MINUTE = 60.0
RBAC = "learn.microsoft.com/azure/role-based-access-control/troubleshooting"
LIMITS = "learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling"
FEDERATION = "learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations"
WEBHOOK = "cert-manager.io/docs/troubleshooting/webhook"
PENDING = "aka.ms/aks-pending-operation"

AZURE = Retry(
    (
        # The same code, two meanings: another operation (wait) or a quota (ask for more).
        Row(
            r"OperationNotAllowed.*(quota|cores)|QuotaExceeded|PublicIPCountLimitReached",
            "permanent",
            meaning="the subscription's quota in this region is used up",
            advice="az vm list-usage --location <region> --output table; choose another node_size or region",
            source=PENDING,
        ),
        Row(
            r"OperationNotAllowed.*in progress|in progress update managed cluster operation",
            within_s=15 * MINUTE,
            first_s=20,
            meaning="another operation on the cluster to end",
            source=PENDING,
        ),
        Row(
            r"AnotherOperationInProgress|RetryableErrorDueToAnotherOperation",
            within_s=10 * MINUTE,
            first_s=15,
            meaning="another operation on the network to end",
            source="ARM, common deployment errors",
        ),
        Row(
            r"DeploymentActive",
            within_s=30 * MINUTE,
            first_s=20,
            meaning="the same deployment, already under way, to end",
            source="Azure/azure-dev#2977",
        ),
        Row(
            r"ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity",
            within_s=3 * MINUTE,
            first_s=5,
            meaning="another write to the same identity to end",
            source="Azure/bicep-registry-modules#1447",
        ),
        Row(
            r"PrincipalNotFound|does not exist in the directory",
            within_s=5 * MINUTE,
            first_s=10,
            meaning="the new identity to be known in the whole directory",
            source=RBAC,
        ),
        Row(
            r"queried reference-property objects are not present|Not a valid reference update",
            within_s=3 * MINUTE,
            first_s=10,
            meaning="the new identity to be known in Microsoft Graph",
            source="microsoftgraph/msgraph-bicep-types#193",
        ),
        Row(
            r"Permission being assigned already exists on the object|EntitlementGrant entry already exists",
            "done",
            meaning="the app role was granted before",
            source="microsoftgraph/msgraph-bicep-types#161",
        ),
        Row(
            r"TooManyRequests|SubscriptionRequestsThrottled|\(Throttled\)",
            within_s=10 * MINUTE,
            first_s=20,
            meaning="Azure to take requests again after throttling",
            source=LIMITS,
        ),
        Row(
            r"BadGateway|ServiceUnavailable|GatewayTimeout|InternalServerError"
            r"|Connection aborted|Connection reset by peer",
            within_s=5 * MINUTE,
            first_s=10,
            meaning="Azure to answer again",
            source="Azure/azure-dev#602",
        ),
        Row(
            r"AADSTS700024",
            "permanent",
            meaning="the login's own assertion has expired; a retry cannot help",
            advice="sign in again (a pipeline: run the step again), then run the same command: it goes on from here",
            source="Azure/azure-cli#28708",
        ),
        Row(
            r"AADSTS700082|AADSTS70043|Please run .?az login",
            "permanent",
            meaning="nobody is signed in, or no longer",
            advice="az login",
            source="azure-cli",
        ),
        Row(
            r"AuthorizationFailed.*roleAssignments/write|LinkedAuthorizationFailed",
            "permanent",
            meaning="you may not assign roles here",
            advice="ask for Role Based Access Control Administrator (or Owner) on the subscription",
            source=RBAC,
        ),
        Row(
            r"Authorization_RequestDenied|Insufficient privileges to complete the operation",
            "permanent",
            meaning="granting an app role takes a directory administrator",
            advice="have an administrator grant it and set workload.grant_graph_role: false",
            source="Microsoft Graph",
        ),
        Row(
            r"TasksOperationsNotAllowed",
            "permanent",
            meaning="trial subscriptions cannot build images in the registry",
            advice="use a subscription that is not a free trial",
            source="Azure-Samples/azure-search-openai-demo#2220",
        ),
        Row(
            r"MissingSubscriptionRegistration",
            "permanent",
            meaning="a resource provider is not registered",
            advice="az provider register --wait --namespace <the one named>",
            source="ARM, common deployment errors",
        ),
        Row(
            r"K8sVersionNotSupported",
            "permanent",
            meaning="AKS does not offer this Kubernetes version here",
            advice="az aks get-versions --location <region> --output table",
            source="Azure/AKS",
        ),
        Row(
            r"SkuNotAvailable|AllocationFailed|AKSCapacityHeavyUsage",
            "permanent",
            meaning="the region has no room for this node size",
            advice="choose another cluster.node_size or location",
            source="Azure/AKS",
        ),
        Row(
            r"RoleAssignmentUpdateNotPermitted",
            "permanent",
            meaning="an assignment of the same name belongs to an identity that is gone",
            advice="delete the old assignment, then run the same command",
            source="Azure/AKS-Construction#50",
        ),
        Row(
            r"InvalidDeploymentLocation",
            "permanent",
            meaning="this deployment's name was used in another region before",
            advice="az deployment sub delete --name <the one named>",
            source="Azure/azure-dev#293",
        ),
    )
)

KUBERNETES = Retry(
    (
        Row(
            r"failed calling webhook .*(connection refused|no endpoints available|signed by unknown authority"
            r"|deadline exceeded)",
            within_s=3 * MINUTE,
            first_s=3,
            meaning="the admission webhook to answer",
            source=WEBHOOK,
        ),
        Row(
            r"another operation \(install/upgrade/rollback\) is in progress",
            within_s=MINUTE,
            first_s=10,
            meaning="helm's other operation on this release to end",
            source="helm/helm#8987",
        ),
        Row(
            r"You must be logged in to the server|User does not have access to the resource in Azure",
            within_s=5 * MINUTE,
            first_s=10,
            meaning="the right to use the cluster to take effect",
            source="learn.microsoft.com/azure/aks/entra-id-authorization",
        ),
        Row(
            r"cluster unreachable|i/o timeout|TLS handshake timeout|no such host|connection refused|connection reset"
            r"|signal: killed|etcdserver: request timed out",
            within_s=5 * MINUTE,
            first_s=4,
            meaning="the cluster's API server to answer",
            source="kubectl, helm",
        ),
        Row(
            r"invalid ownership metadata",
            "permanent",
            meaning="helm found an object that it did not make",
            advice="delete that object, or label and annotate it as part of the release",
            source="helm",
        ),
        Row(
            r"additional properties .* not allowed|don't meet the specifications of the schema",
            "permanent",
            meaning="the chart does not know one of the values",
            advice="compare with: helm show values <chart>",
            source="helm",
        ),
    )
)
