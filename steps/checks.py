"""What must be right before anything is made: all of it is looked at, and every problem is told at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.lab import Lab
from tools import checks, directory, profile, tokens

if TYPE_CHECKING:
    from engine.goal import Goal


def preflight(lab: Lab) -> Iterator[Goal]:
    """Nothing stands in the way: login, providers, Kubernetes version, DNS zone, admin group."""
    settings, cluster = lab.settings, lab.settings.cluster
    lab.expect("az")
    checks.charts_as_named(dict(settings.charts), lab.project)
    account = lab.ask(profile.account(lab, settings.subscription))
    if isinstance(account, profile.Account) and account.federated and not settings.sandbox:  # the sandbox's lives long
        yield tokens.kept(settings.subscription)
    found = [
        checks.signed_in(lab, settings.subscription),
        checks.providers_registered(settings.subscription),
        checks.version_offered(cluster.kubernetes_version, settings.location, settings.subscription),
        checks.zone_exists(settings.dns.zone, settings.dns.resource_group, settings.subscription),
    ]
    if cluster.entra:
        found.append(checks.group_is_one(cluster.admin_group.name, cluster.admin_group.create))
    yield checks.passed(*found)


def admin_group(lab: Lab) -> Iterator[Goal]:
    """The cluster's administrators are an Entra group, with you in it where the lab made it."""
    cluster, owner = lab.settings.cluster, lab.settings.names.dns_owner
    group = cluster.admin_group
    if cluster.entra and group.create:
        yield directory.group_exists(group.name, owner)
        account = lab.get(profile.account(lab, lab.settings.subscription))
        who = lab.get(directory.caller(account.user, account.user_type))
        for found in lab.get(directory.groups_called(group.name)):
            yield directory.member(found, who)
