"""Issuers and cluster issuers: ready once their account is registered with the ACME server."""

import base64
import copy
import hashlib

from sandbox.controllers import conditions
from sandbox.controllers.cert_manager import acme, program
from sandbox.controllers.cert_manager.program import Part
from sandbox.store import Document


class Issuers(Part):
    primary = program.ISSUERS
    others = frozenset({"pods"})
    source = "cert-manager-issuers"

    async def sync(self, document: Document) -> float | None:
        status = copy.deepcopy(document.get("status") or {})
        generation = document["metadata"]["generation"]
        ready = conditions.find(status, "Ready") or {}
        if ready.get("status") == "True" and ready.get("observedGeneration") == generation:
            return None
        spec = document["spec"]
        if "acme" not in spec:
            said = "Signing CA verified" if "ca" in spec else ""
            reason = "KeyPairVerified" if "ca" in spec else "IsReady"
            conditions.put(status, "Ready", True, reason, said, observedGeneration=generation)
            self.tell(document, status)
            return None
        return self._register(document, status)

    def _register(self, document: Document, status: Document) -> float | None:
        settings, generation = document["spec"]["acme"], document["metadata"]["generation"]
        try:
            url = acme.register(settings["server"], settings.get("email", ""))
        except acme.AcmeError as error:
            said = f"Failed to register ACME account: {error}"
            conditions.put(status, "Ready", False, "ErrRegisterACMEAccount", said, observedGeneration=generation)
            self.tell(document, status)
            self.say(document, "Warning", "ErrRegisterACMEAccount", said)
            self.fault(document, said)
            return None if "urn:ietf:params:acme:error" in str(error) else self.retry_s()
        key = self._account_key(document, settings["privateKeySecretRef"])
        status["acme"] = {"uri": url, "lastPrivateKeyHash": key}
        if settings.get("email"):
            status["acme"]["lastRegisteredEmail"] = settings["email"]
        said = "The ACME account was registered with the ACME server"
        conditions.put(status, "Ready", True, "ACMEAccountRegistered", said, observedGeneration=generation)
        self.tell(document, status)
        return None

    def _account_key(self, document: Document, reference: Document) -> str:
        """The account's private key, in the Secret that the issuer names. A digest of it."""
        namespace = document["metadata"].get("namespace") or program.resource_namespace(self.cluster)
        place = ("secrets", namespace, reference["name"])
        secret = self.objects.find(*place)
        if secret is None:
            pem = acme.key_pem(acme.new_key())
            made = {"tls.key": base64.b64encode(pem).decode()}
            metadata = {"name": reference["name"], "namespace": namespace}
            secret = self.objects.create(
                "secrets", {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "Opaque", "data": made}
            )
        held = secret["data"].get(reference.get("key") or "tls.key", "")
        return base64.b64encode(hashlib.sha256(base64.b64decode(held)).digest()).decode()


class ClusterIssuers(Issuers):
    primary = program.CLUSTER_ISSUERS
    source = "cert-manager-clusterissuers"
