"""A list in config/ of many environments, alike but for their names and hosts: the labs of a class."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints

from engine import document, settings
from engine.errors import Problem, SettingsError
from steps.environment import DnsLabel, DnsName, Environment, GroupName, Location, Name, Section, SubscriptionId
from tools.pipeline import FILE

File = Annotated[str, StringConstraints(pattern=FILE)]


class Member(Section):
    """One environment, as far as it is not like the others."""

    name: Name = Field(description="goes into the name of everything that the lab makes", examples=["ada"])
    host: DnsLabel | None = Field(None, description="of the application in the zone; its name where this is not given")
    zone: DnsName | None = Field(None, description="its own zone of Azure DNS", examples=["ada.contoso.com"])
    zone_group: GroupName | None = Field(None, description="the resource group of its own zone")
    location: Location | None = Field(None, description="the region, as az account list-locations calls it")
    subscription: SubscriptionId | None = Field(None, description="its id: az account list --output table")


class Class(Section):
    """A list of environments: the labs of a class. The schema of such a file in config/."""

    like: File = Field(
        description="an environment's file in the project: what all have in common", examples=["config/common.yaml"]
    )
    at_once: int = Field(10, ge=1, le=100, description="how many labs are worked on side by side")
    labs: tuple[Member, ...] = Field(min_length=1, max_length=250, description="the environments")


def read(project: Path, path: Path) -> tuple[Class, list[Environment]]:
    """The list, and its environments in their order.

    :raises SettingsError: a mistake in the list, in what they have in common, or two labs that would be in each
        other's way
    """
    listed = settings.load(path, Class)
    common = settings.load(project / listed.like, Environment)
    found = [_environment(common, one) for one in listed.labs]
    if problems := list(_clashes(document.read(path), found)):
        raise SettingsError(problems)
    return listed, found


def _environment(common: Environment, one: Member) -> Environment:
    """The group of a cluster's administrators is the lab's own where the lab makes it, because it goes with the lab."""
    given = common.model_dump(mode="json", exclude_unset=True)
    given["name"] = one.name
    given |= {key: value for key in ("location", "subscription") if (value := getattr(one, key))}
    zone = {"zone": one.zone, "resource_group": one.zone_group}
    given["dns"] |= {key: value for key, value in zone.items() if value}
    given["workload"] = given.get("workload", {}) | {"host": one.host or one.name}
    if (group := common.cluster.admin_group).create:
        given["cluster"]["admin_group"]["name"] = f"{group.name}-{one.name}"
    return Environment.model_validate(given)


def _clashes(written: document.Document, labs: list[Environment]) -> Iterator[Problem]:
    """Two labs with one name, or with one host."""
    seen: dict[str, str] = {}
    for index, one in enumerate(labs):
        for key, value in (("name", one.name), ("host", one.host)):
            where = ("labs", index, key)
            if value in seen:
                yield Problem(written.path, written.line(where), document.dotted(where), f"{value} is {seen[value]}'s")
            seen[value] = one.name
