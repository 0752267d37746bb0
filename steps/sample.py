"""The sample application: a page with the tenant's name, read from Microsoft Graph without a secret."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.lab import Lab
from engine.step import typical
from tools import contexts, directory, entrance, identity, injection, kubectl, profile, registry, rollout

if TYPE_CHECKING:
    from engine.goal import Goal

NAMESPACE = "workload"


def workload_role(lab: Lab) -> Iterator[Goal]:
    """The backend's identity may read the directory: an app role of Microsoft Graph, tenant-wide."""
    settings = lab.settings
    if not settings.workload.grant_graph_role:
        return
    role, whom = settings.workload.graph_role, settings.names.identities["workload"]
    principal_id = lab.get(identity.all_in(settings.names.identity_group, settings.subscription))[whom]["principalId"]
    graph_url = lab.get(profile.account(lab, settings.subscription)).graph
    graph = lab.get(directory.graph_application())
    yield directory.app_role_held(directory.role_id(graph, role), role, principal_id, whom, graph["id"], graph_url)


def workload_namespace(lab: Lab) -> Goal:
    """The application's namespace, which takes only pods that meet Pod Security "restricted"."""
    return kubectl.applied(f"namespace {NAMESPACE}", lab.render("workload/namespace.yaml.j2"), NAMESPACE)


@typical(minutes=1)
def workload(lab: Lab) -> Iterator[Goal | list[Goal]]:
    """The application runs: backend and frontend by digest, served over TLS at its name in the zone."""
    settings = lab.settings
    found = lab.get(identity.all_in(settings.names.identity_group, settings.subscription))
    apps = lab.project / "apps"
    client_id = found[settings.names.identities["workload"]]["clientId"]
    manifest = lab.render(
        "workload/application.yaml.j2",
        client_id=client_id,
        graph_url=lab.get(profile.account(lab, settings.subscription)).graph,
        frontend=registry.reference(lab, "frontend", contexts.content_tag(apps / "frontend")),
        backend=registry.reference(lab, "backend", contexts.content_tag(apps / "backend")),
    )
    yield kubectl.applied("application", manifest, NAMESPACE)
    yield [rollout.available(name, NAMESPACE) for name in ("backend", "frontend")]
    yield injection.furnished("backend", NAMESPACE, client_id)
    yield rollout.available("backend", NAMESPACE)


def lab(lab: Lab) -> None:
    """The whole lab stands, and the application shows what it was made for."""
    if not lab.dry:
        lab.say(f"the application's address: {entrance.of(lab).url}")
