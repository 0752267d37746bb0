"""Certificates: requested with a new key while their Secret lacks what they ask for, stored there once issued."""

import base64
import copy
import datetime
import hashlib
import json
from collections.abc import Iterable

from cryptography import x509

from sandbox.controllers import conditions, owners
from sandbox.controllers.cert_manager import acme, program
from sandbox.controllers.cert_manager.program import CERTIFICATES, REQUESTS, Part
from sandbox.controllers.controller import Key, key_of
from sandbox.kube.objects import Event, timestamp
from sandbox.store import Document

#: Where a request says which key (a Secret) it was made with, and which issue of its certificate it is.
KEY_SECRET, REVISION = "cert-manager.io/private-key-secret-name", "cert-manager.io/certificate-revision"
NAME = "cert-manager.io/certificate-name"


class Certificates(Part):
    primary = CERTIFICATES
    others = frozenset({"pods", "secrets", REQUESTS, program.ISSUERS, program.CLUSTER_ISSUERS})
    source = "cert-manager-certificates"

    def of_other(self, event: Event) -> Iterable[Key]:
        if event.resource == REQUESTS:
            return owners_key(event.object)
        place = event.object["metadata"].get("namespace") or ""
        found = self.objects.list(CERTIFICATES, place)
        if event.resource == "secrets":
            found = [one for one in found if one["spec"]["secretName"] == event.object["metadata"]["name"]]
        return [key_of(one) for one in found]

    async def sync(self, document: Document) -> float | None:
        status = copy.deepcopy(document.get("status") or {})
        why = self._wanting(document)
        if why is None:
            self._ready(document, status)
            return None
        request = self._request(document, status)
        if request is None:
            request = self._ask(document, status, *why)
        verdict = conditions.find(request.get("status"), "Ready") or {}
        if verdict.get("status") == "True":
            self._store(document, status, request)
        elif verdict.get("reason") in ("Failed", "Denied") or conditions.is_true(request, "InvalidRequest"):
            return self._failed(document, status, request, verdict.get("message", ""))
        return None

    # --- what is there

    def _wanting(self, document: Document) -> tuple[str, str] | None:
        """(reason, message) of what the Secret lacks; None if it holds what the certificate asks for."""
        spec, namespace = document["spec"], document["metadata"]["namespace"]
        secret = self.objects.find("secrets", namespace, spec["secretName"])
        if secret is None or not (secret.get("data") or {}).get("tls.crt"):
            return "DoesNotExist", "Issuing certificate as Secret does not exist"
        annotations = secret["metadata"].get("annotations") or {}
        if annotations.get("cert-manager.io/issuer-name") != spec["issuerRef"]["name"]:
            return "IncorrectIssuer", "Issuing certificate as Secret was previously issued by another issuer"
        certificate = x509.load_pem_x509_certificate(base64.b64decode(secret["data"]["tls.crt"]))
        held = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        if sorted(held.get_values_for_type(x509.DNSName)) != sorted(_names(spec)):
            return (
                "SecretMismatch",
                "Issuing certificate as Existing issued Secret is not up to date for spec: [spec.dnsNames]",
            )
        if certificate.not_valid_after_utc - acme.LIFETIME / 3 < datetime.datetime.now(datetime.UTC):
            return "Renewing", "Renewing certificate as renewal was scheduled"
        return None

    def _request(self, document: Document, status: Document) -> Document | None:
        """The request for the certificate as it is now."""
        wanted = str(status.get("revision", 0) + 1)
        for request in owners.owned(self.objects, REQUESTS, document):
            annotations = request["metadata"].get("annotations") or {}
            if annotations.get(REVISION) == wanted and annotations.get(_DIGEST) == _digest(document["spec"]):
                return request
        return None

    # --- what is done

    def _ask(self, document: Document, status: Document, reason: str, message: str) -> Document:
        metadata, spec = document["metadata"], document["spec"]
        generation, revision = metadata["generation"], status.get("revision", 0) + 1
        for old in owners.owned(self.objects, REQUESTS, document):
            self.objects.delete(REQUESTS, *key_of(old))
        key = acme.new_key()
        secret = self._temporary_secret(document, acme.key_pem(key))
        said = "Issuing certificate as Secret does not exist" if reason == "DoesNotExist" else message
        conditions.put(status, "Ready", False, reason, said, observedGeneration=generation)
        conditions.put(status, "Issuing", True, reason, said, observedGeneration=generation)
        status["nextPrivateKeySecretName"] = secret
        self.tell(document, status)
        self.say(document, "Normal", "Issuing", said)
        self.say(document, "Normal", "Generated", f'Stored new private key in temporary Secret resource "{secret}"')
        request = self.objects.create(
            REQUESTS,
            {
                "apiVersion": program.API_VERSION,
                "kind": "CertificateRequest",
                "metadata": {
                    "name": f"{metadata['name']}-{revision}",
                    "namespace": metadata["namespace"],
                    "annotations": {
                        NAME: metadata["name"], REVISION: str(revision), KEY_SECRET: secret, _DIGEST: _digest(spec),
                    },
                    "ownerReferences": [owners.reference(document)],
                },
                "spec": {
                    "issuerRef": spec["issuerRef"],
                    "request": base64.b64encode(acme.request(key, _names(spec))).decode(),
                    "usages": spec.get("usages") or ["digital signature", "key encipherment"],
                    "username": f"system:serviceaccount:{program.resource_namespace(self.cluster)}:cert-manager",
                    "groups": ["system:serviceaccounts", "system:authenticated"],
                },
            },
        )  # fmt: skip
        name = request["metadata"]["name"]
        self.say(document, "Normal", "Requested", f'Created new CertificateRequest resource "{name}"')
        return request

    def _temporary_secret(self, document: Document, key_pem: bytes) -> str:
        metadata = document["metadata"]
        made = self.objects.create(
            "secrets",
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {
                    "generateName": f"{metadata['name']}-",
                    "namespace": metadata["namespace"],
                    "labels": {"cert-manager.io/next-private-key": "true"},
                    "ownerReferences": [owners.reference(document)],
                },
                "type": "Opaque",
                "data": {"tls.key": base64.b64encode(key_pem).decode()},
            },
        )
        return made["metadata"]["name"]

    def _store(self, document: Document, status: Document, request: Document) -> None:
        """The certificate is there: put it and its key into the Secret that was asked for."""
        metadata, spec = document["metadata"], document["spec"]
        temporary = request["metadata"]["annotations"][KEY_SECRET]
        key = self.objects.get("secrets", metadata["namespace"], temporary)["data"]["tls.key"]
        template = spec.get("secretTemplate") or {}
        annotations = {
            **(template.get("annotations") or {}),
            "cert-manager.io/alt-names": ",".join(_names(spec)), NAME: metadata["name"],
            "cert-manager.io/common-name": spec.get("commonName", ""),
            "cert-manager.io/issuer-group": spec["issuerRef"].get("group", "cert-manager.io"),
            "cert-manager.io/issuer-kind": spec["issuerRef"].get("kind", "Issuer"),
            "cert-manager.io/issuer-name": spec["issuerRef"]["name"],
        }  # fmt: skip
        labels = {**(template.get("labels") or {}), "controller.cert-manager.io/fao": "true"}
        place = {"name": spec["secretName"], "namespace": metadata["namespace"]}
        secret: Document = {
            "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
            "metadata": {**place, "annotations": annotations, "labels": labels},
            "data": {"tls.crt": request["status"]["certificate"], "tls.key": key},
        }  # fmt: skip
        if self.objects.find("secrets", place["namespace"], place["name"]):
            self.objects.update("secrets", secret)
        else:
            self.objects.create("secrets", secret)
        if self.objects.find("secrets", metadata["namespace"], temporary):
            self.objects.delete("secrets", metadata["namespace"], temporary)
        status["revision"] = status.get("revision", 0) + 1
        self.say(document, "Normal", "Issuing", "The certificate has been successfully issued")
        self._ready(document, status)

    def _ready(self, document: Document, status: Document) -> None:
        metadata, spec = document["metadata"], document["spec"]
        secret = self.objects.get("secrets", metadata["namespace"], spec["secretName"])
        certificate = x509.load_pem_x509_certificate(base64.b64decode(secret["data"]["tls.crt"]))
        until = certificate.not_valid_after_utc
        status |= {
            "notBefore": _utc(certificate.not_valid_before_utc), "notAfter": _utc(until),
            "renewalTime": _utc(until - acme.LIFETIME / 3),
        }  # fmt: skip
        status.setdefault("revision", 1)
        for field in ("nextPrivateKeySecretName", "lastFailureTime", "failedIssuanceAttempts"):
            status.pop(field, None)
        conditions.drop(status, "Issuing")
        said = "Certificate is up to date and has not expired"
        conditions.put(status, "Ready", True, "Ready", said, observedGeneration=metadata["generation"])
        self.tell(document, status)

    def _failed(self, document: Document, status: Document, request: Document, why: str) -> float:
        """The request came to nothing. cert-manager waits an hour before the next one, then longer."""
        attempt = ("retry", request["metadata"]["uid"])
        if not self.begun(attempt):
            said = f"The certificate request has failed to complete and will be retried: {why}"
            conditions.put(
                status, "Issuing", False, "Failed", said, observedGeneration=document["metadata"]["generation"]
            )
            status["lastFailureTime"] = timestamp()
            status["failedIssuanceAttempts"] = status.get("failedIssuanceAttempts", 0) + 1
            self.tell(document, status)
            self.say(document, "Warning", "Failed", said)
        left = self.remaining_s(attempt, 3600, 30)
        if not left:
            self.objects.delete(REQUESTS, *key_of(request))
        return left or 0.1


_DIGEST = "sandbox.cert-manager.io/spec-digest"


def _digest(spec: Document) -> str:
    asked = {field: spec.get(field) for field in ("dnsNames", "commonName", "issuerRef")}
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]


def _names(spec: Document) -> list[str]:
    """All names that are asked for; the common name is one of them."""
    common = [spec["commonName"]] if spec.get("commonName") else []
    return list(dict.fromkeys([*common, *(spec.get("dnsNames") or [])]))


def _utc(moment: datetime.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def owners_key(document: Document) -> Iterable[Key]:
    """The key of the cert-manager object that made this one."""
    owner = owners.controller_of(document)
    if owner:
        yield document["metadata"]["namespace"], owner["name"]
