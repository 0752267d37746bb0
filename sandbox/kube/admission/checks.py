"""The rules of services, config maps, secrets, ingresses, claims, bindings and custom resource definitions."""

import re

from sandbox.kube.admission import names
from sandbox.kube.errors import Cause, duplicate, forbidden_field, invalid_value, required, unsupported
from sandbox.store import Document

PORT_RANGE = "must be between 1 and 65535, inclusive"


def service(document: Document, live: Document | None) -> list[Cause]:
    spec, causes = document["spec"], list[Cause]()
    types = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]
    if spec["type"] not in types:
        causes.append(unsupported("spec.type", spec["type"], types))
    ports = spec.get("ports") or []
    if not ports and spec["type"] != "ExternalName" and spec.get("clusterIP") != "None":
        causes.append(required("spec.ports"))
    if spec["type"] == "ExternalName" and not spec.get("externalName"):
        causes.append(required("spec.externalName"))
    taken: set[str] = set()
    for index, port in enumerate(ports):
        path = f"spec.ports[{index}]"
        if len(ports) > 1 and not port.get("name"):
            causes.append(required(f"{path}.name"))
        if port.get("name") and port["name"] in taken:
            causes.append(duplicate(f"{path}.name", port["name"]))
        taken.add(port.get("name", ""))
        if not 0 < port.get("port", 0) < 65536:
            causes.append(invalid_value(f"{path}.port", port.get("port", 0), PORT_RANGE))
        if port["protocol"] not in ("TCP", "UDP", "SCTP"):
            causes.append(unsupported(f"{path}.protocol", port["protocol"], ["SCTP", "TCP", "UDP"]))
        if "nodePort" in port and not 30000 <= port["nodePort"] <= 32767:
            said = "provided port is not in the valid range. The range of valid ports is 30000-32767"
            causes.append(invalid_value(f"{path}.nodePort", port["nodePort"], said))
    old = (live or {}).get("spec", {}).get("clusterIP")
    if old and spec["type"] != "ExternalName" and spec.get("clusterIP") != old:
        said = "may not change once set"
        causes.append(invalid_value("spec.clusterIPs[0]", spec["clusterIPs"], said))
    return causes


def _keys(document: Document, live: Document | None, fields: tuple[str, ...]) -> list[Cause]:
    causes = []
    for field in fields:
        for key in document.get(field) or {}:
            if not re.fullmatch(r"[-._a-zA-Z0-9]+", key) or key in (".", ".."):
                said = (
                    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or "
                    "'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
                )
                causes.append(invalid_value(f"{field}[{key}]", key, said))
    if live is not None and live.get("immutable"):
        if not document.get("immutable"):
            causes.append(forbidden_field("immutable", "field is immutable when `immutable` is set"))
        for field in fields:
            if document.get(field) != live.get(field):
                causes.append(forbidden_field(field, "field is immutable when `immutable` is set"))
    return causes


def config_map(document: Document, live: Document | None) -> list[Cause]:
    causes = _keys(document, live, ("data", "binaryData"))
    for key in (document.get("data") or {}).keys() & (document.get("binaryData") or {}).keys():
        causes.append(invalid_value("data", key, "duplicate of key present in binaryData"))
    return causes


#: Keys that a secret of a type must have.
_SECRET_KEYS = {
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
}


def secret(document: Document, live: Document | None) -> list[Cause]:
    causes = _keys(document, live, ("data",))
    for key in _SECRET_KEYS.get(document["type"], ()):
        if key not in (document.get("data") or {}):
            causes.append(required(f"data[{key}]"))
    if live is not None and live["type"] != document["type"]:
        causes.append(invalid_value("type", document["type"], "field is immutable"))
    return causes


def ingress(document: Document, live: Document | None) -> list[Cause]:
    spec, causes = document.get("spec") or {}, list[Cause]()
    if not spec.get("rules") and not spec.get("defaultBackend"):
        causes.append(invalid_value("spec", None, "either `defaultBackend` or `rules` must be specified"))
    if "defaultBackend" in spec:
        causes += _backend(spec["defaultBackend"], "spec.defaultBackend")
    for number, rule in enumerate(spec.get("rules") or []):
        host = rule.get("host", "")
        if host and not re.fullmatch(names.SUBDOMAIN, host.removeprefix("*.")):
            causes.append(invalid_value(f"spec.rules[{number}].host", host, names.SUBDOMAIN_RULE))
        for index, path in enumerate((rule.get("http") or {}).get("paths") or []):
            place = f"spec.rules[{number}].http.paths[{index}]"
            types = ["Exact", "ImplementationSpecific", "Prefix"]
            if not path.get("pathType"):
                causes.append(required(f"{place}.pathType", "pathType must be specified"))
            elif path["pathType"] not in types:
                causes.append(unsupported(f"{place}.pathType", path["pathType"], types))
            elif path["pathType"] != "ImplementationSpecific" and not path.get("path", "").startswith("/"):
                causes.append(invalid_value(f"{place}.path", path.get("path", ""), "must be an absolute path"))
            causes += _backend(path.get("backend") or {}, f"{place}.backend")
    return causes


def _backend(backend: Document, path: str) -> list[Cause]:
    if "resource" in backend:
        return []
    found = backend.get("service")
    if found is None:
        return [required(path, "port name or number is required")]
    causes = [] if found.get("name") else [required(f"{path}.service.name")]
    port = found.get("port") or {}
    if not port.get("name") and not port.get("number"):
        causes.append(required(path, "port name or number is required"))
    return causes


def claim(document: Document, live: Document | None) -> list[Cause]:
    spec, causes = document["spec"], list[Cause]()
    if not spec.get("accessModes"):
        causes.append(required("spec.accessModes", "at least 1 access mode is required"))
    if "storage" not in ((spec.get("resources") or {}).get("requests") or {}):
        causes.append(required("spec.resources[storage]"))
    if live is not None:

        def fixed(one: Document) -> Document:
            return {name: value for name, value in one["spec"].items() if name not in ("resources", "volumeName")}

        if fixed(live) != fixed(document):
            free = "resources.requests and volumeAttributesClassName"
            said = f"spec is immutable after creation except {free} for bound claims"
            causes.append(forbidden_field("spec", said))
    return causes


def scaler(document: Document, live: Document | None) -> list[Cause]:
    spec, causes = document["spec"], list[Cause]()
    most = spec.get("maxReplicas", 0)
    if most < 1:
        causes.append(invalid_value("spec.maxReplicas", most, "must be greater than 0"))
    if most < spec["minReplicas"]:
        said = "must be greater than or equal to `minReplicas`"
        causes.append(invalid_value("spec.maxReplicas", most, said))
    if not (spec.get("scaleTargetRef") or {}).get("name"):
        causes.append(required("spec.scaleTargetRef.name"))
    return causes


def binding(document: Document, live: Document | None) -> list[Cause]:
    causes, role = list[Cause](), document["roleRef"]
    if role.get("kind") not in ("Role", "ClusterRole"):
        causes.append(unsupported("roleRef.kind", role.get("kind", ""), ["ClusterRole", "Role"]))
    if not role.get("name"):
        causes.append(required("roleRef.name"))
    for index, subject in enumerate(document.get("subjects") or []):
        if subject.get("kind") not in ("User", "Group", "ServiceAccount"):
            kinds = ["Group", "ServiceAccount", "User"]
            causes.append(unsupported(f"subjects[{index}].kind", subject.get("kind", ""), kinds))
        homeless = subject.get("kind") == "ServiceAccount" and not subject.get("namespace")
        if homeless and document["kind"] == "ClusterRoleBinding":
            causes.append(required(f"subjects[{index}].namespace"))
    if live is not None and live["roleRef"] != role:
        causes.append(invalid_value("roleRef", role, "cannot change roleRef"))
    return causes


def definition(document: Document, live: Document | None) -> list[Cause]:
    spec, causes = document.get("spec") or {}, list[Cause]()
    named = spec.get("names") or {}
    for field in ("plural", "kind"):
        if not named.get(field):
            causes.append(required(f"spec.names.{field}"))
    if document["metadata"].get("name") != f"{named.get('plural')}.{spec.get('group')}":
        said = 'must be spec.names.plural+"."+spec.group'
        causes.append(invalid_value("metadata.name", document["metadata"].get("name"), said))
    if spec.get("scope") not in ("Cluster", "Namespaced"):
        causes.append(unsupported("spec.scope", spec.get("scope", ""), ["Cluster", "Namespaced"]))
    versions = spec.get("versions") or []
    if sum(bool(version.get("storage")) for version in versions) != 1:
        said = "must have exactly one version marked as storage version"
        causes.append(invalid_value("spec.versions", versions, said))
    for index, version in enumerate(versions):
        if not (version.get("schema") or {}).get("openAPIV3Schema"):
            causes.append(required(f"spec.versions[{index}].schema.openAPIV3Schema", "schemas are required"))
    for field in ("group", "scope"):
        if live is not None and live["spec"].get(field) != spec.get(field):
            causes.append(invalid_value(f"spec.{field}", spec.get(field), "field is immutable"))
    return causes
