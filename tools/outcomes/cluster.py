"""The cluster: its API server, its admission webhooks, who is let in."""

from engine.retry import Row

WEBHOOK = "cert-manager.io/docs/troubleshooting/webhook"
ENTRA = "learn.microsoft.com/azure/aks/entra-id-authorization"
SEEN = "kubectl 1.34.5 and helm 4.1.4 at a server that answers so"

ROWS = (
    Row(
        r"failed calling webhook \"validate\.nginx\.ingress\.kubernetes\.io\"",
        waiting_for="ingress-nginx's admission webhook to answer",
        usually="some seconds",
        within_s=120,
        meaning="the webhook of ingress-nginx does not answer; perhaps it was left behind by a controller that is gone",
        advice="kubectl delete validatingwebhookconfiguration ingress-nginx-admission, then inv ingress-controller",
        seen=(
            'Error from server (InternalError): error when creating "STDIN": Internal error occurred: failed '
            'calling webhook "validate.nginx.ingress.kubernetes.io": failed to call webhook: Post '
            '"https://ingress-nginx-controller-admission.ingress-nginx.svc:443/networking/v1/ingresses?timeout=10s": '
            'no endpoints available for service "ingress-nginx-controller-admission"',
        ),
        source="adamrushuk/devops-lab#166",
    ),
    Row(
        r"failed calling webhook \"(?P<webhook>[^\"]+)\"",
        waiting_for="the admission webhook to answer",
        usually="under 1 min",
        within_s=180,
        meaning="the admission webhook <webhook> does not answer",
        advice="look at its pods: kubectl get pods --all-namespaces",
        seen=(
            'Internal error occurred: failed calling webhook "webhook.cert-manager.io": failed to call webhook: Post '
            '"https://cert-manager-webhook.cert-manager.svc:443/validate": no endpoints available for service',
            'Internal error occurred: failed calling webhook "webhook.cert-manager.io": Post "https://x": dial tcp '
            "10.0.0.1:443: connect: connection refused",
            'Internal error occurred: failed calling webhook "webhook.cert-manager.io": Post "https://x": context '
            "deadline exceeded",
            'Internal error occurred: failed calling webhook "webhook.cert-manager.io": Post "https://x": tls: '
            "failed to verify certificate: x509: certificate signed by unknown authority",
        ),
        source=WEBHOOK,
    ),
    Row(
        r"no matches for kind \"(?P<kind>\w+)\"|ensure CRDs are installed first",
        waiting_for="the cluster to know a kind that was just defined",
        usually="some seconds",
        within_s=10,
        most_s=3,
        meaning="the cluster does not know the kind <kind>: its CustomResourceDefinition is missing",
        advice="install the chart that defines it: for cert-manager's kinds, inv certmanager-release",
        seen=(
            'error: resource mapping not found for name: "letsencrypt-staging" namespace: "" from "STDIN": no '
            'matches for kind "ClusterIssuer" in version "cert-manager.io/v1"\nensure CRDs are installed first',
        ),
        source=WEBHOOK,
    ),
    Row(
        r"the object has been modified|StorageError: invalid object, Code: 4",
        waiting_for="another writer of the same object to be done",
        within_s=60,
        first_s=1,
        meaning="something in the cluster keeps changing the same object",
        advice="kubectl get <the object> --output yaml --show-managed-fields: who writes it?",
        seen=(
            'error: Operation cannot be fulfilled on configmaps "cm1": the object has been modified; please apply your '
            "changes to the latest version and try again",
            "Error: UPGRADE FAILED: conflict occurred while applying object h1/rel /v1, Kind=ConfigMap: Operation "
            'cannot be fulfilled on configmaps "rel": the object has been modified; please apply your changes to '
            "the latest version and try again",
        ),
        source=SEEN,
    ),
    Row(
        r"Apply failed with \d+ conflicts?: conflicts? with \"(?P<manager>[^\"]+)\"",
        "permanent",
        meaning="<manager> has taken over a field of the object",
        advice="set the value in the chart or manifest, or let the lab force it: run the step again",
        seen=(
            "Error: UPGRADE FAILED: conflict occurred while applying object: Apply failed with 1 conflict: conflict "
            'with "kubectl-client-side-apply" using networking.k8s.io/v1: .metadata.annotations',
        ),
        source="k3s-io/helm-controller#343",
    ),
    Row(
        r"must be logged in to the server|client to provide credentials|User does not have access to the resource"
        r"|: Unauthorized$",
        waiting_for="the right to use the cluster",
        usually="at once",
        within_s=60,
        meaning="the cluster does not let you in: it takes the Azure role 'Azure Kubernetes Service RBAC Cluster "
        "Admin', or membership of the group in cluster.admin_group; Owner alone is not enough",
        advice="inv admin-group, or have an owner grant the role; then inv credentials",
        seen=(
            "error: You must be logged in to the server (Unauthorized)",
            "Error: kubernetes cluster unreachable: the server has asked for the client to provide credentials",
            'Error from server (Forbidden): nodes is forbidden: User "1b0f35d2" cannot list resource "nodes" in API '
            'group "" at the cluster scope: User does not have access to the resource in Azure. Update role '
            "assignment to allow access.",
        ),
        source=ENTRA,
    ),
    Row(
        r"executable kubelogin not found|exec: \"kubelogin\"",
        "permanent",
        meaning="signing in to the cluster takes kubelogin, which is not on PATH",
        advice="inv tools",
        seen=("error: getting credentials: exec: executable kubelogin not found",),
        source="Azure/kubelogin",
    ),
)

BUSY = Row(
    r"\(InternalError\)|\(ServiceUnavailable\)|\(Timeout\)|etcdserver: |unable to handle the request"
    r"|an error on the server \(|Internal error occurred|did not complete within (the allotted|requested) timeout",
    waiting_for="the cluster's API server to answer again",
    usually="some seconds",
    within_s=600,
    most_s=10,
    meaning="the cluster's API server has trouble of its own",
    advice="az aks show --name <cluster> --resource-group <group> --query '[provisioningState, powerState.code]'",
    seen=(
        "Error from server (ServiceUnavailable): the server is currently unable to handle the request (get configmaps)",
        "Error from server (InternalError): Internal error occurred: etcdserver: leader changed",
        'Error from server (InternalError): an error on the server ("<html>502</html>") has prevented the '
        "request from succeeding (get configmaps)",
        "Error from server (Timeout): Timeout: request did not complete within the allotted timeout",
        "Error: list: failed to list: etcdserver: request timed out",
    ),
    source=SEEN,
)
