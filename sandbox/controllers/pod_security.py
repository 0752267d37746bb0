"""Pod Security admission: the levels ``baseline`` and ``restricted``, enforced by a namespace's label."""

from collections.abc import Callable, Iterator

from sandbox.controllers.controller import Cluster
from sandbox.controllers.labels import labels_of
from sandbox.kube.errors import forbidden
from sandbox.store import Document

ENFORCE = "pod-security.kubernetes.io/enforce"
#: The capabilities that baseline lets a container add.
_BASELINE_CAPABILITIES = frozenset(
    (
        "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP",
        "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
    )
)  # fmt: skip
#: The volume types that restricted knows.
_RESTRICTED_VOLUMES = frozenset(
    ("configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret")
)


def enforce(cluster: Cluster, pod: Document) -> None:
    """Raise ApiError 403 if the pod breaks the level that its namespace enforces."""
    namespace = cluster.objects.find("namespaces", "", pod["metadata"]["namespace"])
    labels = labels_of(namespace) if namespace else {}
    level = labels.get(ENFORCE, "privileged")
    found = violations(pod["spec"], level)
    if found:
        version = labels.get(f"{ENFORCE}-version", "latest")
        name = pod["metadata"].get("name") or pod["metadata"].get("generateName", "")
        raise forbidden("pods", name, f'violates PodSecurity "{level}:{version}": {", ".join(found)}')


def violations(spec: Document, level: str) -> list[str]:
    """What a pod's specification has that the level forbids, each in the words of the real check."""
    if level not in ("baseline", "restricted"):
        return []
    found = list(_baseline(spec))
    return [*found, *_restricted(spec)] if level == "restricted" else found


def _containers(spec: Document) -> list[Document]:
    return [*spec.get("initContainers", []), *spec["containers"], *spec.get("ephemeralContainers", [])]


def _named(containers: list[Document]) -> str:
    """``container "a"`` or ``containers "a", "b"``."""
    names = ", ".join(f'"{one["name"]}"' for one in containers)
    return f"container{'s' if len(containers) > 1 else ''} {names}"


def _breaking(spec: Document, breaks: Callable[[Document], bool]) -> list[Document]:
    return [one for one in _containers(spec) if breaks(one.get("securityContext") or {})]


def _baseline(spec: Document) -> Iterator[str]:
    shared = [f"{name}=true" for name in ("hostNetwork", "hostPID", "hostIPC") if spec.get(name)]
    if shared:
        yield f"host namespaces ({', '.join(shared)})"
    if bad := _breaking(spec, lambda context: bool(context.get("privileged"))):
        yield f"privileged ({_named(bad)} must not set securityContext.privileged=true)"
    odd = _breaking(
        spec, lambda context: bool(set((context.get("capabilities") or {}).get("add") or ()) - _BASELINE_CAPABILITIES)
    )
    if odd:
        added = sorted(
            {one for c in odd for one in c["securityContext"]["capabilities"]["add"]} - _BASELINE_CAPABILITIES
        )
        listed = ", ".join(f'"{one}"' for one in added)
        yield f"non-default capabilities ({_named(odd)} must not include {listed} in securityContext.capabilities.add)"
    paths = [volume["name"] for volume in spec.get("volumes") or [] if "hostPath" in volume]
    if paths:
        listed = ", ".join(f'"{one}"' for one in paths)
        yield f"hostPath volumes (volume{'s' if len(paths) > 1 else ''} {listed})"
    ports = [one for one in _containers(spec) if any(port.get("hostPort") for port in one.get("ports") or [])]
    if ports:
        used = sorted({port["hostPort"] for one in ports for port in one["ports"] if port.get("hostPort")})
        listed = ", ".join(map(str, used))
        yield f"hostPort ({_named(ports)} uses hostPort{'s' if len(used) > 1 else ''} {listed})"


def _restricted(spec: Document) -> Iterator[str]:
    shared = spec.get("securityContext") or {}
    if bad := _breaking(spec, lambda context: context.get("allowPrivilegeEscalation") is not False):
        field = "securityContext.allowPrivilegeEscalation"
        yield f"allowPrivilegeEscalation != false ({_named(bad)} must set {field}=false)"
    if bad := _breaking(spec, lambda context: "ALL" not in ((context.get("capabilities") or {}).get("drop") or ())):
        yield f'unrestricted capabilities ({_named(bad)} must set securityContext.capabilities.drop=["ALL"])'
    for volume in spec.get("volumes") or []:
        kinds = [field for field in volume if field != "name" and field not in _RESTRICTED_VOLUMES]
        if kinds:
            yield f'restricted volume types (volume "{volume["name"]}" uses restricted volume type "{kinds[0]}")'
    inherits = shared.get("runAsNonRoot") is True
    if bad := _breaking(spec, lambda context: not context.get("runAsNonRoot", inherits)):
        yield f"runAsNonRoot != true ({_pod_or(bad)} must set securityContext.runAsNonRoot=true)"
    if shared.get("runAsUser") == 0:
        yield "runAsUser=0 (pod must not set runAsUser=0)"
    elif bad := _breaking(spec, lambda context: context.get("runAsUser") == 0):
        yield f"runAsUser=0 ({_named(bad)} must not set runAsUser=0)"
    confined = (shared.get("seccompProfile") or {}).get("type") in ("RuntimeDefault", "Localhost")
    if bad := _breaking(spec, lambda context: not _seccomp(context, confined)):
        yield (
            f"seccompProfile ({_pod_or(bad)} must set securityContext.seccompProfile.type to "
            '"RuntimeDefault" or "Localhost")'
        )


def _pod_or(containers: list[Document]) -> str:
    return f"pod or {_named(containers)}"


def _seccomp(context: Document, inherited: bool) -> bool:
    own = (context.get("seccompProfile") or {}).get("type")
    return inherited if own is None else own in ("RuntimeDefault", "Localhost")
