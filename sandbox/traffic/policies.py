"""Network policies between pods: what a default-deny and its exceptions let through.

Only traffic between pods that goes through the sandbox is looked at; what a process says to the world outside is not.
"""

from collections.abc import Iterator

from sandbox.controllers.controller import Cluster
from sandbox.controllers.labels import labels_of, selected
from sandbox.store import Document
from sandbox.traffic.services import container_port

POLICIES = "networking.k8s.io/networkpolicies"


def refusal(cluster: Cluster, source: Document, target: Document, port: int) -> str:
    """Why a pod may not reach a TCP port of another, in a sentence; "" if it may. A cluster without a network policy
    engine refuses nothing."""
    if ((cluster.properties.get("networkProfile") or {}).get("networkPolicy") or "none") == "none":
        return ""
    for pod, peer, type in ((source, target, "Egress"), (target, source, "Ingress")):
        policies = list(_of(cluster, pod, type))
        if policies and not any(
            _rule_allows(cluster, policy, rule, type, target, peer, port)
            for policy in policies
            for rule in policy["spec"].get(type.lower()) or []
        ):
            names = ", ".join(policy["metadata"]["name"] for policy in policies)
            direction = f"{type.lower()} {'from' if type == 'Egress' else 'to'}"
            return f"{direction} {_shown(pod)} port {port} is not allowed by its network policies ({names})"
    return ""


def names_refusal(cluster: Cluster, source: Document) -> str:
    """Why a pod may not ask the cluster's DNS, as ``refusal``."""
    servers = [
        pod for pod in cluster.objects.list("pods", "kube-system") if labels_of(pod).get("k8s-app") == "kube-dns"
    ]
    return refusal(cluster, source, servers[0], 53) if servers else ""


def _of(cluster: Cluster, pod: Document, type: str) -> Iterator[Document]:
    """The policies that isolate a pod in a direction."""
    for policy in cluster.objects.list(POLICIES, pod["metadata"]["namespace"]):
        spec = policy["spec"]
        types = spec.get("policyTypes") or ["Ingress", *(["Egress"] if "egress" in spec else [])]
        if type in types and selected(spec.get("podSelector") or {}, labels_of(pod)):
            yield policy


def _rule_allows(
    cluster: Cluster, policy: Document, rule: Document, type: str, target: Document, peer: Document, port: int
) -> bool:
    peers, ports = rule.get("to" if type == "Egress" else "from") or [], rule.get("ports") or []
    named = not ports or any(_same_port(one, target, port) for one in ports)
    return named and (not peers or any(_is_peer(cluster, policy, one, peer) for one in peers))


def _same_port(said: Document, target: Document, port: int) -> bool:
    # DNS is mostly UDP: a rule for either protocol lets a name be asked for.
    if said.get("protocol", "TCP") != "TCP" and port != 53:
        return False
    if "port" not in said:
        return True
    first = container_port(target, said["port"])
    return first is not None and first <= port <= said.get("endPort", first)


def _is_peer(cluster: Cluster, policy: Document, said: Document, pod: Document) -> bool:
    """Whether a rule's peer means a pod. An ``ipBlock`` never does: Cilium takes it for the world outside."""
    if "ipBlock" in said:
        return False
    if "namespaceSelector" in said:
        namespace = cluster.objects.find("namespaces", "", pod["metadata"]["namespace"])
        if namespace is None or not selected(said["namespaceSelector"] or {}, labels_of(namespace)):
            return False
    elif pod["metadata"]["namespace"] != policy["metadata"]["namespace"]:
        return False
    return "podSelector" not in said or selected(said["podSelector"] or {}, labels_of(pod))


def _shown(pod: Document) -> str:
    return f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
