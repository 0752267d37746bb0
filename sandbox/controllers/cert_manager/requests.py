"""Certificate requests: approved, ordered from their issuer's ACME server, and signed when the order is valid."""

import base64
import copy
from collections.abc import Iterable

from cryptography import x509

from sandbox.controllers import conditions, owners
from sandbox.controllers.cert_manager import acme, program
from sandbox.controllers.cert_manager.certificates import owners_key
from sandbox.controllers.cert_manager.program import ORDERS, REQUESTS, Part
from sandbox.controllers.controller import Key, key_of
from sandbox.kube.objects import Event, suffix, timestamp
from sandbox.store import Document


class CertificateRequests(Part):
    primary = REQUESTS
    others = frozenset({"pods", ORDERS, program.ISSUERS, program.CLUSTER_ISSUERS})
    source = "cert-manager-certificaterequests-issuer-acme"

    def of_other(self, event: Event) -> Iterable[Key]:
        if event.resource == ORDERS:
            return owners_key(event.object)
        return [key_of(one) for one in self.objects.list(REQUESTS)]

    async def sync(self, document: Document) -> float | None:
        status = copy.deepcopy(document.get("status") or {})
        verdict = conditions.find(status, "Ready") or {}
        if verdict.get("status") == "True" or verdict.get("reason") == "Failed":
            return None
        said = "Certificate request has been approved by cert-manager.io"
        if conditions.put(status, "Approved", True, "cert-manager.io", said):
            self.say(document, "Normal", "cert-manager.io", said)
        issuer = program.issuer(self.cluster, document["spec"]["issuerRef"], document["metadata"]["namespace"])
        if issuer is None:
            self._pend(document, status, self._unknown(document))
        elif not conditions.is_true(issuer, "Ready"):
            self._pend(document, status, "Referenced issuer does not have a Ready status condition")
        elif "acme" in issuer["spec"]:
            self._order(document, status, issuer)
        else:
            server = f"{issuer['kind']}/{issuer['metadata']['name']}"
            self._issue(document, status, server, "Certificate fetched from issuer successfully")
        self.tell(document, status)
        return None

    def _unknown(self, document: Document) -> str:
        reference = document["spec"]["issuerRef"]
        kind = reference.get("kind", "Issuer")
        plural = "clusterissuer" if kind == "ClusterIssuer" else "issuer"
        return f'Referenced "{kind}" not found: {plural}.cert-manager.io "{reference["name"]}" not found'

    def _pend(self, document: Document, status: Document, message: str) -> None:
        if conditions.put(status, "Ready", False, "Pending", message):
            self.say(document, "Normal", "IssuerNotFound" if "not found" in message else "IssuerNotReady", message)

    def _order(self, document: Document, status: Document, issuer: Document) -> None:
        order = next(iter(owners.owned(self.objects, ORDERS, document)), None)
        if order is None:
            order = self._create_order(document)
            name = f"{document['metadata']['namespace']}/{order['metadata']['name']}"
            said = f"Created Order resource {name}"
            conditions.put(status, "Ready", False, "Pending", said)
            self.say(document, "Normal", "OrderCreated", said)
            return
        state = (order.get("status") or {}).get("state", "")
        if state == "valid":
            said = "Certificate fetched from issuer successfully"
            self._issue(document, status, issuer["spec"]["acme"]["server"], said)
        elif state in ("invalid", "errored", "expired"):
            said = (
                f'Failed to wait for order resource "{order["metadata"]["name"]}" to become ready: order is in '
                f'"{state}" state: {order["status"].get("reason", "")}'
            )
            conditions.put(status, "Ready", False, "Failed", said)
            status["failureTime"] = timestamp()
            self.say(document, "Warning", "Failed", said)
        else:
            name = f"{document['metadata']['namespace']}/{order['metadata']['name']}"
            said = f'Waiting on certificate issuance from order {name}: "{state or "pending"}"'
            if conditions.put(status, "Ready", False, "Pending", said):
                self.say(document, "Normal", "OrderPending", said)

    def _create_order(self, document: Document) -> Document:
        metadata = document["metadata"]
        csr = x509.load_pem_x509_csr(base64.b64decode(document["spec"]["request"]))
        alternatives = csr.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = alternatives.get_values_for_type(x509.DNSName)
        return self.objects.create(
            ORDERS,
            {
                "apiVersion": program.ACME_API_VERSION,
                "kind": "Order",
                "metadata": {
                    "name": f"{metadata['name']}-{suffix()}",
                    "namespace": metadata["namespace"],
                    "annotations": dict(metadata.get("annotations") or {}),
                    "ownerReferences": [owners.reference(document)],
                },
                "spec": {
                    "commonName": names[0], "dnsNames": names, "issuerRef": document["spec"]["issuerRef"],
                    "request": document["spec"]["request"],
                },
            },
        )  # fmt: skip

    def _issue(self, document: Document, status: Document, server: str, said: str) -> None:
        signed = acme.sign(self.world, server, base64.b64decode(document["spec"]["request"]))
        status["certificate"] = base64.b64encode(signed).decode()
        conditions.put(status, "Ready", True, "Issued", said)
        self.say(document, "Normal", "CertificateIssued", said)
