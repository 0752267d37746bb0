"""A list in config/ of many environments, alike but for their names and hosts: the labs of a class."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from engine import document, settings
from engine.errors import Problem, SettingsError
from steps.environment import DnsLabel, DnsName, Environment, GroupName, Name, Section

File = Annotated[str, StringConstraints(pattern=r"^[\w.-]+(/[\w.-]+)*\.yaml$")]


class Member(Section):
    """One environment, as far as it is not like the others."""

    name: Name
    host: DnsLabel | None = Field(None, description="of the application in the zone; its name where this is not given")
    zone: DnsName | None = None
    zone_group: GroupName | None = Field(None, description="the resource group of its zone")
    location: Annotated[str, StringConstraints(pattern=r"^[a-z]+[a-z0-9]*$")] | None = None
    subscription: UUID | None = None


class Class(Section):
    """The file."""

    like: File = Field(description="an environment's file: what all have in common")
    at_once: int = Field(10, ge=1, le=100)
    labs: tuple[Member, ...] = Field(min_length=1, max_length=250)


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
