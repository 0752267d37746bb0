"""What `inv init` writes: the example with other values, whatever those are."""

from pathlib import Path
from typing import Any

import pytest

from engine.render import Templates
from engine.settings import load
from steps.environment import Environment

PROJECT = Path(__file__).parents[2]
EXAMPLE = PROJECT / "config/azure.example.yaml"


def written(**values: Any) -> str:
    like = load(EXAMPLE, Environment)
    group = like.cluster.admin_group
    given = {
        "name": like.name,
        "subscription": str(like.subscription),
        "location": like.location,
        "zone": like.dns.zone,
        "resource_group": like.dns.resource_group,
        "group": group.name,
        "create": group.create,
        "email": "",
    }
    return Templates(PROJECT / "templates").render("environment.yaml.j2", like=like, **given | values)


def test_with_the_values_of_the_example_it_is_the_example() -> None:
    """But for the second line, which tells where the file is from."""
    mine, example = written().splitlines(), EXAMPLE.read_text().splitlines()
    assert (mine[0], mine[2:]) == (example[0], example[2:])
    assert "`inv init`" in mine[1]


@pytest.mark.parametrize("group", ["a: b, {c} # d", "007", "'quoted' \"twice\"", "- Verwaltung Øst", "*all"])
def test_no_value_is_taken_for_yaml(tmp_path: Path, group: str) -> None:
    path = tmp_path / "no.yaml"
    values = {"name": "no", "zone": "1.23", "resource_group": "1e3", "group": group, "email": "ada@contoso.com"}
    path.write_text(written(**values), encoding="utf-8")
    found = load(path, Environment)
    assert found.name == "no" and found.cluster.admin_group.name == group
    assert (found.dns.zone, found.dns.resource_group, found.certmanager.email) == ("1.23", "1e3", "ada@contoso.com")
