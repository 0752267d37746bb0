"""The rules of pods and of what makes pods."""

import re
from collections.abc import Collection
from typing import Any

from sandbox.kube import selectors
from sandbox.kube.admission import names
from sandbox.kube.errors import Cause, duplicate, forbidden_field, invalid_value, required, unsupported
from sandbox.store import Document

#: Resources with a pod template.
TEMPLATED = ("apps/deployments", "apps/replicasets", "apps/statefulsets", "apps/daemonsets", "batch/jobs")

_POD_FIXED = (
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)
_SET_FIXED = (
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', "
    "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
)


def pod(document: Document, live: Document | None) -> list[Cause]:
    causes = pod_spec(document.get("spec") or {}, "spec")
    if live is not None and _fixed(document) != _fixed(live):
        causes.append(forbidden_field("spec", _POD_FIXED))
    return causes


def _fixed(document: Document) -> Document:
    """What of a running pod may not change."""
    free = ("activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds", "nodeName", "ephemeralContainers")
    spec = {name: value for name, value in document["spec"].items() if name not in free}
    for name in ("containers", "initContainers"):
        spec[name] = [{**one, "image": "", "resources": {}, "imagePullPolicy": ""} for one in spec.get(name) or []]
    return spec


def deployment(document: Document, live: Document | None) -> list[Cause]:
    causes = _selected(document, live) + _template(document, ["Always"])
    return causes + _replicas(document)


def stateful_set(document: Document, live: Document | None) -> list[Cause]:
    if live is not None:
        free = (
            "replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit",
            "persistentVolumeClaimRetentionPolicy", "minReadySeconds",
        )  # fmt: skip
        old = {name: value for name, value in live["spec"].items() if name not in free}
        new = {name: value for name, value in document["spec"].items() if name not in free}
        if old != new:
            return [forbidden_field("spec", _SET_FIXED)]
    return _selected(document, live) + _template(document, ["Always"]) + _replicas(document)


def job(document: Document, live: Document | None) -> list[Cause]:
    causes = _template(document, ["OnFailure", "Never"])
    if live is not None:
        for field in ("selector", "template", "completionMode", "completions"):
            if live["spec"].get(field) != document["spec"].get(field):
                causes.append(immutable(f"spec.{field}", document["spec"].get(field)))
    return causes


def cron_job(document: Document, live: Document | None) -> list[Cause]:
    spec, causes = document["spec"], list[Cause]()
    schedule = spec.get("schedule", "")
    if not schedule:
        causes.append(required("spec.schedule"))
    elif not schedule.startswith("@") and len(schedule.split()) != 5:
        said = f"expected exactly 5 fields, found {len(schedule.split())}: [{' '.join(schedule.split())}]"
        causes.append(invalid_value("spec.schedule", schedule, said))
    inner = (spec.get("jobTemplate") or {}).get("spec") or {}
    path = "spec.jobTemplate.spec.template.spec"
    causes += _restart(inner.get("template") or {}, ["OnFailure", "Never"], path)
    return causes + pod_spec((inner.get("template") or {}).get("spec") or {}, path)


def immutable(path: str, value: Any) -> Cause:
    return invalid_value(path, value, "field is immutable")


def _selected(document: Document, live: Document | None) -> list[Cause]:
    """The selector is there, is not empty, selects the template, and stays as it is."""
    spec, causes = document["spec"], list[Cause]()
    selector = spec.get("selector")
    labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels") or {}
    if selector is None:
        causes.append(required("spec.selector"))
    elif not selector.get("matchLabels") and not selector.get("matchExpressions"):
        causes.append(invalid_value("spec.selector", selector, "empty selector is invalid for deployment"))
    if selector is None or not selectors.matches(selector, labels):
        said = "`selector` does not match template `labels`"
        causes.append(invalid_value("spec.template.metadata.labels", labels, said))
    if live is not None and live["spec"].get("selector") != selector:
        causes.append(immutable("spec.selector", selector))
    return causes


def _replicas(document: Document) -> list[Cause]:
    wanted = document["spec"].get("replicas", 0)
    if wanted < 0:
        return [invalid_value("spec.replicas", wanted, "must be greater than or equal to 0")]
    return []


def _template(document: Document, policies: list[str]) -> list[Cause]:
    template = document["spec"].get("template") or {}
    claims = [one["metadata"].get("name", "") for one in document["spec"].get("volumeClaimTemplates") or []]
    return _restart(template, policies, "spec.template.spec") + pod_spec(
        template.get("spec") or {}, "spec.template.spec", claims
    )


def _restart(template: Document, policies: list[str], path: str) -> list[Cause]:
    policy = (template.get("spec") or {}).get("restartPolicy", "Always")
    if policy in policies:
        return []
    if policies != ["Always"] and policy == "Always":
        listed = ", ".join(f'"{one}"' for one in policies)
        return [required(f"{path}.restartPolicy", f"valid values: {listed}")]
    return [unsupported(f"{path}.restartPolicy", policy, policies)]


def pod_spec(spec: Document, path: str, claims: Collection[str] = ()) -> list[Cause]:
    """What is wrong with a pod's specification. ``claims`` are volumes that it gets from claim templates."""
    causes: list[Cause] = []
    if not spec.get("containers"):
        causes.append(required(f"{path}.containers"))
    volumes: set[str] = set()
    for index, volume in enumerate(spec.get("volumes") or []):
        place = f"{path}.volumes[{index}]"
        if not volume.get("name"):
            causes.append(required(f"{place}.name"))
        elif volume["name"] in volumes:
            causes.append(duplicate(f"{place}.name", volume["name"]))
        volumes.add(volume.get("name", ""))
        if len(volume) > 2:
            second = sorted(name for name in volume if name != "name")[1]
            said = "may not specify more than 1 volume type"
            causes.append(forbidden_field(f"{place}.{second}", said))
    taken: set[str] = set()
    for group in ("initContainers", "containers"):
        for index, container in enumerate(spec.get(group) or []):
            causes += _container(container, f"{path}.{group}[{index}]", taken, volumes.union(claims))
            taken.add(container.get("name", ""))
    policies = ["Always", "Never", "OnFailure"]
    if spec.get("restartPolicy", "Always") not in policies:
        causes.append(unsupported(f"{path}.restartPolicy", spec["restartPolicy"], policies))
    return causes


def _container(container: Document, path: str, taken: set[str], volumes: set[str]) -> list[Cause]:
    causes: list[Cause] = []
    name = container.get("name", "")
    if not name:
        causes.append(required(f"{path}.name"))
    elif not re.fullmatch(names.LABEL, name) or len(name) > 63:
        causes.append(invalid_value(f"{path}.name", name, names.LABEL_RULE))
    elif name in taken:
        causes.append(duplicate(f"{path}.name", name))
    if not container.get("image"):
        causes.append(required(f"{path}.image"))
    policies = ["Always", "IfNotPresent", "Never"]
    if container.get("imagePullPolicy", "Always") not in policies:
        causes.append(unsupported(f"{path}.imagePullPolicy", container["imagePullPolicy"], policies))
    for index, port in enumerate(container.get("ports") or []):
        number = port.get("containerPort", 0)
        if not 0 < number < 65536:
            said = "must be between 1 and 65535, inclusive"
            causes.append(invalid_value(f"{path}.ports[{index}].containerPort", number, said))
    for index, variable in enumerate(container.get("env") or []):
        if not variable.get("name"):
            causes.append(required(f"{path}.env[{index}].name"))
        if variable.get("value") and variable.get("valueFrom"):
            said = "may not be specified when `value` is not empty"
            causes.append(invalid_value(f"{path}.env[{index}].valueFrom", "", said))
    for index, mount in enumerate(container.get("volumeMounts") or []):
        place = f"{path}.volumeMounts[{index}]"
        if mount.get("name", "") not in volumes:
            said = f'Not found: "{mount.get("name", "")}"'
            causes.append(Cause("FieldValueNotFound", f"{place}.name", said))
        if not mount.get("mountPath"):
            causes.append(required(f"{place}.mountPath"))
    return causes
