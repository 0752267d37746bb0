"""Deployments with the real az: what it prints, and with which exit codes it ends."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from client_shell import Shell
from sample_templates import nested, template

pytestmark = pytest.mark.e2e

Az = Callable[..., str]

GROUP = {
    "type": "Microsoft.Resources/resourceGroups", "apiVersion": "2024-11-01", "name": "rg-deployed",
    "location": "[deployment().location]", "tags": "[parameters('tags')]",
}  # fmt: skip
IDENTITIES = template(
    {
        "ids": {
            "type": "Microsoft.ManagedIdentity/userAssignedIdentities", "apiVersion": "2023-01-31",
            "name": "[parameters('names')[copyIndex()]]", "location": "[resourceGroup().location]",
            "copy": {"name": "ids", "count": "[length(parameters('names'))]"},
        },
    },
    parameters={"names": {"type": "array"}},
    outputs={"first": {"type": "string", "value": "[reference('ids[0]').principalId]"}},
)  # fmt: skip
LAB = template(
    {
        "group": GROUP,
        "inner": nested(
            "inner",
            IDENTITIES,
            needs=["group"],
            resourceGroup="rg-deployed",
            parameters={"names": ["id-one", "id-two"]},
        ),
    },
    parameters={"tags": {"type": "object", "defaultValue": {"team": "lab"}}},
    outputs={"principal": {"type": "string", "value": "[reference('inner').outputs.first.value]"}},
)
BROKEN = template(
    [
        {
            "type": "Microsoft.ManagedIdentity/userAssignedIdentities", "apiVersion": "2023-01-31", "name": "id-three",
            "location": "[reference(resourceId('Microsoft.Network/dnsZones', 'none'), '2018-05-01').location]",
        }
    ]
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("templates")
    for name, content in {"lab": LAB, "identities": IDENTITIES, "broken": BROKEN}.items():
        text = json.dumps(content, indent=2)
        (folder / f"{name}.json").write_text("// comments are allowed\n" + text)
    return folder


@pytest.fixture(scope="module")
def az(shell: Shell, folder: Path) -> Az:
    """Runs az in the folder of the templates; returns what it prints."""
    there = Shell(shell.environ, folder)
    return lambda command, *more, code=0: there.run("az", *command.split(), *more, code=code)


def test_a_subscription_deployment_from_the_first_look_to_its_removal(az: Az) -> None:
    place = "-n lab -l westeurope -f lab.json"
    assert "4 to create" not in az(f"deployment sub what-if {place}")
    assert "Resource changes: 3 to create." in az(f"deployment sub what-if {place}")
    assert json.loads(az(f"deployment sub validate {place}"))["properties"]["provisioningState"] == "Succeeded"
    made = json.loads(az(f"deployment sub create {place}"))
    principal = json.loads(az("identity show -g rg-deployed -n id-one"))["principalId"]
    assert made["properties"]["outputs"]["principal"]["value"] == principal
    assert "Resource changes: 3 no change." in az(f"deployment sub what-if {place}")
    changed = az(f"deployment sub what-if {place}", "-p", 'tags={"team": "other"}')
    assert '~ tags.team: "lab" => "other"' in changed
    assert az("deployment sub show -n lab --query properties.provisioningState -o tsv") == "Succeeded\n"
    assert az("deployment sub list --query [].name -o tsv") == "lab\n"
    rows = json.loads(az("deployment operation sub list -n lab"))
    assert [row["properties"]["targetResource"]["resourceName"] for row in rows] == ["rg-deployed", "inner"]
    rows = json.loads(az("deployment operation group list -g rg-deployed -n inner"))
    assert len(rows) == 2
    assert "InvalidDeploymentLocation" in az("deployment sub create -n lab -l norwayeast -f lab.json", code=1)
    az("deployment sub delete -n lab")
    assert "DeploymentNotFound" in az("deployment sub show -n lab", code=3)


def test_failures_are_told_in_azures_words(az: Az) -> None:
    az("group create -n rg-failing -l westeurope")
    group = "-g rg-failing"
    names = ("-p", 'names=["x"]')
    invalid = az(f"deployment group create {group} -n bad -f identities.json", *names, code=1)
    assert "InvalidTemplateDeployment" in invalid
    assert "Inner Errors" in invalid
    assert "InvalidTemplateDeployment" in az(f"deployment group what-if {group} -f identities.json", *names, code=1)
    broken = az(f"deployment group create {group} -n broken -f broken.json", code=1)
    assert "DeploymentFailed" in broken
    assert "The Resource 'Microsoft.Network/dnsZones/none' under resource group 'rg-failing' was not found." in broken
    state = "deployment group show -n broken --query properties.provisioningState -o tsv"
    assert az(f"{state} {group}") == "Failed\n"
