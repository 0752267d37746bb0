"""Which controllers a cluster has."""

from sandbox.controllers.cert_manager.certificates import Certificates
from sandbox.controllers.cert_manager.challenges import Challenges
from sandbox.controllers.cert_manager.issuers import ClusterIssuers, Issuers
from sandbox.controllers.cert_manager.orders import Orders
from sandbox.controllers.cert_manager.requests import CertificateRequests
from sandbox.controllers.cert_manager.shim import IngressShim
from sandbox.controllers.controller import Cluster, Controller
from sandbox.controllers.daemonsets import DaemonSets
from sandbox.controllers.deployments import Deployments
from sandbox.controllers.disruption import DisruptionBudgets
from sandbox.controllers.endpoints import EndpointLists, EndpointSlices
from sandbox.controllers.external_dns.loop import ExternalDns
from sandbox.controllers.garbage import GarbageCollector
from sandbox.controllers.ingresses import Ingresses
from sandbox.controllers.jobs import Jobs
from sandbox.controllers.kubelet import Kubelets
from sandbox.controllers.load_balancers import LoadBalancers
from sandbox.controllers.namespaces import Namespaces
from sandbox.controllers.replicasets import ReplicaSets
from sandbox.controllers.scheduling import Scheduler
from sandbox.controllers.statefulsets import StatefulSets
from sandbox.controllers.volumes import VolumeClaims

CONTROLLERS: tuple[type[Controller], ...] = (
    Namespaces, GarbageCollector, Scheduler, Kubelets, ReplicaSets, Deployments, Jobs, EndpointLists, EndpointSlices,
    Issuers, ClusterIssuers, IngressShim, Certificates, CertificateRequests, Orders, Challenges,
    ExternalDns, LoadBalancers, Ingresses, StatefulSets, DaemonSets, VolumeClaims, DisruptionBudgets,
)  # fmt: skip


def controllers(cluster: Cluster) -> list[Controller]:
    """One of each, for one cluster."""
    return [kind(cluster) for kind in CONTROLLERS]
