"""Asks what the chains are walked over. An error is a fact here too: one thing that cannot be asked hides no other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from engine.errors import Absent
from engine.goal import Completed, Differs, Goal, Holds, Question
from engine.retry import NEVER
from tools import az, chain, cluster, directory, identity, kubectl, role, trust_links
from tools.chain import Seen, Wanted
from tools.complaints import in_logs, in_objects
from tools.links import Chain, Link, Unknown, verdicts

if TYPE_CHECKING:
    from engine.lab import Lab

#: cert-manager's kinds that say how far a certificate has come.
CERTIFICATES = "clusterissuers,certificates,orders,challenges"


@dataclass(frozen=True)
class Role:
    """An Azure role that the identity needs. `mend`: the command that grants it."""

    name: str
    scope: str
    mend: str


@dataclass(frozen=True)
class AppRole:
    """An app role of Microsoft Graph that the identity needs."""

    name: str
    mend: str


@dataclass(frozen=True)
class Subject:
    """One chain to look at, and what its identity has to be allowed."""

    wanted: Wanted
    grants: tuple[Role | AppRole, ...]


@dataclass(frozen=True)
class Place:
    """Where the chains are.

    graph     Microsoft Graph's base URL
    mend      the command that brings about the cluster
    signed_in the command that brings about the kubeconfig
    """

    cluster: str
    cluster_group: str
    identity_group: str
    subscription: UUID
    tenant: str
    graph: str
    kubeconfig: Path
    mend: str
    signed_in: str


def examined(lab: Lab, place: Place, subjects: Sequence[Subject]) -> list[Chain]:
    """The cluster's own links, then the chain of each subject."""
    shown, identities, issuer, issuers, graph = lab.ask_all(
        told(cluster.shown(place.cluster, place.cluster_group, place.subscription)),
        told(identity.all_in(place.identity_group, place.subscription)),
        _inside(place, kubectl.issuer()),
        _inside(place, kubectl.listed(CERTIFICATES)),
        told(directory.graph_application()),
    )
    questions = [list(_questions(place, subject, identities)) for subject in subjects]
    answers = iter(lab.ask_all(*(question for group in questions for question in group)))
    chains = [trust_links.cluster(shown, issuer, place.mend)]
    for subject, group in zip(subjects, questions, strict=True):
        objects, credentials, said, *grants = [next(answers) for _ in group]
        wanted = subject.wanted
        own = [one for one in issuers if one["kind"] == "ClusterIssuer"] if isinstance(issuers, list) else issuers
        seen = Seen(place.tenant, issuer, objects, identities, credentials, own)
        principal = _principal(identities, wanted.identity)
        links = chain.walk(wanted, seen, list(_grants(subject, grants, graph, principal)))
        found = Chain(f"{wanted.account} as {wanted.identity}", links)
        complaints = in_objects(issuers) if wanted.named_in == "issuers" else ()
        if found.broken:
            complaints = (*complaints, *in_logs(said))
        chains.append(replace(found, said=complaints))
    return chains


def sound(chains: Sequence[Chain]) -> Goal:
    """No link of any chain is broken."""
    found = verdicts(chains)
    state = Differs(found) if found else Holds(f"{len(chains) - 1} service accounts reach Azure")
    return Goal("workload identity", asks=(), judge=lambda: state)


def told(question: Question) -> Question:
    """The same question asked once, without patience; an error of its command is an answer, `Unknown`."""
    command, read = question.command, question.read
    if command is None or read is None:
        return question

    def answer(completed: Completed) -> Any:
        if completed.exit_code in question.accepts:
            return read(completed)
        return Unknown(f"{completed.program}: {az.reason(completed.stderr)}")

    once = replace(command, retry=NEVER)
    return Question(command=once, read=answer, topic=question.topic, accepts=frozenset(range(256)))


def _inside(place: Place, question: Question) -> Question:
    """A question to the cluster, which is reached through the kubeconfig or not at all."""
    if place.kubeconfig.is_file():
        return told(question)
    why = Unknown(f"there is no kubeconfig: {place.signed_in}")
    return Question(ask=lambda: why, key=f"no kubeconfig for {question}", topic=question.topic)


def _questions(place: Place, subject: Subject, identities: Any) -> Iterator[Question]:
    wanted = subject.wanted
    yield _inside(place, kubectl.listed("deployments,pods,serviceaccounts", wanted.namespace))
    yield told(identity.credentials_of(wanted.identity, place.identity_group, place.subscription))
    yield _inside(place, kubectl.logs(wanted.deployment, wanted.namespace))
    principal = _principal(identities, wanted.identity)
    for grant in subject.grants:
        if isinstance(grant, Role):
            yield told(role.at(grant.scope, place.subscription))
        else:
            yield told(directory.app_roles_of(principal or "none", place.graph))


def _grants(subject: Subject, answers: Sequence[Any], graph: Any, principal: str | None) -> Iterator[Link]:
    for grant, answer in zip(subject.grants, answers, strict=True):
        if isinstance(grant, Role):
            scope = grant.scope.rsplit("/", 1)[-1]
            yield trust_links.role(answer, grant.name, principal, scope, grant.mend)
        else:
            yield trust_links.app_role(answer, grant.name, graph, principal, grant.mend)


def _principal(identities: Any, name: str) -> str | None:
    if isinstance(identities, Unknown | Absent) or name not in identities:
        return None
    return str(identities[name]["principalId"])
