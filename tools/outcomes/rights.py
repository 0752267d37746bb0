"""Rights: role assignments, app roles of Graph, and what is refused to whom."""

from engine.retry import Row

RBAC = "learn.microsoft.com/azure/role-based-access-control/troubleshooting"
GRAPH = "learn.microsoft.com/graph/api/serviceprincipal-post-approleassignedto"

ROWS = (
    Row(
        r"Permission being assigned already exists on the object|EntitlementGrant entry already exists",
        "done",
        meaning="the app role was granted before",
        seen=(
            'ERROR: Bad Request({"error":{"code":"Request_BadRequest","message":"Permission being assigned already '
            'exists on the object"}})',
            'ERROR: Bad Request({"error":{"message":"EntitlementGrant entry already exists."}})',
        ),
        source="microsoftgraph/msgraph-bicep-types#161",
    ),
    Row(
        r"added object references already exist",
        "done",
        meaning="already a member of the group",
        seen=(
            "ERROR: One or more added object references already exist for the following modified properties: "
            "'members'.",
        ),
        source="learn.microsoft.com/graph/api/group-post-members",
    ),
    Row(
        r"PrincipalNotFound|Principal \S+ does not exist in the directory",
        waiting_for="the new identity to be known in the whole directory",
        usually="under 1 min",
        within_s=300,
        first_s=5,
        most_s=15,
        meaning="there is no such identity in this tenant",
        advice="compare tenant and id: az ad sp show --id <the principal>",
        seen=(
            "ERROR: (PrincipalNotFound) Principal 1b0f35d2 does not exist in the directory 7e7a9c00. Check that you "
            "have the correct principal ID.",
        ),
        source=RBAC,
    ),
    Row(
        r"queried reference-property objects are not present|Not a valid reference update",
        waiting_for="the new identity to be known in Microsoft Graph",
        usually="under 1 min",
        within_s=180,
        first_s=5,
        most_s=20,
        meaning="Microsoft Graph does not know the object",
        advice="look for it: az ad sp show --id <the principal>",
        seen=(
            "ERROR: Resource '1b0f35d2' does not exist or one of its queried reference-property objects are not "
            "present.",
            'ERROR: Bad Request({"error":{"code":"Request_BadRequest","message":"Not a valid reference update."}})',
        ),
        source="microsoftgraph/msgraph-bicep-types#193",
    ),
    Row(
        r"RoleAssignmentExists",
        "permanent",
        meaning="the same principal has the same role at the same scope already, by an assignment of another name",
        advice="az role assignment list --all --assignee <the principal>; delete that one, or leave it and the "
        "template's",
        seen=(
            "ERROR: (RoleAssignmentExists) The role assignment already exists. The ID of the existing role "
            "assignment is 0f1e2d3c.",
        ),
        source="az 2.91.0 takes it for done by itself (role/custom.py); a template does not",
    ),
    Row(
        r"RoleAssignmentUpdateNotPermitted",
        "permanent",
        meaning="an assignment of this name belongs to an identity that was made anew since",
        advice="az role assignment list --all; delete the one without a principal's name, then run the same command",
        seen=(
            "ERROR: (RoleAssignmentUpdateNotPermitted) Tenant ID, application ID, principal ID, and scope are not "
            "allowed to be updated.",
        ),
        source="Azure/AKS-Construction#50",
    ),
    Row(
        r"object id '(?P<who>[^']+)' does not have (?:authorization|permission) to perform action "
        r"'Microsoft\.Authorization/roleAssignments/(?:write|delete)' (?:over|at) scope '(?P<scope>[^']+?)"
        r"(?:/providers/Microsoft\.Authorization/[^']*)?'",
        "permanent",
        meaning="you may not assign roles there",
        advice="have an owner run: az role assignment create --assignee-object-id <who> --role 'Role Based Access "
        "Control Administrator' --scope <scope>",
        seen=(
            "ERROR: (AuthorizationFailed) The client 'ada@contoso.com' with object id '1b0f35d2' does not have "
            "authorization to perform action 'Microsoft.Authorization/roleAssignments/write' over scope "
            "'/subscriptions/5ab5c1b0/resourceGroups/rg-acr/providers/Microsoft.Authorization/roleAssignments/0f1e' "
            "or the scope is invalid. If access was recently granted, please refresh your credentials.",
        ),
        source=RBAC,
    ),
    Row(
        r"LinkedAuthorizationFailed.*perform action\(?s?\)? '(?P<action>[^',]+)[^']*' on the linked scope\(s\) "
        r"'(?P<scope>[^',]+)|LinkedAuthorizationFailed",
        "permanent",
        meaning="this also takes <action> on <scope>, which is not granted",
        advice="have an owner grant Network Contributor (or what has that action) there",
        seen=(
            "ERROR: (LinkedAuthorizationFailed) The client 'ada@contoso.com' with object id '1b0f35d2' has "
            "permission to perform action 'Microsoft.ContainerService/managedClusters/write' on scope "
            "'/subscriptions/5ab5c1b0/x'; however, it does not have permission to perform action(s) "
            "'Microsoft.Network/virtualNetworks/subnets/join/action' on the linked scope(s) "
            "'/subscriptions/5ab5c1b0/subnets/snet-aks' (respectively) or the linked scope(s) are invalid.",
        ),
        source=RBAC,
    ),
    Row(
        r"AuthorizationFailed.*object id '(?P<who>[^']+)'.*perform action '(?P<action>[^']+)' over scope "
        r"'(?P<scope>[^']+)'|\bAuthorizationFailed\b",
        "permanent",
        meaning="you may not do <action> there",
        advice="have an owner run: az role assignment create --assignee-object-id <who> --role Contributor --scope "
        "<scope>",
        seen=(
            "ERROR: (AuthorizationFailed) The client 'ada@contoso.com' with object id '1b0f35d2' does not have "
            "authorization to perform action 'Microsoft.Resources/subscriptions/resourcegroups/write' over scope "
            "'/subscriptions/5ab5c1b0/resourcegroups/rg-dev-acr' or the scope is invalid.",
        ),
        source=RBAC,
    ),
    Row(
        r"Could not create a role assignment for ACR",
        "permanent",
        meaning="you may not assign roles on the registry; the cause itself is only in az's --debug",
        advice="the lab needs no --attach-acr: inv acrpull grants AcrPull, and says who has to",
        seen=("ERROR: Could not create a role assignment for ACR. Are you an Owner on this subscription?",),
        source="azure/cli/command_modules/acs/_roleassignments.py",
    ),
    Row(
        r"Authorization_RequestDenied|Insufficient privileges to complete the operation",
        "permanent",
        meaning="this takes a directory administrator: a Privileged Role Administrator, or "
        "AppRoleAssignment.ReadWrite.All with Application.Read.All",
        advice="have one run the command above and set workload.grant_graph_role: false (for the admin group: "
        "cluster.admin_group.create: false)",
        seen=(
            "ERROR: Insufficient privileges to complete the operation.",
            'ERROR: Forbidden({"error":{"code":"Authorization_RequestDenied","message":"Insufficient privileges to '
            'complete the operation."}})',
        ),
        source=GRAPH,
    ),
)


def granted(who: str) -> Row:
    """For the first use of a right that the lab has just granted to ``who`` (an object id, or a pattern of it). Where
    it has granted nothing, such an error is final."""
    return Row(
        rf"(AuthorizationFailed|does not have (authorization|permission)).*object id '{who}'"
        rf"|object id '{who}' does not have authorization",
        waiting_for="the rights that were just granted to take effect",
        usually="under 5 min",
        within_s=600,
        first_s=5,
        meaning="the rights that the lab granted to its identity have not taken effect",
        advice="run the same command in some minutes; rights by way of a group can take up to a day to be noticed",
        seen=(
            "ERROR: (LinkedAuthorizationFailed) The client '7326f632' with object id '1b0f35d2' has permission to "
            "perform action 'Microsoft.Compute/virtualMachineScaleSets/write' on scope '/subscriptions/5ab5c1b0/x'; "
            "however, it does not have permission to perform action "
            "'Microsoft.Network/virtualNetworks/subnets/join/action' on the linked scope(s) "
            "'/subscriptions/5ab5c1b0/subnets/snet-aks' or the linked scope(s) are invalid.",
        ),
        source=f"{RBAC}; Azure/azure-dev#8026; Azure/aad-pod-identity#550",
    )
