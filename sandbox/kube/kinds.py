"""The kinds that a cluster serves: the built-in ones as a table, and how a kind is looked up."""

from dataclasses import dataclass

ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


@dataclass(frozen=True)
class Kind:
    """One kind in one version of its group. ``group`` is empty for the core group."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ALL_VERBS
    singular: str = ""
    list_kind: str = ""
    #: The table that its objects lie in, where that is another kind's (``events.k8s.io/events`` is ``events``).
    stored_as: str = ""
    custom: bool = False

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def resource(self) -> str:
        """The kind as the object store names it: ``pods``, ``apps/deployments``."""
        return self.stored_as or self.requested

    @property
    def requested(self) -> str:
        """The kind as requests (and so messages) name it; differs from ``resource`` for shared storage only."""
        return f"{self.group}/{self.plural}" if self.group else self.plural

    @property
    def listed(self) -> str:
        return self.list_kind or f"{self.kind}List"

    @property
    def singular_name(self) -> str:
        return self.singular or self.kind.lower()

    @property
    def review(self) -> bool:
        """Whether it only answers questions (SubjectAccessReview and its like) and is never stored."""
        return self.verbs == ("create",)


# A line: plural, kind, n(amespaced) or c(luster), short names, categories, subresources; "-" for none.
_TABLE = """
v1
  bindings Binding n - - - create
  componentstatuses ComponentStatus c cs - - get,list
  configmaps ConfigMap n cm - -
  endpoints Endpoints n ep - -
  events Event n ev - -
  limitranges LimitRange n limits - -
  namespaces Namespace c ns - finalize,status create,delete,get,list,patch,update,watch
  nodes Node c no - status
  persistentvolumeclaims PersistentVolumeClaim n pvc - status
  persistentvolumes PersistentVolume c pv - status
  pods Pod n po all attach,binding,ephemeralcontainers,eviction,exec,log,portforward,proxy,resize,status
  podtemplates PodTemplate n - - -
  replicationcontrollers ReplicationController n rc all scale,status
  resourcequotas ResourceQuota n quota - status
  secrets Secret n - - -
  serviceaccounts ServiceAccount n sa - token
  services Service n svc all status
admissionregistration.k8s.io/v1
  mutatingwebhookconfigurations MutatingWebhookConfiguration c - api-extensions -
  validatingadmissionpolicies ValidatingAdmissionPolicy c - api-extensions status
  validatingadmissionpolicybindings ValidatingAdmissionPolicyBinding c - api-extensions -
  validatingwebhookconfigurations ValidatingWebhookConfiguration c - api-extensions -
apiextensions.k8s.io/v1
  customresourcedefinitions CustomResourceDefinition c crd,crds api-extensions status
apiregistration.k8s.io/v1
  apiservices APIService c - api-extensions status
apps/v1
  controllerrevisions ControllerRevision n - - -
  daemonsets DaemonSet n ds all status
  deployments Deployment n deploy all scale,status
  replicasets ReplicaSet n rs all scale,status
  statefulsets StatefulSet n sts all scale,status
authentication.k8s.io/v1
  selfsubjectreviews SelfSubjectReview c - - - create
  tokenreviews TokenReview c - - - create
authorization.k8s.io/v1
  localsubjectaccessreviews LocalSubjectAccessReview n - - - create
  selfsubjectaccessreviews SelfSubjectAccessReview c - - - create
  selfsubjectrulesreviews SelfSubjectRulesReview c - - - create
  subjectaccessreviews SubjectAccessReview c - - - create
autoscaling/v2
  horizontalpodautoscalers HorizontalPodAutoscaler n hpa all status
autoscaling/v1
  horizontalpodautoscalers HorizontalPodAutoscaler n hpa all status
batch/v1
  cronjobs CronJob n cj all status
  jobs Job n - all status
certificates.k8s.io/v1
  certificatesigningrequests CertificateSigningRequest c csr - approval,status
coordination.k8s.io/v1
  leases Lease n - - -
discovery.k8s.io/v1
  endpointslices EndpointSlice n - - -
events.k8s.io/v1
  events Event n - - -
flowcontrol.apiserver.k8s.io/v1
  flowschemas FlowSchema c - - status
  prioritylevelconfigurations PriorityLevelConfiguration c - - status
networking.k8s.io/v1
  ingressclasses IngressClass c - - -
  ingresses Ingress n ing - status
  ipaddresses IPAddress c ip - -
  networkpolicies NetworkPolicy n netpol - -
  servicecidrs ServiceCIDR c - - status
node.k8s.io/v1
  runtimeclasses RuntimeClass c - - -
policy/v1
  poddisruptionbudgets PodDisruptionBudget n pdb - status
rbac.authorization.k8s.io/v1
  clusterrolebindings ClusterRoleBinding c - - -
  clusterroles ClusterRole c - - -
  rolebindings RoleBinding n - - -
  roles Role n - - -
scheduling.k8s.io/v1
  priorityclasses PriorityClass c pc - -
storage.k8s.io/v1
  csidrivers CSIDriver c - - -
  csinodes CSINode c - - -
  csistoragecapacities CSIStorageCapacity n - - -
  storageclasses StorageClass c sc - -
  volumeattachments VolumeAttachment c - - status
"""


def _names(column: str) -> tuple[str, ...]:
    return () if column == "-" else tuple(column.split(","))


def _parsed(table: str) -> tuple[Kind, ...]:
    kinds, group, version = [], "", ""
    for line in table.strip().splitlines():
        columns = line.split()
        if not line.startswith(" "):
            group, _, version = columns[0].rpartition("/")
            continue
        plural, kind, scope, short, categories, subresources, *verbs = columns
        kinds.append(
            Kind(
                group,
                version,
                kind,
                plural,
                scope == "n",
                _names(short),
                _names(categories),
                _names(subresources),
                _names(verbs[0]) if verbs else ALL_VERBS,
                list_kind="EndpointsList" if kind == "Endpoints" else "",
                stored_as="events" if (group, plural) == ("events.k8s.io", "events") else "",
            )
        )
    return tuple(kinds)


#: Every built-in kind, the preferred version of a group first.
BUILTIN: tuple[Kind, ...] = _parsed(_TABLE)

#: Built-in resources whose specification is not counted in ``metadata.generation`` (they have none).
_UNGENERATED = {
    kind.resource for kind in BUILTIN if kind.group in ("", "apiregistration.k8s.io", "autoscaling", "events.k8s.io",
    "rbac.authorization.k8s.io", "storage.k8s.io", "coordination.k8s.io", "certificates.k8s.io", "discovery.k8s.io")
} - {"pods", "replicationcontrollers"}  # fmt: skip


def keeps_generation(resource: str) -> bool:
    """Whether objects of a resource carry ``metadata.generation``; custom resources always do."""
    return resource not in _UNGENERATED


def builtin(resource: str) -> Kind | None:
    """The built-in kind stored as ``resource`` (``apps/deployments``), in its preferred version."""
    return next((kind for kind in BUILTIN if kind.resource == resource), None)
