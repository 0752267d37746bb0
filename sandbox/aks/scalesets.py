"""Microsoft.Compute/virtualMachineScaleSets: the machines of a node pool, as far as a list of resources shows them."""

import uuid

from sandbox.arm.ids import ResourceId
from sandbox.arm.shapes import READ_ONLY, Choice, Fields, fitted
from sandbox.arm.types import ResourceType, register
from sandbox.store import Document
from sandbox.world import World

_SHAPE = Fields(
    "VirtualMachineScaleSetProperties",
    {
        "orchestrationMode": Choice("OrchestrationMode", ("Uniform", "Flexible")),
        "upgradePolicy": dict,
        "virtualMachineProfile": dict,
        "overprovision": bool,
        "singlePlacementGroup": bool,
        "platformFaultDomainCount": int,
        "provisioningState": READ_ONLY,
        "uniqueId": READ_ONLY,
        "timeCreated": READ_ONLY,
    },
)


class ScaleSet(ResourceType):
    """A scale set; ``sku.capacity`` is the number of its machines."""

    name = "Microsoft.Compute/virtualMachineScaleSets"
    api_versions = frozenset({"2023-03-01", "2023-09-01", "2024-03-01", "2024-07-01", "2024-11-01", "2025-04-01"})
    put_s = 20
    delete_s = 20

    def desired(self, world: World, id: ResourceId, body: Document, existing: Document | None) -> Document:
        machines = super().desired(world, id, {**body, "properties": {}}, existing)
        given = fitted(body.get("properties") or {}, _SHAPE)
        kept = (existing or {}).get("properties", {})
        machines["properties"] = {
            "orchestrationMode": "Uniform", "overprovision": False, "singlePlacementGroup": True, **kept, **given,
            "provisioningState": "Succeeded",
        }  # fmt: skip
        return machines

    async def realise(self, world: World, id: ResourceId, desired: Document, existing: Document | None) -> Document:
        unique = {"uniqueId": str(uuid.uuid4())}
        return {**desired, "properties": unique | desired["properties"]}


register(ScaleSet())
