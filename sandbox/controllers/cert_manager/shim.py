"""The ingress shim: an Ingress that names an issuer gets a Certificate for each Secret in its ``tls``."""

from collections.abc import Iterable

from sandbox.controllers import owners
from sandbox.controllers.cert_manager import program
from sandbox.controllers.cert_manager.program import CERTIFICATES, Part
from sandbox.controllers.controller import Key, key_of
from sandbox.controllers.labels import labels_of
from sandbox.kube.objects import Event
from sandbox.store import Document

_ISSUER, _CLUSTER_ISSUER = "cert-manager.io/issuer", "cert-manager.io/cluster-issuer"


class IngressShim(Part):
    primary = "networking.k8s.io/ingresses"
    others = frozenset({"pods", CERTIFICATES})
    source = "cert-manager-ingress-shim"

    def of_other(self, event: Event) -> Iterable[Key]:
        owner = owners.controller_of(event.object)
        if owner and owner["kind"] == "Ingress":
            yield event.object["metadata"]["namespace"], owner["name"]

    async def sync(self, document: Document) -> float | None:
        reference = _reference(document["metadata"].get("annotations") or {})
        blocks = (document["spec"].get("tls") or []) if reference else []
        wanted = {block["secretName"]: block for block in blocks if block.get("secretName") and block.get("hosts")}
        for secret, block in wanted.items():
            self._certificate(document, secret, block["hosts"], reference or {})
        for certificate in owners.owned(self.objects, CERTIFICATES, document):
            if certificate["metadata"]["name"] not in wanted:
                self.objects.delete(CERTIFICATES, *key_of(certificate))
        return None

    def _certificate(self, ingress: Document, name: str, hosts: list[str], reference: Document) -> None:
        namespace = ingress["metadata"]["namespace"]
        spec = {
            "dnsNames": hosts, "issuerRef": reference, "secretName": name,
            "usages": ["digital signature", "key encipherment"],
        }  # fmt: skip
        existing = self.objects.find(CERTIFICATES, namespace, name)
        if existing is None:
            metadata = {
                "name": name, "namespace": namespace, "labels": dict(labels_of(ingress)),
                "ownerReferences": [owners.reference(ingress)],
            }  # fmt: skip
            made = {"apiVersion": program.API_VERSION, "kind": "Certificate", "metadata": metadata, "spec": spec}
            self.objects.create(CERTIFICATES, made)
            self.say(ingress, "Normal", "CreateCertificate", f'Successfully created Certificate "{name}"')
            return
        owner = owners.controller_of(existing)
        if (not owner or owner["uid"] == ingress["metadata"]["uid"]) and existing["spec"] != spec:
            self.objects.update(CERTIFICATES, {**existing, "spec": spec})
            self.say(ingress, "Normal", "UpdateCertificate", f'Successfully updated Certificate "{name}"')


def _reference(annotations: dict[str, str]) -> Document | None:
    for annotation, kind in ((_CLUSTER_ISSUER, "ClusterIssuer"), (_ISSUER, "Issuer")):
        if annotations.get(annotation):
            return {"group": "cert-manager.io", "kind": kind, "name": annotations[annotation]}
    return None
