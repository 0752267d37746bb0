"""The loop of ExternalDNS: what is wanted against what the zones hold, and the difference written as its identity."""

from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.arm.ids import ResourceId
from sandbox.controllers import azure_sdk, conditions, dns
from sandbox.controllers.azure_sdk import SdkError
from sandbox.controllers.controller import Controller, Key, key_of
from sandbox.controllers.external_dns import endpoints, settings
from sandbox.controllers.external_dns.endpoints import DEFAULT_TTL_S, Endpoint
from sandbox.controllers.external_dns.settings import BadConfiguration, Settings
from sandbox.entra.principals import Principal
from sandbox.kube import logs
from sandbox.kube.objects import Event, timestamp
from sandbox.store import Document

#: The least seconds between two rounds, at any pace.
LEAST_INTERVAL_S = 1.0


@dataclass(frozen=True)
class Zone:
    """A zone with its A records and whom they belong to: ``owners`` by name, from the TXT records beside them."""

    id: ResourceId
    addresses: dict[str, tuple[str, ...]]
    owners: dict[str, str]


class ExternalDns(Controller):
    primary = "pods"
    others = frozenset({"networking.k8s.io/ingresses", "services"})

    def concerned(self, event: Event) -> Iterable[Key]:
        return [key_of(pod) for pod in self.objects.list("pods") if _plays(pod)]

    async def reconcile(self, namespace: str, name: str) -> float | None:
        pod = self.objects.find("pods", namespace, name)
        if pod is None or not _plays(pod) or not conditions.is_true(pod, "Ready"):
            return None
        interval_s = 60.0
        try:
            told = settings.read(self.cluster, pod)
            interval_s = told.interval_s
            if told.provider != "azure":
                return None
            await self._round(pod, told)
        except BadConfiguration as error:
            self._log(pod, "fatal", str(error))
        except SdkError as error:
            self._log(pod, "fatal", f"Failed to do run once: {error.message}")
        return max(LEAST_INTERVAL_S, self.world.pace.scaled(interval_s))

    async def _round(self, pod: Document, told: Settings) -> None:
        principal = await self._sign_in(pod, told)
        zones = self._zones(principal, told)
        wanted = endpoints.wanted(self.cluster, told)
        changes = 0
        for name, endpoint in wanted.items():
            zone = _zone_of(zones, name)
            if zone is None:
                said = f"Ignoring changes to '{name}' because a suitable Azure DNS zone was not found."
                self._log(pod, "info", said)
            elif _writable(zone, endpoint, told):
                changes += 1
                await self._write(pod, principal, zone, endpoint, told)
        if told.policy == "sync":
            for zone in zones:
                for name in [one for one, owner in zone.owners.items() if owner == told.owner and one not in wanted]:
                    changes += 1
                    await self._remove(pod, principal, zone, name, told)
        if not changes:
            self._log(pod, "info", "All records are already up to date")

    async def _sign_in(self, pod: Document, told: Settings) -> Principal:
        if told.azure.get("useWorkloadIdentityExtension"):
            self._log(pod, "info", "Using workload identity extension to retrieve access token for Azure API.")
            return await azure_sdk.workload_sign_in(self.cluster, pod)
        if told.azure.get("useManagedIdentityExtension"):
            self._log(pod, "info", "Using managed identity extension to retrieve access token for Azure API.")
            return azure_sdk.node_identity(self.cluster, told.azure.get("userAssignedIdentityID", ""))
        raise BadConfiguration("failed to get credentials: no credentials provided for Azure API")

    # --- zones

    def _zones(self, principal: Principal, told: Settings) -> list[Zone]:
        subscription = told.subscription or told.azure.get("subscriptionId") or ""
        group = told.resource_group or told.azure.get("resourceGroup") or ""
        scope = ResourceId(f"/subscriptions/{subscription}/resourceGroups/{group}")
        found = dns.zones(self.world, principal, scope)
        names = [one.strip(".").lower() for one in told.domains]
        return [
            self._read(principal, ResourceId(one["id"]), told)
            for one in found
            if not names or any(_either_within(one["name"].lower(), name) for name in names)
        ]

    def _read(self, principal: Principal, id: ResourceId, told: Settings) -> Zone:
        addresses: dict[str, tuple[str, ...]] = {}
        owners: dict[str, str] = {}
        for one in dns.record_sets(self.world, principal, id):
            name = id.name.lower() if one["name"] == "@" else f"{one['name']}.{id.name}".lower()
            kind = one["type"].rpartition("/")[2]
            if kind == "A":
                addresses[name] = tuple(sorted(r["ipv4Address"] for r in one["properties"]["ARecords"]))
            elif kind == "TXT":
                text = "".join("".join(record["value"]) for record in one["properties"]["TXTRecords"])
                owner, owned = _owner(text), _name_of(name, told)
                if owner and owned:
                    owners[owned] = owner
        if told.registry == "noop":
            owners = dict.fromkeys(addresses, told.owner)
        return Zone(id, addresses, owners)

    # --- changes

    async def _write(self, pod: Document, principal: Principal, zone: Zone, endpoint: Endpoint, told: Settings) -> None:
        records = {"ARecords": [{"ipv4Address": one} for one in endpoint.targets]}
        await self._update(
            pod, principal, zone, "A", endpoint.name, ";".join(endpoint.targets), endpoint.ttl_s, records
        )
        if told.registry == "txt":
            heritage = (
                f'"heritage=external-dns,external-dns/owner={told.owner},external-dns/resource={endpoint.resource}"'
            )
            name = _txt_name(endpoint.name, told)
            if not name.endswith(f".{zone.id.name}"):
                said = f"Ignoring changes to '{name}' because a suitable Azure DNS zone was not found."
                self._log(pod, "info", said)
                return
            records = dns.text_records([heritage])
            await self._update(pod, principal, zone, "TXT", name, heritage.replace('"', '\\"'), DEFAULT_TTL_S, records)

    async def _update(
        self,
        pod: Document,
        principal: Principal,
        zone: Zone,
        kind: str,
        name: str,
        shown: str,
        ttl_s: int,
        records: Document,
    ) -> None:
        at, zone_name = _relative(name, zone), zone.id.name
        self._log(pod, "info", f"Updating {kind} record named '{at}' to '{shown}' for Azure DNS zone '{zone_name}'.")
        try:
            await dns.put(self.world, principal, zone.id, kind, at, ttl_s, records)
        except SdkError as error:
            said = (
                f"Failed to update {kind} record named '{at}' to '{shown}' for DNS zone '{zone_name}': {error.message}"
            )
            self._log(pod, "error", said)

    async def _remove(self, pod: Document, principal: Principal, zone: Zone, name: str, told: Settings) -> None:
        kinds = [("A", name)] if name in zone.addresses else []
        if told.registry == "txt":
            kinds.append(("TXT", _txt_name(name, told)))
        for kind, whole in kinds:
            at, zone_name = _relative(whole, zone), zone.id.name
            self._log(pod, "info", f"Deleting {kind} record named '{at}' for Azure DNS zone '{zone_name}'.")
            try:
                await dns.delete(self.world, principal, zone.id, kind, at)
            except SdkError as error:
                said = f"Failed to delete {kind} record named '{at}' for Azure DNS zone '{zone_name}': {error.message}"
                self._log(pod, "error", said)

    def _log(self, pod: Document, level: str, message: str) -> None:
        """Write a line, unless the same one is among the last: rounds are quick here, and mostly alike."""
        container = next(one["name"] for one in pod["spec"]["containers"] if settings.is_external_dns(one))
        place = (self.world, self.cluster.uid, *key_of(pod), container)
        text = message.replace("\n", "\\n")
        said = f'level={level} msg="{text}"'
        if not any(line.endswith(said) for _, line in logs.read(*place)[-6:]):
            logs.append(*place, f'time="{timestamp()}" {said}')


def _plays(pod: Document) -> bool:
    return any(map(settings.is_external_dns, pod["spec"]["containers"]))


def _either_within(one: str, other: str) -> bool:
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")


def _zone_of(zones: list[Zone], name: str) -> Zone | None:
    fitting = [zone for zone in zones if f".{name}".endswith(f".{zone.id.name.lower()}")]
    return max(fitting, key=lambda zone: len(zone.id.name), default=None)


def _writable(zone: Zone, endpoint: Endpoint, told: Settings) -> bool:
    """Whether a record is to be written: it is new, or it is ours and says something else. Others' are left alone."""
    standing = zone.addresses.get(endpoint.name)
    if standing is None:
        return True
    ours = zone.owners.get(endpoint.name) == told.owner
    return ours and standing != endpoint.targets and told.policy != "create-only"


def _relative(name: str, zone: Zone) -> str:
    return "@" if name == zone.id.name.lower() else name.removesuffix(f".{zone.id.name.lower()}")


def _txt_name(name: str, told: Settings) -> str:
    """The TXT record that says whose an A record is: ``a-web.example.org`` beside ``web.example.org``."""
    label, _, rest = name.partition(".")
    return f"{told.prefix}a-{label}{told.suffix}.{rest}"


def _name_of(txt: str, told: Settings) -> str | None:
    """The name whose ownership a TXT record of that name tells; None for other records."""
    label, _, rest = txt.partition(".")
    start, end = f"{told.prefix}a-".lower(), told.suffix.lower()
    if not label.startswith(start) or not label.endswith(end):
        return None
    return f"{label[len(start) : len(label) - len(end)]}.{rest}"


def _owner(text: str) -> str | None:
    parts = dict(part.partition("=")[::2] for part in text.strip('"').split(","))
    return parts.get("external-dns/owner") if parts.get("heritage") == "external-dns" else None
