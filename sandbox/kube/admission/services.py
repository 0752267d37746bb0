"""Services: their defaults, cluster addresses and node ports."""

from collections.abc import Iterable

from sandbox.kube.objects import Objects
from sandbox.store import Document

#: AKS' default service network, 10.0.0.0/16: .1 is the API server's, .10 the cluster DNS'.
_NETWORK, _FIRST, _LAST = "10.0", 256, 65534
_NODE_PORTS = range(30000, 32768)


def allocate(objects: Objects, document: Document, live: Document | None) -> None:
    """Fill a service's defaults in (in place) and give it what it lacks; what ``live`` has been given stays."""
    spec = document.setdefault("spec", {})
    old = (live or {}).get("spec", {})
    type = spec.setdefault("type", "ClusterIP")
    spec.setdefault("sessionAffinity", "None")
    if spec["sessionAffinity"] == "ClientIP":
        spec.setdefault("sessionAffinityConfig", {"clientIP": {"timeoutSeconds": 10800}})
    for port in spec.get("ports", []):
        port.setdefault("protocol", "TCP")
        port.setdefault("targetPort", port.get("port"))
    document.setdefault("status", {}).setdefault("loadBalancer", {})
    if type == "ExternalName":
        for name in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"):
            spec.pop(name, None)
        return
    spec.setdefault("internalTrafficPolicy", "Cluster")
    spec.setdefault("ipFamilies", ["IPv4"])
    spec.setdefault("ipFamilyPolicy", "SingleStack")
    address = spec.get("clusterIP") or (spec.get("clusterIPs") or [""])[0] or old.get("clusterIP")
    spec["clusterIP"] = address or _address(objects)
    spec["clusterIPs"] = [spec["clusterIP"]]
    if type in ("NodePort", "LoadBalancer"):
        spec.setdefault("externalTrafficPolicy", "Cluster")
        _node_ports(objects, spec, old)
        if type == "LoadBalancer":
            spec.setdefault("allocateLoadBalancerNodePorts", True)
            if spec["externalTrafficPolicy"] == "Local":
                taken = _taken(objects)
                spec.setdefault("healthCheckNodePort", old.get("healthCheckNodePort") or _free(taken))


def _address(objects: Objects) -> str:
    taken = {service["spec"].get("clusterIP") for service in objects.list("services")}
    for number in range(_FIRST, _LAST):
        address = f"{_NETWORK}.{number // 256}.{number % 256}"
        if address not in taken:
            return address
    raise AssertionError("the service network is full")


def _taken(objects: Objects) -> set[int]:
    return {
        port["nodePort"]
        for service in objects.list("services")
        for port in service["spec"].get("ports", [])
        if "nodePort" in port
    }


def _free(taken: Iterable[int]) -> int:
    return next(port for port in _NODE_PORTS if port not in taken)


def _node_ports(objects: Objects, spec: Document, old: Document) -> None:
    taken = _taken(objects)
    before = {(port.get("protocol"), port["port"]): port.get("nodePort") for port in old.get("ports", [])}
    for port in spec.get("ports", []):
        if "port" in port and not port.get("nodePort"):
            port["nodePort"] = before.get((port["protocol"], port["port"])) or _free(taken)
        if "nodePort" in port:
            taken.add(port["nodePort"])
