"""The answers of ``subscription()``, ``resourceGroup()``, ``deployment()``, ``tenant()``, ``environment()``."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.arm import resources
from sandbox.arm.ids import ResourceId
from sandbox.deployments.language.faults import ExpressionFault
from sandbox.deployments.scope import Scope
from sandbox.world import SUBSCRIPTION_NAME, TENANT_DOMAIN, TENANT_ID, TENANT_NAME

if TYPE_CHECKING:
    from sandbox.entra.principals import Principal
    from sandbox.world import World


@dataclass(frozen=True)
class Place:
    """One deployment's surroundings. ``deployment`` is what ``deployment()`` answers."""

    world: "World"
    scope: Scope
    principal: "Principal"
    deployment: dict[str, Any]

    @property
    def subscription_id(self) -> str:
        return self.scope.subscription_id

    @property
    def group(self) -> str:
        return self.scope.group

    def fact(self, name: str) -> dict[str, Any]:
        match name:
            case "subscription":
                return {
                    "id": f"/subscriptions/{self.scope.subscription_id}",
                    "subscriptionId": self.scope.subscription_id,
                    "tenantId": TENANT_ID,
                    "displayName": SUBSCRIPTION_NAME,
                }
            case "resourceGroup":
                return self._group()
            case "deployment":
                return self.deployment
            case "tenant":
                return {
                    "tenantId": TENANT_ID, "displayName": TENANT_NAME, "defaultDomain": TENANT_DOMAIN,
                    "tenantType": "AAD",
                }  # fmt: skip
            case "environment":
                return _environment(self.world.url)
        return {"objectId": self.principal.id, "tenantId": TENANT_ID, "userPrincipalName": ""}

    def _group(self) -> dict[str, Any]:
        if not self.scope.group:
            raise ExpressionFault(
                "The template function 'RESOURCEGROUP' is not expected at this location. "
                "Please see https://aka.ms/arm-functions for usage details."
            )
        group = resources.get(self.world, ResourceId(self.scope.id))
        if group is None:
            raise ExpressionFault(f"Resource group '{self.scope.group}' could not be found.")
        return group


def _environment(url: str) -> dict[str, Any]:
    """The cloud that az knows as AzureCloud, which here is the sandbox."""
    return {
        "name": "AzureCloud",
        "portal": url,
        "authentication": {"loginEndpoint": f"{url}/", "audiences": [f"{url}/"], "tenant": "common",
                           "identityProvider": "AAD"},
        "graph": f"{url}/",
        "graphAudience": f"{url}/",
        "resourceManager": f"{url}/",
        "activeDirectoryDataLake": f"{url}/",
        "suffixes": {"acrLoginServer": ".azurecr.io", "keyvaultDns": ".vault.azure.net",
                     "storage": "core.windows.net"},
    }  # fmt: skip
