"""DNS-01 challenges: a TXT record written with the pod's identity, looked at, and taken away again."""

import copy

from sandbox.arm.ids import ResourceId
from sandbox.controllers import azure_sdk, dns
from sandbox.controllers.azure_sdk import SdkError
from sandbox.controllers.cert_manager import program
from sandbox.controllers.cert_manager.orders import FINALIZER
from sandbox.controllers.cert_manager.program import CHALLENGES, Part
from sandbox.entra.principals import Principal
from sandbox.store import Document

#: Azure's seconds until a new record is seen by its name servers, and the ACME server's validation.
PROPAGATION_S, VALIDATION_S = 10.0, 5.0
TTL_S = 60


class Challenges(Part):
    primary = CHALLENGES
    others = frozenset({"pods"})
    source = "cert-manager-challenges"

    async def sync(self, document: Document) -> float | None:
        status = copy.deepcopy(document.get("status") or {})
        if "deletionTimestamp" in document["metadata"] or status.get("state") in ("valid", "invalid", "errored"):
            return await self._clean_up(document)
        status |= {"processing": True}
        status.setdefault("state", "pending")
        if document["spec"]["type"] != "DNS-01" or "azureDNS" not in document["spec"]["solver"].get("dns01", {}):
            status |= {"state": "errored", "reason": "the sandbox plays DNS-01 challenges with Azure DNS only"}
            self.tell(document, status)
            return None
        if not status.get("presented"):
            try:
                await self._present(document)
            except SdkError as error:
                return self._refused(document, status, error)
            status |= {"presented": True, "reason": ""}
            self.say(document, "Normal", "Presented", "Presented challenge using DNS-01 challenge mechanism")
        uid, name = document["metadata"]["uid"], document["spec"]["dnsName"]
        left = self.remaining_s((uid, "propagation"), PROPAGATION_S)
        if left or not self._seen(document):
            said = f'DNS record for "{name}" not yet propagated'
            status["reason"] = f"Waiting for DNS-01 challenge propagation: {said}"
            self.tell(document, status)
            return left or self.retry_s()
        left = self.remaining_s((uid, "validation"), VALIDATION_S)
        if not left:
            status |= {"state": "valid", "reason": "Successfully authorized domain"}
            self.say(document, "Normal", "DomainVerified", f'Domain "{name}" verified with "DNS-01" validation')
        self.tell(document, status)
        return left or None

    def _refused(self, document: Document, status: Document, error: SdkError) -> float:
        """The event and the log have the whole text; the status one that stays the same, as cert-manager does."""
        self.say(document, "Warning", "PresentError", f"Error presenting challenge: {error.message}")
        self.fault(document, error.message)
        redacted = error.kind in ("azcore.ResponseError", "azidentity.AuthenticationFailedError")
        short = f"<redacted Azure SDK error: {error.kind}: see events and logs for details>"
        status["reason"] = short if redacted else error.message
        self.tell(document, status)
        return self.retry_s()

    # --- the record

    async def _sign_in(self, document: Document) -> Principal:
        running = program.pod(self.cluster)
        assert running is not None  # ``sync`` is only called while it runs
        settings = document["spec"]["solver"]["dns01"]["azureDNS"]
        return await azure_sdk.sign_in(
            self.cluster, running, (settings.get("managedIdentity") or {}).get("clientID", "")
        )

    def _zone(self, document: Document) -> ResourceId:
        """The zone that the solver names, else the one that is nearest to the name."""
        settings, name = document["spec"]["solver"]["dns01"]["azureDNS"], document["spec"]["dnsName"]
        zone = settings.get("hostedZoneName") or dns.nearest_zone(self.world, name)
        if not zone:
            raise SdkError("error", f"Zone  not found for domain _acme-challenge.{name}.")
        return dns.zone_id(settings["subscriptionID"], settings["resourceGroupName"], zone)

    async def _present(self, document: Document) -> None:
        principal = await self._sign_in(document)
        zone, name = self._zone(document), _record_name(document, self._zone(document))
        values = dns.texts(self.world, principal, zone, name)
        if document["spec"]["key"] not in values:
            records = [*values, document["spec"]["key"]]
            await dns.put(self.world, principal, zone, "TXT", name, TTL_S, dns.text_records(records))

    def _seen(self, document: Document) -> bool:
        """Whether public name servers have the record: the zone that answers may be another than the one written."""
        name = document["spec"]["dnsName"]
        public = dns.nearest_zone(self.world, name)
        zone = self._zone(document)
        return public == zone.name.lower() and document["spec"]["key"] in dns.texts(
            self.world, None, zone, _record_name(document, zone)
        )

    async def _clean_up(self, document: Document) -> float | None:
        """Take the value away, then the finalizer."""
        if FINALIZER not in (document["metadata"].get("finalizers") or []):
            return None
        if (document.get("status") or {}).get("presented"):
            try:
                principal, zone = await self._sign_in(document), self._zone(document)
                name = _record_name(document, zone)
                left = [one for one in dns.texts(self.world, principal, zone, name) if one != document["spec"]["key"]]
                await dns.put_or_delete(
                    self.world, principal, zone, "TXT", name, TTL_S, dns.text_records(left), bool(left)
                )
            except SdkError as error:
                self.say(document, "Warning", "CleanUpError", error.message)
                self.fault(document, error.message)
                return self.retry_s()
        if self.objects.find(CHALLENGES, document["metadata"]["namespace"], document["metadata"]["name"]):

            def release(changed: Document) -> None:
                kept = [one for one in changed["metadata"]["finalizers"] if one != FINALIZER]
                changed["metadata"]["finalizers"] = kept
                changed["status"] = {**(changed.get("status") or {}), "presented": False, "processing": False}

            metadata = document["metadata"]
            self.objects.edit(CHALLENGES, metadata["namespace"], metadata["name"], release)
        return None


def _record_name(document: Document, zone: ResourceId) -> str:
    whole = f"_acme-challenge.{document['spec']['dnsName']}"
    return whole.removesuffix(f".{zone.name}")
