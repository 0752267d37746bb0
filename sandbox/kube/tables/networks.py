"""The columns of services, endpoints, ingresses and network policies."""

from sandbox.kube import selectors
from sandbox.kube.tables.column import Column, labels, or_none, spec, status, wide
from sandbox.store import Document


def _addresses(one: Document) -> str:
    found = (status(one).get("loadBalancer") or {}).get("ingress") or []
    return ",".join(address.get("ip") or address.get("hostname", "") for address in found)


def _external(service: Document) -> str:
    own = spec(service).get("externalIPs") or []
    type = spec(service).get("type")
    if type == "LoadBalancer":
        return ",".join(filter(None, [_addresses(service), *own])) or "<pending>"
    return (spec(service).get("externalName") or "<none>") if type == "ExternalName" else or_none(",".join(own))


def _ports(service: Document) -> str:
    said = []
    for port in spec(service).get("ports") or []:
        node = f":{port['nodePort']}" if port.get("nodePort") else ""
        said.append(f"{port['port']}{node}/{port.get('protocol', 'TCP')}")
    return or_none(",".join(said))


def _endpoints(one: Document) -> str:
    found = []
    for subset in one.get("subsets") or []:
        for port in subset.get("ports") or [{}]:
            suffix = f":{port['port']}" if "port" in port else ""
            found += [f"{address['ip']}{suffix}" for address in subset.get("addresses") or []]
    more = f" + {len(found) - 3} more..." if len(found) > 3 else ""
    return or_none(",".join(found[:3]) + more)


def _slice_ports(one: Document) -> str:
    return ",".join(str(port.get("port", "*")) for port in one.get("ports") or []) or "<unset>"


def _slice_addresses(one: Document) -> str:
    found = [address for endpoint in one.get("endpoints") or [] for address in endpoint.get("addresses") or []]
    more = f" + {len(found) - 3} more..." if len(found) > 3 else ""
    return ",".join(found[:3]) + more if found else "<unset>"


def _class(ingress: Document) -> str:
    old = (ingress["metadata"].get("annotations") or {}).get("kubernetes.io/ingress.class")
    return or_none(spec(ingress).get("ingressClassName") or old)


def _hosts(ingress: Document) -> str:
    found = [rule["host"] for rule in spec(ingress).get("rules") or [] if rule.get("host")]
    more = f" + {len(found) - 3} more..." if len(found) > 3 else ""
    return ",".join(found[:3]) + more if found else "*"


COLUMNS = {
    "services": (
        Column("Type", lambda one: spec(one).get("type")),
        Column("Cluster-IP", lambda one: or_none(spec(one).get("clusterIP"))),
        Column("External-IP", _external),
        Column("Port(s)", _ports),
        wide("Selector", lambda one: labels(spec(one).get("selector"))),
    ),
    "endpoints": (Column("Endpoints", _endpoints),),
    "discovery.k8s.io/endpointslices": (
        Column("AddressType", lambda one: one.get("addressType")),
        Column("Ports", _slice_ports),
        Column("Endpoints", _slice_addresses),
    ),
    "networking.k8s.io/ingresses": (
        Column("Class", _class),
        Column("Hosts", _hosts),
        Column("Address", _addresses),
        Column("Ports", lambda one: "80, 443" if spec(one).get("tls") else "80"),
    ),
    "networking.k8s.io/ingressclasses": (
        Column("Controller", lambda one: spec(one).get("controller")),
        Column(
            "Parameters",
            lambda one: "{kind}/{name}".format(**spec(one)["parameters"]) if spec(one).get("parameters") else "<none>",
        ),
    ),
    "networking.k8s.io/networkpolicies": (
        Column("Pod-Selector", lambda one: or_none(selectors.as_text(spec(one).get("podSelector")))),
    ),
}
