"""Services of type LoadBalancer: Azure's cloud provider gives them an address, in the node resource group."""

import copy
import ipaddress

from sandbox.arm import resources, roles
from sandbox.arm.ids import ResourceId
from sandbox.controllers import azure_sdk, cloud, events
from sandbox.controllers.controller import Controller
from sandbox.errors import AzureError
from sandbox.store import Document

SOURCE = "service-controller"
FINALIZER = "service.kubernetes.io/load-balancer-cleanup"
INTERNAL = "service.beta.kubernetes.io/azure-load-balancer-internal"
DNS_LABEL = "service.beta.kubernetes.io/azure-dns-label-name"
#: Azure's seconds to set a load balancer up, and between two tries.
SET_UP_S, RETRY_S, LEAST_RETRY_S = 30.0, 10.0, 1.0


class LoadBalancers(Controller):
    primary = "services"

    async def reconcile(self, namespace: str, name: str) -> float | None:
        service = self.objects.find("services", namespace, name)
        if service is None:
            return None
        held = FINALIZER in (service["metadata"].get("finalizers") or [])
        wanted = service["spec"].get("type") == "LoadBalancer" and "deletionTimestamp" not in service["metadata"]
        if not wanted:
            if held:
                await self._take_down(service)
            return None
        if service["spec"].get("loadBalancerClass"):
            return None  # somebody else's
        if not held:
            service = self._hold(service)
        if ingress_addresses(service):
            return None
        left = self.remaining_s((service["metadata"]["uid"], "set up"), SET_UP_S)
        if left:
            return left
        return await self._set_up(service)

    def _hold(self, service: Document) -> Document:
        def hold(document: Document) -> None:
            document["metadata"]["finalizers"] = [*(document["metadata"].get("finalizers") or []), FINALIZER]

        held = self.objects.edit("services", *_place(service), hold)
        events.record(self.cluster, held, "Normal", "EnsuringLoadBalancer", "Ensuring load balancer", SOURCE)
        return held

    async def _set_up(self, service: Document) -> float | None:
        """Make the address and tell the Service. Returns the seconds to the next try where Azure refuses it."""
        annotations = service["metadata"].get("annotations") or {}
        try:
            self._check_subnets()
            if annotations.get(INTERNAL) == "true":
                address = _inner_address(service)
            else:
                address = await self._public_address(service, annotations.get(DNS_LABEL))
        except AzureError as error:
            group = cloud.node_group(self.cluster).text
            url = f"{self.world.url}{group}/providers/Microsoft.Network/loadBalancers/kubernetes"
            why = azure_sdk.response_error("PUT", url, error).message
            said = f"Error syncing load balancer: failed to ensure load balancer: {why}"
            events.record(self.cluster, service, "Warning", "SyncLoadBalancerFailed", said, SOURCE)
            return max(LEAST_RETRY_S, self.world.pace.scaled(RETRY_S))
        if self.objects.find("services", *_place(service)) is None:
            return None

        def tell(document: Document) -> None:
            ingress = [{"ip": address, "ipMode": "VIP"}]
            document["status"] = {**(document.get("status") or {}), "loadBalancer": {"ingress": ingress}}

        told = self.objects.edit("services", *_place(service), tell)
        events.record(self.cluster, told, "Normal", "EnsuredLoadBalancer", "Ensured load balancer", SOURCE)
        return None

    def _check_subnets(self) -> None:
        """The cloud provider looks at the nodes' subnet; where the user brought it, that takes a role on it."""
        principal = cloud.control_plane(self.cluster)
        for subnet in cloud.subnets(self.cluster):
            if principal:
                roles.require(self.world, principal, "Microsoft.Network/virtualNetworks/subnets/read", subnet)

    async def _public_address(self, service: Document, label: str | None) -> str:
        group = cloud.node_group(self.cluster)
        id = ResourceId(f"{group.text}/providers/Microsoft.Network/publicIPAddresses/{_resource_name(service)}")
        namespace, name = _place(service)
        body: Document = {
            "location": cloud.resource(self.cluster).get("location", "westeurope"),
            "sku": {"name": "Standard", "tier": "Regional"},
            "tags": {"k8s-azure-cluster-name": "kubernetes", "k8s-azure-service": f"{namespace}/{name}"},
            "properties": {"publicIPAllocationMethod": "Static", "publicIPAddressVersion": "IPv4"},
        }
        if label:
            body["properties"]["dnsSettings"] = {"domainNameLabel": label}
        address, _ = await resources.put(self.world, None, id, body, api_version=cloud.NETWORK_API)
        return address["properties"]["ipAddress"]

    async def _take_down(self, service: Document) -> None:
        say = events.record
        if "deletionTimestamp" in service["metadata"]:
            say(self.cluster, service, "Normal", "DeletingLoadBalancer", "Deleting load balancer", SOURCE)
        group = cloud.node_group(self.cluster)
        id = ResourceId(f"{group.text}/providers/Microsoft.Network/publicIPAddresses/{_resource_name(service)}")
        if resources.stored(self.world, id):
            await resources.delete(self.world, None, id)
        found = self.objects.find("services", *_place(service))
        if found is None:
            return
        if "deletionTimestamp" in service["metadata"]:
            say(self.cluster, found, "Normal", "DeletedLoadBalancer", "Deleted load balancer", SOURCE)
        changed = copy.deepcopy(found)
        changed["metadata"]["finalizers"] = [one for one in changed["metadata"]["finalizers"] if one != FINALIZER]
        changed["status"] = {"loadBalancer": {}}
        self.objects.update("services", changed)


def ingress_addresses(service: Document) -> list[str]:
    """The addresses that a load balancer has been given."""
    ingress = ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
    return [one["ip"] for one in ingress if one.get("ip")]


def _place(service: Document) -> tuple[str, str]:
    return service["metadata"]["namespace"], service["metadata"]["name"]


def _resource_name(service: Document) -> str:
    """As the cloud provider names it: ``kubernetes-a`` and the Service's uid without dashes."""
    return f"kubernetes-a{service['metadata']['uid'].replace('-', '')[:31]}"


def _inner_address(service: Document) -> str:
    """An address of the default node network for an internal load balancer."""
    wanted = service["spec"].get("loadBalancerIP")
    first = int(ipaddress.ip_address("10.224.255.1"))
    return wanted or str(ipaddress.ip_address(first + int(service["metadata"]["uid"][:4], 16) % 250))
