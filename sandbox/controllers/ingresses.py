"""Ingress controllers, played: once one is ready, the Ingresses of its class get the address of its Service."""

from collections.abc import Iterable

from sandbox.controllers import events
from sandbox.controllers.controller import Controller, Key, key_of
from sandbox.controllers.ingress_programs import CLASSES, INGRESSES, Program, class_controller, programs
from sandbox.controllers.load_balancers import ingress_addresses
from sandbox.kube.objects import Event
from sandbox.traffic import ingress as door


class Ingresses(Controller):
    primary = INGRESSES
    others = frozenset({"services", "pods", CLASSES})

    def concerned(self, event: Event) -> Iterable[Key]:
        return [key_of(ingress) for ingress in self.objects.list(INGRESSES)]

    async def reconcile(self, namespace: str, name: str) -> float | None:
        ingress = self.objects.find(INGRESSES, namespace, name)
        if ingress is None or "deletionTimestamp" in ingress["metadata"]:
            return None
        controller = class_controller(self.objects, ingress)
        program = next((one for one in programs(self.objects) if controller in one.serves), None)
        if program is None or controller is None:
            return None
        door.open(self.world)
        addresses = self._published(program, controller)
        status = {"loadBalancer": {"ingress": [{"ip": one} for one in addresses]} if addresses else {}}
        if ingress.get("status") != status:
            self.tell(ingress, status)
            if "nginx" in controller:
                said = "Scheduled for sync"
                events.record(self.cluster, ingress, "Normal", "Sync", said, "nginx-ingress-controller")
        return None

    def _published(self, program: Program, controller: str) -> list[str]:
        name = program.serves[controller]
        if name is None:
            return []
        namespace, _, service_name = name.partition("/")
        service = self.objects.find("services", namespace, service_name)
        return ingress_addresses(service) if service else []
