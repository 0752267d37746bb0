"""What can be wrong before anything is made: each check finds problems, none of them changes anything."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml

from engine.errors import Absent, CommandFailed, UsageError
from engine.goal import Differs, Goal, Holds, Question, State
from engine.lab import Lab
from tools import az, cluster, directory, profile, zone

#: What the lab's resources belong to. A subscription has to register each provider once.
PROVIDERS = (
    "Microsoft.Authorization",
    "Microsoft.Compute",
    "Microsoft.ContainerRegistry",
    "Microsoft.ContainerService",
    "Microsoft.ManagedIdentity",
    "Microsoft.Network",
    "Microsoft.Storage",
)


@dataclass(frozen=True)
class Check:
    """A question, and what is wrong with its answer: problems, each with its mend. ``absent``: the problem where there
    is no answer (otherwise the reason that the question gives)."""

    question: Question
    problems: Callable[[Any], list[str]]
    absent: str = ""

    def judge(self, answer: Any) -> list[str]:
        if isinstance(answer, Absent):
            return [self.absent or str(answer)]
        if isinstance(answer, CommandFailed):
            told = [str(answer), answer.meaning, answer.advice]
            return [f"{answer.completed.command}: {'; '.join(filter(None, told))}"]
        return self.problems(answer)


def passed(*checks: Check) -> Goal:
    """No check finds a problem; otherwise all problems are told, not only the first check's: that a question could not
    be answered is one too."""

    def judge(*answers: Any) -> State:
        found = tuple(problem for check, answer in zip(checks, answers, strict=True) for problem in check.judge(answer))
        accounts = [answer for answer in answers if isinstance(answer, profile.Account)]
        return Differs(found) if found else Holds("; ".join(f"signed in as {account}" for account in accounts))

    return Goal("in the way", asks=tuple(replace(check.question, lenient=True) for check in checks), judge=judge)


def charts_as_named(charts: Mapping[str, Any], project: Path) -> None:
    """A chart that lies in the project is of the version that the settings name. Helm does not compare the two, and
    each run would find another version than it wants.

    :raises UsageError: one is not
    """
    for key, chart in charts.items():
        file = project / chart.ref / "Chart.yaml"
        if file.is_file() and (there := _version(file, key)) != chart.version:
            raise UsageError(f"charts.{key}.version is {chart.version}, and {chart.ref} is {there}: name that one")


def _version(file: Path, key: str) -> str:
    try:
        return str(yaml.safe_load(file.read_bytes())["version"])
    except (yaml.YAMLError, LookupError, TypeError) as error:
        raise UsageError(f"charts.{key} is {file.parent}, whose Chart.yaml names no version: helm needs one") from error


def signed_in(lab: Lab, subscription: UUID) -> Check:
    """Somebody is signed in to az who sees the subscription, and it is in use."""

    def problems(account: profile.Account) -> list[str]:
        if account.state != "Enabled":
            return [f"subscription {account.subscription_name} is {account.state}"]
        return []

    absent = f"nobody who sees subscription {subscription} is signed in: az login, or mend `subscription`"
    return Check(profile.account(lab, subscription), problems, absent)


def providers_registered(subscription: UUID) -> Check:
    """The subscription has registered the providers of everything that the lab makes."""
    command = az.az(
        "provider",
        "list",
        "--query",
        "[].{namespace: namespace, state: registrationState}",
        subscription=subscription,
    )

    def problems(answer: list[dict[str, str]]) -> list[str]:
        states = {provider["namespace"].lower(): provider["state"] for provider in answer}
        register = f"az provider register --wait --subscription {subscription} --namespace"
        missing = [name for name in PROVIDERS if states.get(name.lower()) != "Registered"]
        return [f"provider {name} is not registered: {register} {name}" for name in missing]

    return Check(az.question(command, topic="providers"), problems)


def version_offered(version: str, location: str, subscription: UUID) -> Check:
    """AKS offers this Kubernetes version in the region: a minor ("1.35") or a patch of it ("1.35.6")."""

    def problems(answer: dict[str, Any]) -> list[str]:
        offered = {minor["version"]: list(minor.get("patchVersions") or {}) for minor in answer["values"]}
        if version in offered or any(version in patches for patches in offered.values()):
            return []
        choice = ", ".join(sorted(offered))
        return [f"cluster.kubernetes_version: AKS does not offer {version} in {location}; it offers {choice}"]

    return Check(cluster.versions(location, subscription), problems)


def zone_exists(name: str, group: str, subscription: UUID) -> Check:
    """The DNS zone exists; the lab never makes or deletes it."""

    absent = f"dns: there is no zone {name} in resource group {group}: az network dns zone list --output table"
    return Check(zone.shown(name, group, subscription), lambda shown: [], absent)


def group_is_one(name: str, create: bool) -> Check:
    """Exactly one Entra group has this name; none will do where the lab may create it."""

    def problems(answer: list[dict[str, Any]]) -> list[str]:
        if len(answer) > 1:
            return [f"cluster.admin_group.name: {len(answer)} groups are called {name}: rename one, or use another"]
        if not answer and not create:
            return [
                f"cluster.admin_group.name: there is no group {name}: set cluster.admin_group.create, or use another"
            ]
        return []

    return Check(directory.groups_called(name), problems)
