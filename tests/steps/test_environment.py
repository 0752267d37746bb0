"""The settings of an environment: the files in config/, and the names that follow from them."""

from pathlib import Path

import pytest
import yaml

from engine.settings import load
from steps.environment import Environment

PROJECT = Path(__file__).parents[2]
CHARTS = PROJECT / "sandbox" / "charts"


@pytest.mark.parametrize("name", ["sandbox.yaml", "azure.example.yaml"])
def test_the_files_in_config_are_valid(name):
    assert load(PROJECT / "config" / name, Environment).names.cluster.startswith("aks-")


def test_the_sandbox_charts_have_the_versions_that_azure_gets():
    azure = load(PROJECT / "config/azure.example.yaml", Environment).charts
    sandbox = load(PROJECT / "config/sandbox.yaml", Environment).charts
    for name in type(azure).model_fields:
        folder = PROJECT / getattr(sandbox, name).ref
        stand_in = yaml.safe_load((folder / "Chart.yaml").read_text())
        assert stand_in["version"] == getattr(azure, name).version == getattr(sandbox, name).version


def environment(**changes):
    given = yaml.safe_load((PROJECT / "config/sandbox.yaml").read_text())
    return Environment.model_validate(given | changes)


def test_the_registry_is_unique_to_subscription_and_environment():
    names = {
        environment(name=name, subscription=subscription).names.registry
        for name in ("dev", "test")
        for subscription in ("5ab5c1b0-0000-4000-8000-00000000c0de", "11111111-0000-4000-8000-00000000c0de")
    }
    assert len(names) == 4
    assert all(name.isalnum() and 5 <= len(name) <= 50 for name in names)


def test_longest_names_are_still_names_in_azure():
    names = environment(name="abcdefghijkl").names
    assert len(names.registry) <= 50 and all(len(group) <= 90 for group in names.groups)
    assert len(names.cluster) <= 63 and all(3 <= len(one) <= 128 for one in names.identities.values())
