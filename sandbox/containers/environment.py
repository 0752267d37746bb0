"""A container's environment: what the image and the pod say, and what a process on this machine needs instead."""

import re
import sys
from collections.abc import Mapping
from pathlib import Path

from sandbox.acr.images import Image
from sandbox.containers import sources
from sandbox.containers.volumes import Mounts
from sandbox.controllers.controller import Cluster
from sandbox.home import Home
from sandbox.store import Document

_REFERENCE = re.compile(r"\$\$|\$\(([^()\s]+)\)")
_NO_PROXY = "localhost,127.0.0.1,::1"


def expanded(text: str, known: Mapping[str, str]) -> str:
    """``$(NAME)`` filled in where there is such a variable; ``$$`` is one dollar sign."""
    return _REFERENCE.sub(lambda m: "$" if m[0] == "$$" else known.get(m[1], m[0]), text)


def said(cluster: Cluster, pod: Document, container: Document, image: Image) -> dict[str, str]:
    """What image and pod say, the later over the earlier: ENV, ``envFrom``, ``env``."""
    namespace = pod["metadata"]["namespace"]
    variables = dict(image.env)
    for source in container.get("envFrom") or []:
        for field, resource in (("configMapRef", "configmaps"), ("secretRef", "secrets")):
            if named := source.get(field):
                held = _texts(cluster, resource, namespace, named["name"])
                variables |= {source.get("prefix", "") + name: value for name, value in held.items()}
    for variable in container.get("env") or []:
        value = _value(cluster, pod, variable, variables)
        if value is not None:
            variables[variable["name"]] = value
    return variables


def whole(
    cluster: Cluster, pod: Document, container: Document, image: Image, *, mounts: Mounts, port: int, proxy: str
) -> dict[str, str]:
    """All variables of the process: paths below a mount lead to the real files, PORT and HOST say where to listen,
    HTTP_PROXY leads to the cluster's services, and the sandbox's certificates are trusted."""
    home = Home(cluster.world.home)
    bundle = str(home.tls / "ca-bundle.pem")
    own = {name: mounts.real(value) for name, value in said(cluster, pod, container, image).items()}
    scratch = str(mounts.scratch)
    offered = {
        "PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": scratch, "TMPDIR": scratch,
        "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1",
        "SSL_CERT_FILE": bundle, "REQUESTS_CA_BUNDLE": bundle, "NO_PROXY": _NO_PROXY, "no_proxy": _NO_PROXY,
        **_service(cluster),
    }  # fmt: skip
    forced = {
        "HOSTNAME": pod["metadata"]["name"], "PORT": str(port), "HOST": "127.0.0.1",
        "HTTP_PROXY": proxy, "http_proxy": proxy,
    }  # fmt: skip
    variables = offered | own | forced
    # Console scripts of Python packages lie beside the interpreter that stands in for the image's.
    variables["PATH"] = f"{Path(sys.executable).parent}:{variables['PATH']}"
    return variables


def _value(cluster: Cluster, pod: Document, variable: Document, known: Mapping[str, str]) -> str | None:
    source, namespace = variable.get("valueFrom"), pod["metadata"]["namespace"]
    if not source:
        return expanded(variable.get("value") or "", known)
    if "fieldRef" in source:
        return sources.field(pod, source["fieldRef"]["fieldPath"])
    for kind, resource in (("configMapKeyRef", "configmaps"), ("secretKeyRef", "secrets")):
        if kind in source:
            return _texts(cluster, resource, namespace, source[kind]["name"]).get(source[kind]["key"])
    return None


def _texts(cluster: Cluster, resource: str, namespace: str, name: str) -> dict[str, str]:
    held = sources.values(cluster, resource, namespace, name)
    return {key: value.decode(errors="replace") for key, value in held.items()}


def _service(cluster: Cluster) -> dict[str, str]:
    """Where the cluster's own API is, as every container is told."""
    found = cluster.objects.find("services", "default", "kubernetes")
    if found is None:
        return {}
    address = found["spec"].get("clusterIP", "")
    return {"KUBERNETES_SERVICE_HOST": address, "KUBERNETES_SERVICE_PORT": str(found["spec"]["ports"][0]["port"])}
