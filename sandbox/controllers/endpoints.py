"""Endpoints and EndpointSlices: the addresses of the pods that a Service selects, those that are ready apart."""

from collections.abc import Iterable
from typing import Any

from sandbox.controllers import conditions, owners
from sandbox.controllers.controller import Controller, Key, key_of
from sandbox.controllers.labels import equal, labels_of
from sandbox.kube.objects import Event, suffix
from sandbox.store import Document

SLICES = "discovery.k8s.io/endpointslices"


class _OfService(Controller):
    primary = "services"
    others = frozenset({"pods"})

    def concerned(self, event: Event) -> Iterable[Key]:
        labels = [labels_of(event.object)]
        if event.previous:
            labels.append(labels_of(event.previous))
        for service in self.objects.list("services", event.object["metadata"]["namespace"]):
            selector = service["spec"].get("selector")
            if selector and any(equal(selector, one) for one in labels):
                yield key_of(service)

    async def reconcile(self, namespace: str, name: str) -> float | None:
        service = self.objects.find("services", namespace, name)
        if service is None:
            self._gone(namespace, name)
        elif service["spec"].get("selector"):
            self._bring(service, _backends(self, service))
        return None

    def _gone(self, namespace: str, name: str) -> None:
        """What goes with a Service that has no owner reference to it."""

    def _bring(self, service: Document, pods: list[Document]) -> None:
        raise NotImplementedError


def _backends(controller: Controller, service: Document) -> list[Document]:
    """The pods behind a Service: selected, with an address, and neither over nor going."""
    pods = controller.objects.list("pods", service["metadata"]["namespace"])
    return [
        pod
        for pod in pods
        if equal(service["spec"]["selector"], labels_of(pod))
        and (pod.get("status") or {}).get("podIP")
        and pod["status"].get("phase") not in ("Succeeded", "Failed")
        and "deletionTimestamp" not in pod["metadata"]
    ]


def _ports(service: Document, pod: Document) -> list[Document]:
    """The Service's ports as this pod has them: names of container ports looked up."""
    found = []
    for port in service["spec"].get("ports") or []:
        target = port.get("targetPort", port["port"])
        if isinstance(target, str):
            named = (p for c in pod["spec"]["containers"] for p in c.get("ports") or [] if p.get("name") == target)
            target = next((p["containerPort"] for p in named), None)
        if target is not None:
            one: dict[str, Any] = {"name": port["name"]} if port.get("name") else {}
            one |= {"port": target, "protocol": port.get("protocol", "TCP")}
            if port.get("appProtocol"):
                one["appProtocol"] = port["appProtocol"]
            found.append(one)
    return found


def _target(pod: Document) -> Document:
    metadata = pod["metadata"]
    return {"kind": "Pod", "name": metadata["name"], "namespace": metadata["namespace"], "uid": metadata["uid"]}


class EndpointLists(_OfService):
    """The old form, one object a Service: what ``kubectl describe service`` shows and webhooks are found by."""

    def _bring(self, service: Document, pods: list[Document]) -> None:
        subsets: dict[str, Document] = {}
        for pod in pods:
            ports = _ports(service, pod)
            subset = subsets.setdefault(str(ports), {"ports": ports})
            address = {"ip": pod["status"]["podIP"], "targetRef": _target(pod)}
            if pod["spec"].get("nodeName"):
                address["nodeName"] = pod["spec"]["nodeName"]
            field = "addresses" if conditions.is_true(pod, "Ready") else "notReadyAddresses"
            subset.setdefault(field, []).append(address)
        metadata = service["metadata"]
        place = metadata["namespace"], metadata["name"]
        wanted: Document = {
            "apiVersion": "v1",
            "kind": "Endpoints",
            "metadata": {"name": place[1], "namespace": place[0], "labels": dict(labels_of(service))},
        }
        if subsets:
            wanted["subsets"] = list(subsets.values())
        if self.objects.find("endpoints", *place) is None:
            self.objects.create("endpoints", wanted)
        else:
            existing = self.objects.find("endpoints", *place) or {}
            changed = {**existing, "metadata": {**existing["metadata"], "labels": wanted["metadata"]["labels"]}}
            changed.pop("subsets", None)
            self.objects.update("endpoints", changed | {k: v for k, v in wanted.items() if k == "subsets"})

    def _gone(self, namespace: str, name: str) -> None:
        if self.objects.find("endpoints", namespace, name):
            self.objects.delete("endpoints", namespace, name)


class EndpointSlices(_OfService):
    """The new form. One slice holds all endpoints of a Service here: a sandbox has no thousand pods."""

    def _bring(self, service: Document, pods: list[Document]) -> None:
        metadata = service["metadata"]
        # kubectl describe takes a slice's port without a name for none at all, and fails.
        ports = [{"name": "", **port} for port in _ports(service, pods[0])] if pods else []
        endpoints = [_endpoint(pod) for pod in pods]
        existing = next(iter(owners.owned(self.objects, SLICES, service)), None)
        if existing is None:
            labels = {
                **labels_of(service), "kubernetes.io/service-name": metadata["name"],
                "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
            }  # fmt: skip
            name = f"{metadata['name']}-{suffix()}"
            made = {"name": name, "generateName": f"{metadata['name']}-", "namespace": metadata["namespace"]}
            made |= {"labels": labels, "ownerReferences": [owners.reference(service)]}
            existing = self.objects.create(
                SLICES,
                {
                    "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": made,
                    "addressType": "IPv4", "endpoints": endpoints, "ports": ports,
                },
            )  # fmt: skip
        self.objects.update(SLICES, {**existing, "endpoints": endpoints, "ports": ports})


def _endpoint(pod: Document) -> Document:
    ready = conditions.is_true(pod, "Ready")
    return {
        "addresses": [pod["status"]["podIP"]],
        "conditions": {"ready": ready, "serving": ready, "terminating": False},
        "nodeName": pod["spec"].get("nodeName"),
        "targetRef": _target(pod),
    }
