"""The real az against a sandbox of its own: what it creates, shows, lists and deletes, and with which exit codes."""

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.e2e

Az = Callable[..., Any]


@pytest.fixture(scope="module")
def group(az: Az) -> str:
    az("group create -n rg-az -l westeurope --tags part=test")
    return "rg-az"


def test_groups(az: Az, group: str) -> None:
    assert az(f"group show -n {group}")["tags"] == {"part": "test"}
    assert az("group exists -n rg-none") is False
    assert "(ResourceGroupNotFound)" in az("group show -n rg-none", code=3)
    az("group create -n rg-short -l northeurope")
    az("group delete -n rg-short --yes")
    assert "rg-short" not in [one["name"] for one in az("group list")]


def test_identities_and_federated_credentials(az: Az, group: str) -> None:
    identity = az(f"identity create -g {group} -n id-az")
    assert identity["principalId"] != identity["clientId"]
    credential = f"identity federated-credential create -g {group} --identity-name id-az --issuer https://issuer/"
    made = az(f"{credential} -n fic-az --subject system:serviceaccount:ns:sa --audiences api://AzureADTokenExchange")
    assert made["subject"] == "system:serviceaccount:ns:sa"
    assert "already exists for this Managed Identity" in az(
        f"{credential} -n fic-two --subject system:serviceaccount:ns:sa --audiences api://AzureADTokenExchange", code=1
    )
    of_identity = f"-g {group} --identity-name id-az"
    assert [one["name"] for one in az(f"identity federated-credential list {of_identity}")] == ["fic-az"]
    az(f"identity federated-credential delete {of_identity} -n fic-az --yes")
    az(f"identity federated-credential show {of_identity} -n fic-az", code=3)


def test_zones_and_records(az: Az, group: str) -> None:
    zone = az(f"network dns zone create -g {group} -n az.example.org")
    assert len(zone["nameServers"]) == 4
    records = f"-g {group} -z az.example.org"
    az(f"network dns record-set a add-record {records} -n www -a 203.0.113.1")
    az(f"network dns record-set a add-record {records} -n www -a 203.0.113.2")
    az(f"network dns record-set cname set-record {records} -n app -c www.az.example.org")
    az(f"network dns record-set txt add-record {records} -n note -v hello")
    found = {one["name"]: one for one in az(f"network dns record-set list {records}")}
    assert set(found) == {"@", "www", "app", "note"}
    assert [one["ipv4Address"] for one in found["www"]["ARecords"]] == ["203.0.113.1", "203.0.113.2"]
    assert az(f"network dns zone show -g {group} -n az.example.org")["numberOfRecordSets"] == 5
    az(f"network dns zone delete -g {group} -n az.example.org --yes")


def test_role_assignments(az: Az, group: str) -> None:
    principal = az(f"identity create -g {group} -n id-role")["principalId"]
    scope = az(f"group show -n {group}")["id"]
    create = f"role assignment create --assignee-object-id {principal} --assignee-principal-type ServicePrincipal"
    made = az(f"{create} --role Reader --scope {scope}")
    assert az(f"{create} --role Reader --scope {scope}")["id"] == made["id"]
    listed = az(f"role assignment list --scope {scope} --fill-principal-name false")
    assert [one["principalId"] for one in listed] == [principal]
    az(f"role assignment delete --ids {made['id']}")
    assert az(f"role assignment list --scope {scope} --fill-principal-name false") == []
    assert az("role definition list --name Owner")[0]["name"] == "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"


def test_networks(az: Az, group: str) -> None:
    az(
        f"network vnet create -g {group} -n vnet --address-prefixes 10.0.0.0/16 --subnet-name a",
        "--subnet-prefixes",
        "10.0.0.0/24",
    )
    outside = f"network vnet subnet create -g {group} --vnet-name vnet -n b --address-prefixes 10.1.0.0/24"
    assert "(NetcfgSubnetRangeOutsideVnet)" in az(outside, code=1)
    assert [one["name"] for one in az(f"network vnet list -g {group}")[0]["subnets"]] == ["a"]
    az(f"network vnet delete -g {group} -n vnet")


def test_providers_regions_and_sizes(az: Az) -> None:
    assert az("provider show -n Microsoft.ContainerService")["registrationState"] == "Registered"
    az("provider register -n Microsoft.OperationsManagement --wait")
    assert "westeurope" in [one["name"] for one in az("account list-locations")]
    skus = az("vm list-skus -l westeurope --size Standard_D2s_v5")
    assert [one["name"] for one in skus] == ["Standard_D2s_v5"]
    assert az("vm list-usage -l westeurope")[0]["name"]["value"] == "cores"


def test_tags_and_locks(az: Az, group: str) -> None:
    scope = az(f"group show -n {group}")["id"]
    az(f"tag update --resource-id {scope} --operation merge --tags more=yes")
    assert az(f"tag list --resource-id {scope}")["properties"]["tags"]["more"] == "yes"
    az(f"lock create -n keep -g {group} --lock-type CanNotDelete")
    assert "(ScopeLocked)" in az(f"group delete -n {group} --yes", code=1)
    az(f"lock delete -n keep -g {group}")


def test_resources_of_any_type(az: Az, group: str) -> None:
    kind = "Microsoft.ManagedIdentity/userAssignedIdentities"
    made = az(f"resource create -g {group} -n id-any --resource-type {kind} -l westeurope -p", "{}")
    assert "id-any" in [one["name"] for one in az(f"resource list -g {group} --resource-type {kind}")]
    az(f"resource delete --ids {made['id']}")
    az(f"resource show --ids {made['id']}", code=3)
