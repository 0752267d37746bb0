"""The resource types of Azure's own namespaces, one file a kind; importing this registers them all."""

from sandbox.arm.providers import (
    compute,
    dns_records,
    dns_zones,
    federated_credential,
    locks,
    managed_identity,
    plain_network,
    public_addresses,
    resources,
    role_assignments,
    role_definitions,
    tags,
    virtual_networks,
)

__all__ = [
    "compute",
    "dns_records",
    "dns_zones",
    "federated_credential",
    "locks",
    "managed_identity",
    "plain_network",
    "public_addresses",
    "resources",
    "role_assignments",
    "role_definitions",
    "tags",
    "virtual_networks",
]
