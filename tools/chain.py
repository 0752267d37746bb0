"""The chain that lets a service account act in Azure, walked over facts: nothing is asked or changed here.

The rules are those of Azure Workload Identity (azure.github.io/azure-workload-identity) and of Entra's workload
identity federation: the webhook goes by the pod's label when the pod is created, and Entra compares issuer, subject
and audience to the letter.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tools import pod_links, trust_links
from tools.links import Link, blocked


@dataclass(frozen=True)
class Wanted:
    """What one chain should be.

    account     "namespace/name" of the service account
    deployment  whose pods run under it
    identity    the name of the managed identity
    named_in    where the identity's client id stands: on the service account, or in cert-manager's issuers
    pods, credential  the commands that bring about the pods and the federated credential
    """

    account: str
    deployment: str
    identity: str
    pods: str
    credential: str
    named_in: Literal["annotation", "issuers"] = "annotation"

    @property
    def namespace(self) -> str:
        return self.account.partition("/")[0]

    @property
    def name(self) -> str:
        return self.account.partition("/")[2]

    @property
    def subject(self) -> str:
        return f"system:serviceaccount:{self.namespace}:{self.name}"

    @property
    def restart(self) -> str:
        return f"kubectl rollout restart deployment/{self.deployment} --namespace {self.namespace}"


@dataclass(frozen=True)
class Seen:
    """The facts of one chain. Each may also be `Absent`, or `Unknown` where it could not be asked.

    issuer       what the API server calls itself in the tokens that it signs
    objects      deployments, pods and service accounts of the namespace
    issuers      cert-manager's ClusterIssuers
    identities   all of the lab's, by name
    credentials  the federated credentials of the chain's identity
    """

    tenant: Any
    issuer: Any
    objects: Any
    identities: Any
    credentials: Any
    issuers: Any = ()


#: The links before the grants, each with those that must hold before it can be told.
LINKS: tuple[tuple[str, Callable[[str, Wanted, Seen], Link], tuple[str, ...]], ...] = (
    ("pod", pod_links.runs, ()),
    ("service account", pod_links.account, ("pod",)),
    ("client id", pod_links.client_id, ()),
    ("label on the template", pod_links.template_label, ()),
    ("label on the pod", pod_links.pod_label, ("pod", "label on the template")),
    ("environment and token", pod_links.injected, ("pod", "service account", "label on the template")),
    ("token's audience", pod_links.audience, ("pod", "environment and token")),
    ("federated credential", trust_links.credential, ()),
)


def walk(wanted: Wanted, seen: Seen, grants: Sequence[Link] = ()) -> tuple[Link, ...]:
    """Every link in its order, `grants` last. One that needs a broken one is blocked."""
    links: dict[str, Link] = {}
    for name, find, needs in LINKS:
        before = next((need for need in needs if links[need].word != "held"), None)
        links[name] = blocked(name, f"first mend: {before}") if before else find(name, wanted, seen)
    return (*links.values(), *grants)
