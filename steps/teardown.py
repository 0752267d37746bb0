"""The way back: what the lab made, and nothing else, in reverse."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.errors import Absent
from engine.lab import Lab
from engine.step import typical
from tools import cluster, directory, groups, identity, kubeconfig, profile, role, zone

if TYPE_CHECKING:
    from engine.goal import Goal


@typical(minutes=10)
def destroy(lab: Lab, yes: bool = False) -> Iterator[Goal | list[Goal]]:
    """Nothing of the lab is left: what it made goes, in reverse, and nothing else does.

    Asks first, unless --yes is given. Resource groups that have the lab's names and not its tag are somebody else's:
    then nothing is deleted at all."""
    settings = lab.settings
    names, subscription = settings.names, settings.subscription
    ours = groups.ours(lab.get(groups.listed(subscription)), names.groups, settings.name)
    principals = _principals(lab)
    graph_url = lab.get(profile.account(lab, subscription)).graph

    for principal_id, whom in principals.items():
        held = lab.ask(directory.app_roles_of(principal_id, graph_url))
        yield [directory.app_role_revoked(one, whom, graph_url) for one in ([] if isinstance(held, Absent) else held)]
    for scope in (settings.zone_id, settings.zone_group_id):
        for assignment in lab.get(role.at(scope, subscription)):
            if assignment["principalId"] in principals and assignment["scope"].lower() == scope.lower():
                yield role.removed(assignment, principals[assignment["principalId"]], subscription)
    if names.cluster_group in ours:
        yield groups.removed(names.cluster_group, subscription)
    records = lab.get(zone.records(settings.dns.zone, settings.dns.resource_group, subscription))
    for record in zone.owned_by(names.dns_owner, records):
        yield zone.removed(record, settings.dns.zone, settings.dns.resource_group, subscription)
    yield [groups.removed(group, subscription) for group in names.groups[1:] if group in ours]
    for group in lab.get(directory.groups_called(settings.cluster.admin_group.name)):
        if group.get("description") == directory.made_by(names.dns_owner):
            yield directory.group_removed(group)
    yield kubeconfig.removed(lab.home / "kubeconfig")


def _principals(lab: Lab) -> dict[str, str]:
    """The lab's identities by their principals' ids, as far as they exist, the nodes' own among them."""
    settings = lab.settings
    names, subscription = settings.names, settings.subscription
    found = lab.ask(identity.all_in(names.identity_group, subscription))
    shown = lab.ask(cluster.shown(names.cluster, names.cluster_group, subscription))
    principals = {} if isinstance(found, Absent) else {one["principalId"]: one["name"] for one in found.values()}
    if not isinstance(shown, Absent):
        principals[shown["identityProfile"]["kubeletidentity"]["objectId"]] = "the nodes' identity"
    return principals
