"""What the programs behind the charts' webhooks say about an object, by the webhook's name."""

from collections.abc import Callable, Iterator

from sandbox.controllers.controller import Cluster
from sandbox.kube.errors import ApiError
from sandbox.store import Document

#: Raises the refusal, or lets the object pass: (cluster, resource, document).
Judge = Callable[[Cluster, str, Document], None]


def judge(cluster: Cluster, webhook: str, resource: str, document: Document) -> None:
    """Let the program behind a webhook look at an object; unknown ones allow everything."""
    if webhook in _JUDGES:
        _JUDGES[webhook](cluster, resource, document)


def denied(webhook: str, why: str, code: int = 403, reason: str = "Forbidden") -> ApiError:
    return ApiError(code, reason, f'admission webhook "{webhook}" denied the request: {why}')


def _cert_manager(cluster: Cluster, resource: str, document: Document) -> None:
    """cert-manager refuses issuers without exactly one type, and certificates that ask for no name."""
    spec = document.get("spec") or {}
    if resource in ("cert-manager.io/issuers", "cert-manager.io/clusterissuers"):
        kinds = [kind for kind in ("acme", "ca", "selfSigned", "vault", "venafi") if kind in spec]
        if not kinds:
            raise denied("webhook.cert-manager.io", "spec: Required value: at least one issuer must be configured")
        if len(kinds) > 1:
            raise denied(
                "webhook.cert-manager.io", f"spec.{kinds[1]}: Forbidden: may not specify more than one issuer type"
            )
    names = ("commonName", "dnsNames", "uris", "emailAddresses", "ipAddresses", "literalSubject", "otherNames")
    if resource == "cert-manager.io/certificates" and not any(spec.get(name) for name in names):
        why = (
            'spec: Invalid value: "": at least one of commonName (from the commonName field or from a literalSubject), '
            "dnsNames, uriSANs, ipAddresses, emailSANs or otherNames must be set"
        )
        raise denied("webhook.cert-manager.io", why)


def _ingress_nginx(cluster: Cluster, resource: str, document: Document) -> None:
    """ingress-nginx refuses a second Ingress for a host and path that is taken."""
    spec = document.get("spec") or {}
    mine = set(_places(spec))
    for other in cluster.objects.list("networking.k8s.io/ingresses"):
        same = (other["metadata"]["namespace"], other["metadata"]["name"]) == (
            document["metadata"].get("namespace"), document["metadata"].get("name"),
        )  # fmt: skip
        other_spec = other.get("spec") or {}
        if same or other_spec.get("ingressClassName") != spec.get("ingressClassName"):
            continue
        for host, path in sorted(mine & set(_places(other_spec))):
            at = f"{other['metadata']['namespace']}/{other['metadata']['name']}"
            why = f'host "{host}" and path "{path}" is already defined in ingress {at}'
            raise denied("validate.nginx.ingress.kubernetes.io", why, 400, "BadRequest")


def _places(spec: Document) -> Iterator[tuple[str, str]]:
    for rule in spec.get("rules") or []:
        for path in (rule.get("http") or {}).get("paths") or []:
            yield rule.get("host") or "_", path.get("path") or "/"


_JUDGES: dict[str, Judge] = {
    "webhook.cert-manager.io": _cert_manager,
    "validate.nginx.ingress.kubernetes.io": _ingress_nginx,
}
