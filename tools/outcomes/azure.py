"""Resource Manager and what it deploys: what is busy, what is in the way, what cannot be."""

from engine.retry import Row

ARM = "learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors"
FEDERATION = "learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations"

IDENTITIES = (
    Row(
        r"ConcurrentFederatedIdentityCredentialsWrites|Federated Identity Credentials are written concurrently",
        waiting_for="another write to the same identity to end",
        usually="some seconds",
        within_s=180,
        first_s=5,
        meaning="somebody else keeps writing to the same identity",
        advice="let that end, then run the same command",
        seen=(
            "ERROR: (ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity) Too many Federated Identity "
            "Credentials are written concurrently for the managed identity '/subscriptions/5ab5c1b0/x'.",
        ),
        source="Azure/bicep-registry-modules#1447; hashicorp/terraform-provider-azurerm#19968",
    ),
    Row(
        r"Issuer and subject combination already exists",
        "permanent",
        meaning="the identity has a credential for this issuer and service account already, by another name and with "
        "another audience: Azure takes each pair once",
        advice="az identity federated-credential list --identity-name <identity> --resource-group <group>, then "
        "delete it",
        seen=("ERROR: (BadRequest) Issuer and subject combination already exists for this Managed Identity.",),
        source="Azure/bicep-types-az#2054, #2029",
    ),
    Row(
        r"federated identity credentials.*(limited to|maximum|exceed)|(maximum|exceed).*federated identity credentials",
        "permanent",
        meaning="an identity has room for 20 federated credentials; each cluster that was made anew left one behind",
        advice="az identity federated-credential list --identity-name <identity> --resource-group <group>, then delete "
        "those of issuers that are gone",
        seen=(
            "ERROR: (BadRequest) The number of federated identity credentials of a managed identity is limited to 20. "
            "Remove one that is no longer needed before another is added.",
        ),
        source=f"Azure/azure-workload-identity#575; {FEDERATION}",
    ),
)

DEPLOYMENTS = (
    Row(
        r"AnotherOperationInProgress|RetryableErrorDueToAnotherOperation",
        waiting_for="another operation on the network to end",
        usually="under 1 min",
        within_s=600,
        first_s=10,
        most_s=60,
        meaning="another operation on the network does not end",
        advice="az network vnet list --query '[].{name: name, state: provisioningState}' --output table",
        seen=(
            "ERROR: (AnotherOperationInProgress) Another operation on this or dependent resource is in progress. To "
            "retrieve status of the operation use uri: https://management.azure.com/x",
            "ERROR: (RetryableErrorDueToAnotherOperation) Operation on /subscriptions/5ab5c1b0/x failed: another "
            "operation has locked it.",
        ),
        source=ARM,
    ),
    Row(
        r"DeploymentActive",
        waiting_for="the same deployment, already under way, to end",
        usually="some minutes",
        within_s=2700,
        first_s=10,
        meaning="an earlier deployment of this name does not end",
        advice="az deployment sub cancel --name <the one named>",
        seen=(
            "azure.core.exceptions.ResourceExistsError: (DeploymentActive) Unable to edit or replace deployment "
            "'cluster': previous deployment from '11/24/2026 12:55:17 PM' is still active (expiration time is "
            "'12/1/2026 12:55:06 PM'). Please see https://aka.ms/arm-deploy for usage details.",
        ),
        source="Azure/azure-dev#2977; az 2.91.0 hides it in a traceback",
    ),
    Row(
        r"ResourceGroupBeingDeleted",
        waiting_for="the resource group to be gone",
        usually="some minutes",
        within_s=1800,
        first_s=10,
        meaning="the resource group does not go",
        advice="az group show --name <the one named>; perhaps a lock holds it: az lock list",
        seen=(
            "ERROR: (ResourceGroupBeingDeleted) The resource group 'rg-dev-aks' is in deprovisioning state and cannot "
            "perform this operation.",
        ),
        source=ARM,
    ),
    Row(
        r"MissingSubscriptionRegistration.*?(namespace '(?P<provider>[\w.]+)'|$)",
        "permanent",
        meaning="the subscription has not registered the resource provider <provider>",
        advice="az provider register --wait --namespace <provider>, then run the same command",
        seen=(
            "ERROR: (MissingSubscriptionRegistration) The subscription is not registered to use namespace "
            "'Microsoft.ContainerService'. See https://aka.ms/rps-not-found for how to register subscriptions.",
        ),
        source=ARM,
    ),
    Row(
        r"RequestDisallowedByPolicy.*?(policyAssignment\W+name\W+(?P<policy>[^\"\\]+)|$)",
        "permanent",
        meaning="a policy of your organisation forbids it: <policy>",
        advice="ask who owns the policy; what it wants may be a tag (tags in the environment's file) or another "
        "location",
        seen=(
            "ERROR: (RequestDisallowedByPolicy) Resource 'rg-dev-acr' was disallowed by policy. Policy identifiers: "
            '\'[{"policyAssignment":{"name":"Require a tag on resource groups","id":"/subscriptions/5ab5c1b0/x"}}]\'.',
            'ERROR: {"code": "InvalidTemplateDeployment", "details": [{"code": "RequestDisallowedByPolicy", '
            '"message": "Resource \'x\' was disallowed by policy. Policy identifiers: '
            '\'[{\\"policyAssignment\\":{\\"name\\":\\"Allowed locations\\",\\"id\\":\\"/x\\"}}]\'."}]}',
        ),
        source=ARM,
    ),
    Row(
        r"registry DNS name (?P<name>[\w.-]+) is already in use|\bAlreadyInUse\b",
        "permanent",
        meaning="somebody else's registry has this name: <name>. Names of registries are the world's",
        advice="choose another `name` in the environment's file; it goes into the registry's",
        seen=(
            "ERROR: (AlreadyInUse) The registry DNS name acrdev0123.azurecr.io is already in use. You can check if "
            "the name is already claimed using following API: https://docs.microsoft.com/rest/api/x",
        ),
        source=ARM,
    ),
    Row(
        r"InvalidDeploymentLocation.*?(deployment '(?P<name>[^']+)'|$)|InvalidDeploymentLocation",
        "permanent",
        meaning="this deployment's name was used in another region before",
        advice="az deployment sub delete --name <name>",
        seen=(
            "ERROR: (InvalidDeploymentLocation) Invalid deployment location 'westeurope'. The deployment "
            "'registry-dev' already exists in location 'norwayeast'.",
        ),
        source="Azure/azure-dev#293",
    ),
    Row(
        r"LocationNotAvailableFor\w+|NoRegisteredProviderFound",
        "permanent",
        meaning="this is not to be had in this region: location",
        advice="az account list-locations --query '[].name' --output tsv",
        seen=(
            "ERROR: (LocationNotAvailableForResourceGroup) The provided location 'nowhere' is not available for "
            "resource group. List of available regions is 'norwayeast,westeurope'.",
            "ERROR: (NoRegisteredProviderFound) No registered resource provider found for location 'nowhere' and API "
            "version '2026-06-01' for type 'managedClusters'.",
        ),
        source=ARM,
    ),
    Row(
        r"ScopeLocked",
        "permanent",
        meaning="somebody has put a lock on it, against changes or against deletion",
        advice="az lock list --output table",
        seen=(
            "ERROR: (ScopeLocked) The scope '/subscriptions/5ab5c1b0/x' cannot perform delete operation because "
            "following scope(s) are locked: '/subscriptions/5ab5c1b0/x'. Please remove the lock and try again.",
        ),
        source=ARM,
    ),
    Row(
        r"Could not get logs for ID: (?P<run>\w+)",
        waiting_for="the registry to show the log of a build, or the image",
        within_s=300,
        meaning="the registry has taken build <run>, and does not show how it goes",
        advice="az acr task logs --registry <the registry> --run-id <run>, then run the same command",
        seen=("ERROR: Could not get logs for ID: ca3",),
        source="az 2.91.0 (acr/_stream_utils.py) at a registry that is throttled; the cause is only in its --debug",
    ),
    Row(
        r"TasksOperationsNotAllowed",
        "permanent",
        meaning="trial subscriptions cannot build images in the registry",
        advice="use a subscription that is not a free trial",
        seen=(
            "ERROR: (TasksOperationsNotAllowed) ACR Tasks requests for the registry acrdev and 7e7a are not permitted. "
            "Please file an Azure support request at http://aka.ms/azuresupport for assistance.",
        ),
        source="Azure-Samples/azure-search-openai-demo#2220, #2592",
    ),
)

REFUSED = (
    Row(
        r"(?:^|\"details\": ?\[)\{\"code\": ?\"(?P<code>\w+)\"[^}]*?\"message\": ?\"(?P<message>(?:[^\"\\]|\\.)+)",
        "permanent",
        meaning="Azure refuses a resource of the template: <code>: <message>",
        advice="az deployment operation sub list --name <the deployment> --query '[].properties.statusMessage.error'",
        seen=(
            'ERROR: {"code": "InvalidTemplateDeployment", "message": "The template deployment \'cluster-dev\' is not '
            "valid according to the validation procedure. The tracking id is 'x'. See inner errors for details.\"}\n"
            '\nInner Errors: \n{"code": "ServiceCidrOverlapExistingSubnetsCidr", "target": "x", "message": "The '
            'specified service CIDR is conflicted with an existing subnet CIDR"}',
            'ERROR: {"status":"Failed","error":{"code":"DeploymentFailed","target":"/x","message":"At least one '
            'resource deployment operation failed.","details":[{"code":"Conflict","target":"/x","message":"It is '
            'so."}]}}',
        ),
        source=ARM,
    ),
    Row(
        r"InvalidTemplateDeployment|DeploymentFailed",
        "permanent",
        meaning="Azure refuses the template, or a resource of it",
        advice="az deployment operation sub list --name <the deployment> --query '[].properties.statusMessage.error'",
        seen=(
            "ERROR: (DeploymentFailed) At least one resource deployment operation failed. Please list deployment "
            "operations for details.",
        ),
        source=ARM,
    ),
    Row(
        r"The content for this response was already consumed",
        waiting_for="az to understand what Azure answers",
        usually="some seconds",
        within_s=60,
        meaning="Azure refuses the deployment, and az fails to read why",
        advice="run the failed command by hand with --debug: the answer's body says it",
        seen=(
            "ERROR: The command failed with an unexpected error. Here is the traceback:\n"
            "ERROR: The content for this response was already consumed\n"
            "RuntimeError: The content for this response was already consumed",
        ),
        source="az 2.91.0 at a server that refuses a deployment or its what-if; the cause is mostly in az's traceback",
    ),
)
"""After all others: they say more about what it was that was refused."""
