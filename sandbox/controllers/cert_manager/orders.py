"""Orders: one challenge for each name, valid once all of them are."""

import copy
import hashlib
import secrets
from collections.abc import Iterable

from sandbox.controllers import owners
from sandbox.controllers.cert_manager import program
from sandbox.controllers.cert_manager.certificates import owners_key
from sandbox.controllers.cert_manager.program import CHALLENGES, ORDERS, Part
from sandbox.controllers.controller import Key, key_of
from sandbox.kube.objects import Event, timestamp
from sandbox.store import Document

FINALIZER = "acme.cert-manager.io/finalizer"
_FINAL = ("valid", "invalid", "errored", "expired")


class Orders(Part):
    primary = ORDERS
    others = frozenset({"pods", CHALLENGES})
    source = "cert-manager-orders"

    def of_other(self, event: Event) -> Iterable[Key]:
        return owners_key(event.object)

    async def sync(self, document: Document) -> float | None:
        status = copy.deepcopy(document.get("status") or {})
        if status.get("state") in _FINAL or "deletionTimestamp" in document["metadata"]:
            return None
        issuer = program.issuer(self.cluster, document["spec"]["issuerRef"], document["metadata"]["namespace"])
        if issuer is None or "acme" not in issuer["spec"]:
            return self.retry_s()
        if "url" not in status:
            self._open(document, status, issuer["spec"]["acme"]["server"])
        challenges = {one["spec"]["dnsName"]: one for one in owners.owned(self.objects, CHALLENGES, document)}
        for name in document["spec"]["dnsNames"]:
            if name.removeprefix("*.") not in challenges:
                self._challenge(document, status, issuer, name)
        states = [(one.get("status") or {}).get("state") for one in challenges.values()]
        if states and all(state == "valid" for state in states):
            status["state"] = "valid"
            self.say(document, "Normal", "Complete", "Order completed successfully")
            for challenge in challenges.values():
                self.objects.delete(CHALLENGES, *key_of(challenge))
        elif any(state in _FINAL and state != "valid" for state in states):
            failed = next(one for one in challenges.values() if one["status"].get("state") in _FINAL[1:])
            status |= {"state": failed["status"]["state"], "failureTime": timestamp()}
            said = failed["status"].get("reason", "")
            status["reason"] = f'Failed to finalize Order: challenge for "{failed["spec"]["dnsName"]}": {said}'
            self.say(document, "Warning", "Failed", status["reason"])
        self.tell(document, status)
        return None

    def _open(self, document: Document, status: Document, server: str) -> None:
        host = server.partition("://")[2].partition("/")[0]
        number = int(secrets.token_hex(4), 16)
        status |= {
            "state": "pending",
            "url": f"https://{host}/acme/order/{number}",
            "finalizeURL": f"https://{host}/acme/finalize/{number}",
            "authorizations": [
                {
                    "identifier": name.removeprefix("*."), "initialState": "pending", "wildcard": name.startswith("*."),
                    "url": f"https://{host}/acme/authz/{number}/{index}",
                }
                for index, name in enumerate(document["spec"]["dnsNames"])
            ],
        }  # fmt: skip

    def _challenge(self, document: Document, status: Document, issuer: Document, name: str) -> None:
        solver = _solver(issuer["spec"]["acme"].get("solvers") or [], name)
        if solver is None:
            said = (
                "Failed to determine a valid solver configuration for the set of domains on the Order: no configured "
                "challenge solvers can be used for this challenge"
            )
            self.say(document, "Warning", "Solver", said)
            status |= {"state": "errored", "reason": said}
            return
        bare = name.removeprefix("*.")
        authorization = next(one for one in status["authorizations"] if one["identifier"] == bare)
        token = secrets.token_urlsafe(32)
        key = hashlib.sha256(f"{token}{issuer['metadata']['uid']}".encode()).hexdigest()[:43]
        made = self.objects.create(
            CHALLENGES,
            {
                "apiVersion": program.ACME_API_VERSION,
                "kind": "Challenge",
                "metadata": {
                    "name": f"{document['metadata']['name']}-{int(secrets.token_hex(4), 16)}",
                    "namespace": document["metadata"]["namespace"],
                    "finalizers": [FINALIZER],
                    "ownerReferences": [owners.reference(document)],
                },
                "spec": {
                    "authorizationURL": authorization["url"], "url": authorization["url"].replace("authz", "chall"),
                    "dnsName": bare, "issuerRef": document["spec"]["issuerRef"], "key": key, "token": token,
                    "solver": solver, "type": "DNS-01" if "dns01" in solver else "HTTP-01",
                    "wildcard": name.startswith("*."),
                },
            },
        )  # fmt: skip
        said = f'Created Challenge resource "{made["metadata"]["name"]}" for domain "{bare}"'
        self.say(document, "Normal", "Created", said)


def _solver(solvers: list[Document], name: str) -> Document | None:
    """The solver that an issuer has for a name: one that names it, one for its zone (the longest), one for all."""
    bare = name.removeprefix("*.")

    def fit(solver: Document) -> int:
        selector = solver.get("selector") or {}
        if name in (selector.get("dnsNames") or []):
            return 10_000
        zones = [zone for zone in selector.get("dnsZones") or [] if bare == zone or bare.endswith(f".{zone}")]
        if zones:
            return 100 + max(map(len, zones))
        return 0 if selector.get("dnsNames") or selector.get("dnsZones") else 1

    best = max(solvers, key=fit, default=None)
    return best if best is not None and fit(best) else None
