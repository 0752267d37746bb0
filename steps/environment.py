"""What an environment file in config/ may say, and the names and ids that follow from it.

`python -m steps.environment_schema` says the first of it to editors: descriptions and examples here are read there."""

from functools import cached_property
from ipaddress import IPv4Network
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID, uuid5

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]{1,11}$")]
DnsName = Annotated[str, StringConstraints(pattern=r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$")]
DnsLabel = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]
GroupName = Annotated[str, StringConstraints(pattern=r"^[\w.()-]{0,89}[\w()-]$")]
Location = Annotated[str, StringConstraints(pattern=r"^[a-z]+[a-z0-9]*$")]
Email = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]


def _as_text(value: object) -> object:
    if isinstance(value, bool | int | float):  # pydantic would take them for the number of an address
        raise ValueError("a network is written like 10.20.0.0/16")
    return value


_BYTE, _UUID = r"(25[0-5]|2[0-4]\d|1?\d?\d)", r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
Cidr = Annotated[
    IPv4Network,
    BeforeValidator(_as_text),
    WithJsonSchema({"type": "string", "pattern": rf"^{_BYTE}(\.{_BYTE}){{3}}/(3[0-2]|[12]?\d)$"}),
]
SubscriptionId = Annotated[UUID, WithJsonSchema({"type": "string", "format": "uuid", "pattern": _UUID})]

#: Makes the registry's name out of subscription and environment, so that no two subscriptions ask for the same one.
REGISTRY_NAMESPACE = UUID("f2b6a1c4-6d0e-5b7a-9a55-0c2c6c1e7d3b")


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AdminGroup(Section):
    """The Entra group whose members administer the cluster."""

    name: str = Field("aks-admins", min_length=1, max_length=120, description="its display name")
    create: bool = Field(False, description="make the group, with the caller as its member, where there is none")


class Cluster(Section):
    """The cluster, and who administers it."""

    kubernetes_version: Annotated[str, StringConstraints(pattern=r"^1\.\d{2}(\.\d{1,2})?$")] = Field(
        "1.35", description="in quotes; a minor, or a patch of it", examples=["1.35", "1.35.6"]
    )
    node_count: int = Field(2, ge=1, le=100, description="how many nodes; they are most of what the lab costs")
    node_size: str = Field(
        "Standard_D2s_v5", pattern=r"^Standard_[A-Za-z0-9_]+$", description="az vm list-skus tells what a region has"
    )
    entra: bool = Field(True, description="sign in through Entra only; false leaves AKS's local accounts on")
    admin_group: AdminGroup = Field(AdminGroup(), description="the Entra group that administers the cluster")


class Network(Section):
    """The cluster's network; nothing else is in it."""

    address_space: Cidr = Field(IPv4Network("10.20.0.0/16"), description="of the virtual network")
    subnet: Cidr = Field(IPv4Network("10.20.0.0/22"), description="of the nodes, inside the address space")


class Dns(Section):
    """An existing, delegated zone of Azure DNS. The lab adds records to it and removes only those."""

    zone: DnsName = Field(description="its name", examples=["lab.contoso.com"])
    resource_group: GroupName = Field(description="the resource group that it is in", examples=["rg-core-dns"])


class Ingress(Section):
    """How the application is reached."""

    controller: Literal["traefik", "ingress-nginx"] = Field("traefik", description="the ingress controller")


class Entrance(Section):
    """Where `inv verify` looks, if the application's name leads nowhere from here: the end of a tunnel, a proxy."""

    address: Annotated[str, StringConstraints(pattern=r"^[\w.-]+:\d{1,5}$")] = Field(
        description="host:port", examples=["localhost:8443"]
    )
    roots: Path | None = Field(None, description="PEM; whose signature its certificate has, if not Let's Encrypt's")


class ExternalDns(Section):
    """Who writes the application's record into the zone."""

    identity: Literal["workload", "kubelet"] = Field(
        "workload",
        description="kubelet: the node's own identity, as in the guide; any pod could then edit the zone",
    )


class CertManager(Section):
    """Where the application's certificate comes from."""

    issuer: Literal["staging", "production"] = Field(
        "staging", description="production: a certificate that browsers trust; Let's Encrypt counts those"
    )
    email: Email | None = Field(None, description="for Let's Encrypt's account; example addresses are refused there")


class Workload(Section):
    """The sample application."""

    host: DnsLabel = Field("wi-f", description="the application answers at this name in the zone")
    graph_role: str = Field(
        "User.Read.All",
        pattern=r"^[A-Za-z]+(\.[A-Za-z]+)+$",
        description="the app role of Microsoft Graph that the application reads with",
    )
    grant_graph_role: bool = Field(True, description="false where an administrator has granted it")


class Chart(Section):
    """A Helm chart, in one version."""

    ref: str = Field(min_length=1, description="oci://…, a folder of this project, or a name in repo")
    repo: str | None = Field(None, pattern=r"^https://", description="the chart repository, where ref is a name")
    version: str = Field(pattern=r"^v?\d+\.\d+\.\d+$", description="exactly this one", examples=["1.21.1"])


class Charts(Section):
    """What is installed with Helm."""

    traefik: Chart = Field(description="the ingress controller Traefik")
    ingress_nginx: Chart = Field(description="the ingress controller ingress-nginx, where `ingress` asks for it")
    cert_manager: Chart = Field(description="asks Let's Encrypt for certificates")
    external_dns: Chart = Field(description="writes records into the zone")


class Sandbox(Section):
    """Run against the embedded Azure instead of a real one."""

    pace: float = Field(0, ge=0, le=1, description="0: as fast as it goes; 1: as slow as Azure")


class Names:
    """What the lab calls the things that it makes, all from the environment's name."""

    def __init__(self, name: str, subscription: UUID) -> None:
        self.registry_group = f"rg-{name}-acr"
        self.identity_group = f"rg-{name}-identities"
        self.network_group = f"rg-{name}-network"
        self.cluster_group = f"rg-{name}-aks"
        self.registry = f"acr{name}{uuid5(REGISTRY_NAMESPACE, f'{subscription}/{name}').hex[:10]}"
        self.vnet, self.subnet = f"vnet-{name}", "snet-aks"
        self.cluster = f"aks-{name}"
        self.dns_owner = f"aks-lab-{name}"
        self.identities = {
            part: f"id-{name}-{part}" for part in ("aks", "infra", "certmanager", "externaldns", "workload")
        }

    @property
    def groups(self) -> tuple[str, ...]:
        """The lab's resource groups, in the order in which they can be deleted."""
        return (self.cluster_group, self.network_group, self.registry_group, self.identity_group)


class Environment(Section):
    """One lab: where it runs and what it is made of. The schema of a file in config/."""

    name: Name = Field(description="goes into the name of everything that the lab makes", examples=["wilab"])
    subscription: SubscriptionId = Field(description="its id: az account list --output table")
    location: Location = Field("norwayeast", description="the region, as az account list-locations calls it")
    dns: Dns = Field(description="the zone in which the application gets its name")
    charts: Charts = Field(description="what is installed with Helm, and from where")
    cluster: Cluster = Field(Cluster(), description="version, nodes, administrators")
    network: Network = Field(Network(), description="the cluster's network")
    ingress: Ingress = Field(Ingress(), description="how the application is reached")
    entrance: Entrance | None = Field(None, description="where to look for the application, if not at its name")
    externaldns: ExternalDns = Field(ExternalDns(), description="who writes records into the zone")
    certmanager: CertManager = Field(CertManager(), description="where the certificate comes from")
    workload: Workload = Field(Workload(), description="the sample application")
    tags: dict[str, str] = Field(
        default_factory=dict, max_length=40, description="for every resource group", examples=[{"owner": "ada"}]
    )
    sandbox: Sandbox | None = Field(None, description="run on the embedded Azure instead of a real one")

    @cached_property
    def names(self) -> Names:
        return Names(self.name, self.subscription)

    @property
    def host(self) -> str:
        """The application's full host name."""
        return f"{self.workload.host}.{self.dns.zone}"

    @property
    def lab_tags(self) -> dict[str, str]:
        """The tags of every resource group that the lab makes; ``aks-lab`` is what `destroy` goes by."""
        return {**self.tags, "aks-lab": self.name}

    def group_id(self, group: str) -> str:
        return f"/subscriptions/{self.subscription}/resourceGroups/{group}"

    @property
    def registry_id(self) -> str:
        group = self.group_id(self.names.registry_group)
        return f"{group}/providers/Microsoft.ContainerRegistry/registries/{self.names.registry}"

    @property
    def subnet_id(self) -> str:
        names = self.names
        vnet = f"{self.group_id(names.network_group)}/providers/Microsoft.Network/virtualNetworks/{names.vnet}"
        return f"{vnet}/subnets/{names.subnet}"

    @property
    def zone_group_id(self) -> str:
        return self.group_id(self.dns.resource_group)

    @property
    def zone_id(self) -> str:
        return f"{self.zone_group_id}/providers/Microsoft.Network/dnsZones/{self.dns.zone}"

    def identity_id(self, part: str) -> str:
        group = self.group_id(self.names.identity_group)
        return f"{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{self.names.identities[part]}"


def describe(settings: Environment) -> str:
    """The first line of every run: on what it acts."""
    where = "the sandbox" if settings.sandbox else f"Azure subscription {settings.subscription}"
    return f"{settings.name} in {settings.location}, on {where}"


def address(settings: Environment) -> str:
    """Where everybody finds the application once the lab is up; "" in the sandbox, which nobody else reaches."""
    return "" if settings.sandbox else f"https://{settings.host}"
