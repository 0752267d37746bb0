"""Who may do what: roles evaluated, assignments and definitions over REST, locks."""

import uuid
from collections.abc import Callable

import pytest
from arm_callers import GROUP, IDENTITY, SUBSCRIPTION, Caller

from sandbox.arm import built_in_roles, resources, roles
from sandbox.arm.ids import ResourceId
from sandbox.arm.providers.role_assignments import GUID
from sandbox.entra import principals
from sandbox.world import TENANT_ID, World

pytestmark = pytest.mark.anyio

ZONE = f"{GROUP}/providers/Microsoft.Network/dnsZones/lab.example.org"
ASSIGNMENTS = "providers/Microsoft.Authorization/roleAssignments"
Make = Callable[..., Caller]


def assignment(principal_id: str, role: str, **more: object) -> dict:
    found = built_in_roles.by_name(role)
    assert found is not None
    return {
        "properties": {
            "roleDefinitionId": f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{found.guid}",
            "principalId": principal_id,
            **more,
        }
    }


def named(guid: str = "") -> str:
    return f"{ASSIGNMENTS}/{guid or uuid.uuid4()}"


@pytest.mark.parametrize(
    ("role", "action", "expected"),
    [
        ("Owner", "Microsoft.Authorization/roleAssignments/write", True),
        ("Contributor", "Microsoft.Network/dnsZones/write", True),
        ("Contributor", "Microsoft.Authorization/roleAssignments/write", False),
        ("Contributor", "Microsoft.Authorization/roleAssignments/read", True),
        ("Reader", "Microsoft.Network/dnsZones/read", True),
        ("Reader", "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action", False),
        ("DNS Zone Contributor", "microsoft.network/DNSZONES/a/write", True),
        ("DNS Zone Contributor", "Microsoft.Network/virtualNetworks/write", False),
        ("AcrPull", "Microsoft.ContainerRegistry/registries/pull/read", True),
        ("AcrPull", "Microsoft.ContainerRegistry/registries/push/write", False),
    ],
)
async def test_actions_match_wildcards_less_what_is_taken_away(
    world: World, caller: Make, role: str, action: str, expected: bool
) -> None:
    someone = caller(role)
    principal = principals.principal_of(principals.directory(world)[someone.id])
    assert roles.allowed(world, principal, action, GROUP) is expected


async def test_data_actions_are_another_matter(world: World, caller: Make) -> None:
    cluster = f"{GROUP}/providers/Microsoft.ContainerService/managedClusters/aks"
    get_pods = "Microsoft.ContainerService/managedClusters/pods/read"
    write_quotas = "Microsoft.ContainerService/managedClusters/resourcequotas/write"

    def may(role: str, action: str) -> bool:
        principal = principals.principal_of(principals.directory(world)[caller(role).id])
        return roles.data_allowed(world, principal, action, cluster)

    assert not may("Owner", get_pods)
    assert may("Azure Kubernetes Service RBAC Reader", get_pods)
    assert not may("Azure Kubernetes Service RBAC Reader", "Microsoft.ContainerService/managedClusters/secrets/read")
    assert may("Azure Kubernetes Service RBAC Cluster Admin", write_quotas)
    assert not may("Azure Kubernetes Service RBAC Admin", write_quotas)


async def test_a_role_holds_below_its_scope_only(caller: Make, lab: Caller) -> None:
    reader = caller("Reader", f"{SUBSCRIPTION}/resourceGroups/RG-LAB")
    await reader.get(GROUP)
    await lab.put(f"{GROUP}-2", {"location": "westeurope"})
    assert (await reader.refused("GET", f"{GROUP}-2"))[:2] == (403, "AuthorizationFailed")
    assert [one["name"] for one in (await reader.get(f"{SUBSCRIPTION}/resourcegroups"))["value"]] == ["rg-lab"]


async def test_a_refusal_names_client_action_and_scope(caller: Make, lab: Caller) -> None:
    nobody = caller()
    app_id = principals.directory(lab.world)[nobody.id]["appId"]
    status, code, message = await nobody.refused("PUT", f"{IDENTITY}/id-a", {"location": "westeurope"})
    assert (status, code) == (403, "AuthorizationFailed")
    assert message == (
        f"The client '{app_id}' with object id '{nobody.id}' does not have authorization to perform action "
        f"'Microsoft.ManagedIdentity/userAssignedIdentities/write' over scope '{IDENTITY}/id-a' or the scope is "
        "invalid. If access was recently granted, please refresh your credentials."
    )
    assert (await nobody.get("/subscriptions"))["value"] == []


async def test_groups_pass_their_roles_on(world: World, caller: Make, lab: Caller) -> None:
    member = caller()
    principals.memberships(world)[f"team/{member.id}"] = {"group": "team", "member": member.id}
    roles.grant(world, "team", "Reader", GROUP, "Group")
    await member.get(GROUP)


async def test_a_grant_may_take_its_time(world: World, caller: Make, lab: Caller) -> None:
    world.store.table("settings", quiet=True)["lags"] = {"role_propagation_s": 3600}
    world.pace = type(world.pace)(1)
    newcomer = caller("Reader", GROUP)
    assert (await newcomer.refused("GET", GROUP))[0] == 403
    world.store.table("settings", quiet=True)["lags"] = {}
    await newcomer.get(GROUP)


async def test_an_assignment_is_made_once(lab: Caller, caller: Make) -> None:
    other = caller()
    first = named()
    made = await lab.ask("PUT", f"{GROUP}/{first}", assignment(other.id, "Reader"))
    assert made.status_code == 201
    assert made.json()["properties"]["scope"] == GROUP
    assert made.json()["properties"]["principalType"] == "ServicePrincipal"
    assert not [field for field in made.json() if field.startswith("_")]
    status, code, message = await lab.refused("PUT", f"{GROUP}/{named()}", assignment(other.id, "reader"))
    assert (status, code) == (409, "RoleAssignmentExists")
    assert "The role assignment already exists." in message
    again = await lab.ask("PUT", f"{GROUP}/{first}", assignment(other.id, "Reader"))
    assert (again.status_code, again.json()) == (200, made.json())
    another = assignment(caller().id, "Reader")
    assert await lab.refused("PUT", f"{GROUP}/{first}", another) == (
        400,
        "RoleAssignmentUpdateNotPermitted",
        "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
    )
    deleted = await lab.ask("DELETE", f"{GROUP}/{first}")
    assert (deleted.status_code, deleted.json()["name"]) == (200, made.json()["name"])
    assert (await lab.ask("DELETE", f"{GROUP}/{first}")).status_code == 204


async def test_bad_assignments_are_refused(lab: Caller, caller: Make) -> None:
    ghost = str(uuid.uuid4())
    status, code, message = await lab.refused("PUT", f"{GROUP}/{named()}", assignment(ghost, "Reader"))
    assert (status, code) == (400, "PrincipalNotFound")
    assert f"does not exist in the directory {TENANT_ID}" in message
    assert "https://aka.ms/docs-principaltype" in message
    wrong = assignment(caller().id, "Reader", principalType="User")
    assert (await lab.refused("PUT", f"{GROUP}/{named()}", wrong))[1] == "UnmatchedPrincipalType"
    misnamed = await lab.refused("PUT", f"{GROUP}/{ASSIGNMENTS}/one", assignment(caller().id, "Reader"))
    assert misnamed[1] == "InvalidRoleAssignmentId"
    unknown = assignment(caller().id, "Reader", roleDefinitionId=str(uuid.uuid4()))
    assert (await lab.refused("PUT", f"{GROUP}/{named()}", unknown))[1] == "RoleDefinitionDoesNotExist"
    nowhere = f"{ZONE}/{named()}"
    assert (await lab.refused("PUT", nowhere, assignment(caller().id, "Reader")))[:2] == (404, "ResourceNotFound")


async def test_assignments_are_listed_by_scope_and_principal(lab: Caller, caller: Make) -> None:
    other = caller()
    await lab.put(ZONE, {"location": "global"})
    for scope in (GROUP, ZONE):
        await lab.put(f"{scope}/{named()}", assignment(other.id, "Reader"))

    async def scopes(at: str, wanted: str = "") -> list[str]:
        found = await lab.get(f"{at}/{ASSIGNMENTS}", params={"$filter": wanted} if wanted else {})
        return [one["properties"]["scope"] for one in found["value"]]

    assert await scopes(GROUP, "atScope()") == [SUBSCRIPTION, GROUP]
    assert await scopes(ZONE, "atScope()") == [SUBSCRIPTION, GROUP, ZONE]
    assert await scopes(SUBSCRIPTION) == [SUBSCRIPTION, GROUP, ZONE]
    assert await scopes(SUBSCRIPTION, f"principalId eq '{other.id}'") == [GROUP, ZONE]
    assert await scopes(SUBSCRIPTION, f"assignedTo('{other.id}')") == [GROUP, ZONE]


async def test_definitions_are_found_by_name_whatever_the_case(lab: Caller) -> None:
    path = f"{GROUP}/providers/Microsoft.Authorization/roleDefinitions"
    found = (await lab.get(path, params={"$filter": "roleName eq 'acrpull'"}))["value"]
    assert [one["name"] for one in found] == ["7f951dda-4ed3-4680-a7ca-43fe172d538d"]
    assert await lab.get(f"{path}/{found[0]['name']}") == found[0]
    custom = (await lab.get(path, params={"$filter": "type eq 'CustomRole'"}))["value"]
    assert custom == []
    assert (await lab.refused("GET", f"{path}/{uuid.uuid4()}"))[1] == "RoleDefinitionDoesNotExist"


async def test_a_custom_role_works_and_goes_when_unused(lab: Caller, caller: Make) -> None:
    guid = str(uuid.uuid4())
    path = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{guid}"
    permissions = [{"actions": ["Microsoft.Resources/subscriptions/resourceGroups/read"]}]
    body = {"properties": {"roleName": "Group Reader", "assignableScopes": [SUBSCRIPTION], "permissions": permissions}}
    assert (await lab.put(path, body))["properties"]["type"] == "CustomRole"
    reader = caller("Group Reader", GROUP)
    await reader.get(GROUP)
    assert (await reader.refused("GET", f"{IDENTITY}/id-a"))[0] == 403
    assert (await lab.refused("DELETE", path))[1] == "RoleDefinitionHasAssignments"
    for one in (await lab.get(f"{GROUP}/{ASSIGNMENTS}", params={"$filter": f"principalId eq '{reader.id}'"}))["value"]:
        await lab.ask("DELETE", one["id"])
    assert (await lab.ask("DELETE", path)).status_code == 200


async def test_using_an_identity_needs_the_right_to_assign_it(lab: Caller, caller: Make, world: World) -> None:
    identity = await lab.put(f"{IDENTITY}/id-a", {"location": "westeurope"})
    maker = caller("Network Contributor", GROUP)
    body = {"location": "westeurope", "identity": {"userAssignedIdentities": {identity["id"]: {}}}}
    balancer = f"{GROUP}/providers/Microsoft.Network/loadBalancers/lb"
    status, code, message = await maker.refused("PUT", balancer, body)
    assert (status, code) == (403, "LinkedAuthorizationFailed")
    assert "userAssignedIdentities/assign/action" in message
    roles.grant(world, maker.id, "Managed Identity Operator", identity["id"])
    await maker.put(balancer, body)


async def test_locks_keep_from_deleting_and_from_changing(lab: Caller) -> None:
    await lab.put(f"{IDENTITY}/id-a", {"location": "westeurope"})
    lock = f"{GROUP}/providers/Microsoft.Authorization/locks/keep"
    await lab.put(lock, {"properties": {"level": "CanNotDelete"}})
    status, code, message = await lab.refused("DELETE", f"{IDENTITY}/id-a")
    assert (status, code) == (409, "ScopeLocked")
    assert f"following scope(s) are locked: '{GROUP}'" in message
    assert (await lab.refused("DELETE", GROUP))[1] == "ScopeLocked"
    await lab.put(f"{IDENTITY}/id-a", {"location": "westeurope", "tags": {"still": "writable"}})
    await lab.put(lock, {"properties": {"level": "ReadOnly"}})
    assert (await lab.refused("PUT", f"{IDENTITY}/id-a", {"location": "westeurope"}))[1] == "ScopeLocked"
    assert (await lab.ask("DELETE", lock)).status_code == 200
    assert (await lab.ask("DELETE", GROUP)).status_code == 200


async def test_the_sandbox_itself_needs_no_role(world: World) -> None:
    document, created = await resources.put(
        world, None, ResourceId(GROUP), {"location": "westeurope"}, api_version="2024-11-01"
    )
    assert created
    assert document["name"] == "rg-lab"


async def test_built_in_roles_have_their_own_guids_and_names() -> None:
    guids = [role.guid for role in built_in_roles.BUILT_IN]
    assert len(set(guids)) == len({role.name.lower() for role in built_in_roles.BUILT_IN}) == len(guids)
    assert all(GUID.fullmatch(guid) for guid in guids)
