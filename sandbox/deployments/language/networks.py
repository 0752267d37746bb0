"""CIDR arithmetic."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

from sandbox.deployments.language.faults import ExpressionFault
from sandbox.deployments.language.functions import function


def _network(name: str, text: str, strict: bool = False) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text, strict=strict)
    except ValueError:
        raise ExpressionFault(
            f"The template language function '{name}' expects a network in CIDR notation, not '{text}'. "
            f"Please see https://aka.ms/arm-functions#{name.lower()} for usage details."
        ) from None


@function("parseCidr")
def parse_cidr(text: str) -> dict[str, Any]:
    network = _network("parseCidr", text)
    answer: dict[str, Any] = {"network": str(network.network_address), "netmask": str(network.netmask)}
    if isinstance(network, IPv4Network):
        answer["broadcast"] = str(network.broadcast_address)
    usable = [network[0], network[-1]] if network.num_addresses <= 2 else [network[1], network[-2]]
    return answer | {"firstUsable": str(usable[0]), "lastUsable": str(usable[1]), "cidr": network.prefixlen}


@function("cidrSubnet")
def cidr_subnet(text: str, prefix: int, index: int) -> str:
    """The subnet number ``index`` of the size ``prefix``."""
    network = _network("cidrSubnet", text)
    if not network.prefixlen <= prefix <= network.max_prefixlen:
        raise ExpressionFault(f"The new CIDR '{prefix}' is not within the network '{text}'.")
    if not 0 <= index < 2 ** (prefix - network.prefixlen):
        raise ExpressionFault(f"The subnet index '{index}' is out of range for '{text}' cut into '/{prefix}'.")
    size = 2 ** (network.max_prefixlen - prefix)
    return f"{network[index * size]}/{prefix}"


@function("cidrHost")
def cidr_host(text: str, index: int) -> str:
    """The host number ``index``, counted from the first usable address."""
    network = _network("cidrHost", text)
    if not 0 <= index + 1 < network.num_addresses:
        raise ExpressionFault(f"The host index '{index}' is out of range for '{text}'.")
    return str(network[index + 1])
