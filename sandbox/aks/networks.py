"""The network of a cluster: what is filled in, which combinations do not work, and the subnet that it is put into."""

import ipaddress
from collections.abc import Iterator

from sandbox.aks import refusals as aks
from sandbox.arm import refusals, resources
from sandbox.arm.ids import ResourceId
from sandbox.store import Document
from sandbox.world import World

_SUBNET = "Microsoft.Network/virtualNetworks/subnets"
_POD_CIDR, _SERVICE_CIDR = "10.244.0.0/16", "10.0.0.0/16"


def filled(profile: Document) -> Document:
    """The profile with Azure's defaults. Raises for combinations that cannot be."""
    plugin = profile.get("networkPlugin", "azure")
    overlay = profile.get("networkPluginMode") == "overlay" or ("networkPlugin" not in profile)
    mode = {"networkPluginMode": "overlay"} if overlay else {}
    dataplane = profile.get("networkDataplane", "azure")
    service_cidr = profile.get("serviceCidr", _SERVICE_CIDR)
    network = {
        "networkPlugin": plugin,
        **mode,
        "networkPolicy": "none",
        **({"networkDataplane": dataplane} if plugin == "azure" else {}),
        "loadBalancerSku": "standard",
        "outboundType": "loadBalancer",
        "serviceCidr": service_cidr,
        "dnsServiceIP": _tenth(service_cidr),
        **({"podCidr": _POD_CIDR} if overlay or plugin == "kubenet" else {}),
        "ipFamilies": ["IPv4"],
        **profile,
    }
    network.setdefault("serviceCidrs", [network["serviceCidr"]])
    if "podCidr" in network:
        network.setdefault("podCidrs", [network["podCidr"]])
    if network["outboundType"] == "loadBalancer":
        balancer = {"managedOutboundIPs": {"count": 1}, "backendPoolType": "nodeIPConfiguration"}
        given = profile.get("loadBalancerProfile", {})
        if "outboundIPs" in given or "outboundIPPrefixes" in given:
            del balancer["managedOutboundIPs"]
        network["loadBalancerProfile"] = balancer | given
    _check(network)
    return network


def _tenth(cidr: str) -> str:
    """The address that the cluster's DNS service has by default."""
    return str(_network("networkProfile.serviceCidr", cidr)[10])


def _network(parameter: str, cidr: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        network = ipaddress.ip_network(cidr)
    except ValueError as error:
        raise aks.invalid(parameter, f"invalid CIDR address: {cidr}.") from error
    if network.num_addresses < 16:
        raise aks.invalid(parameter, f"CIDR {cidr} is too small.")
    return network


def _check(network: Document) -> None:
    if network["loadBalancerSku"] == "basic":
        raise aks.invalid(
            "networkProfile.loadBalancerSku", "Basic load balancer is retired. Please use the standard SKU."
        )
    if network.get("networkPluginMode") == "overlay" and network["networkPlugin"] != "azure":
        raise aks.invalid("networkProfile.networkPluginMode", "overlay requires network plugin azure.")
    if network["networkPolicy"] == "cilium" and network.get("networkDataplane") != "cilium":
        raise aks.invalid(
            "networkProfile.networkPolicy", "Network policy cilium requires the cilium network dataplane."
        )
    if network.get("networkDataplane") == "cilium" and network["networkPolicy"] not in ("none", "cilium"):
        raise aks.invalid(
            "networkProfile.networkPolicy",
            f"Network policy {network['networkPolicy']} is not supported with network dataplane cilium.",
        )
    services = _network("networkProfile.serviceCidr", network["serviceCidr"])
    try:
        inside = ipaddress.ip_address(network["dnsServiceIP"]) in services
    except ValueError as error:
        raise aks.invalid("networkProfile.dnsServiceIP", f"invalid IP address: {network['dnsServiceIP']}.") from error
    if not inside:
        raise aks.invalid(
            "networkProfile.dnsServiceIP",
            f"DNS service IP {network['dnsServiceIP']} is not within the service CIDR {network['serviceCidr']}.",
        )
    if "podCidr" in network and _network("networkProfile.podCidr", network["podCidr"]).overlaps(services):
        raise aks.invalid(
            "networkProfile.podCidr",
            f"Pod CIDR {network['podCidr']} overlaps with the service CIDR {network['serviceCidr']}.",
        )


def subnets(properties: Document) -> Iterator[str]:
    """The subnets that a cluster's pools name, each once."""
    named = [
        pool.get(field)
        for pool in properties.get("agentPoolProfiles") or []
        for field in ("vnetSubnetID", "podSubnetID")
    ]
    yield from dict.fromkeys(subnet for subnet in named if subnet)


def check_subnet(world: World, subnet: str, network: Document) -> None:
    """Raise unless the subnet exists and leaves the service addresses alone."""
    id = ResourceId(subnet)
    if id.type.lower() != _SUBNET.lower():
        raise aks.invalid("agentPoolProfile.vnetSubnetID", f"{subnet} is not the id of a subnet.")
    resources.require_scope(world, id)
    document = resources.stored(world, id)
    if document is None:
        raise refusals.resource_not_found(id, _SUBNET)
    properties = document["properties"]
    for prefix in properties.get("addressPrefixes") or [properties.get("addressPrefix")]:
        services = ipaddress.ip_network(network["serviceCidr"])
        if prefix and ipaddress.ip_network(prefix).overlaps(services):
            raise aks.service_cidr_conflict(network["serviceCidr"], prefix)
