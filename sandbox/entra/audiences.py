"""The resources that tokens are issued for: the services of Azure, under each name that clients call them
by."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.world import World

#: Application ids of Microsoft's own services; they are the same in every tenant.
GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"
ARM_APP_ID = "797f4846-ba00-4fd7-ba43-dac1f8f63013"
AKS_APP_ID = "6dae42f8-4368-4678-94ff-3960e28e3630"
ACR_APP_ID = "6a0ec4d3-30cb-4a83-91c0-ae56bc0e3d26"


def arm(world: "World") -> frozenset[str]:
    """The audiences that Azure Resource Manager accepts (without a trailing slash, as all of this file's)."""
    return frozenset({world.url, "https://management.azure.com", "https://management.core.windows.net", ARM_APP_ID})


def graph(world: "World") -> frozenset[str]:
    """The audiences that Microsoft Graph accepts. The sandbox's own address is one: az knows Graph by it."""
    return frozenset({world.url, "https://graph.microsoft.com", GRAPH_APP_ID})


#: The audience of an AKS cluster's API server with Entra integration.
AKS = frozenset({AKS_APP_ID})
#: The audiences of a container registry's token exchange.
ACR = frozenset({"https://containerregistry.azure.net", ACR_APP_ID})


def known(world: "World") -> frozenset[str]:
    return arm(world) | graph(world) | AKS | ACR


def same(audience: str, accepted: frozenset[str]) -> bool:
    """Whether a token's audience is one of the accepted ones; a trailing slash makes no difference."""
    return audience.rstrip("/") in accepted
