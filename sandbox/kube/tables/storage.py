"""The columns of claims, volumes, storage classes, config maps and secrets."""

from sandbox.kube.tables.column import Column, number, or_none, spec, status, wide
from sandbox.store import Document

_MODES = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}
_DEFAULT = "storageclass.kubernetes.io/is-default-class"


def _modes(listed: list[str] | None) -> str:
    return ",".join(_MODES.get(one, one) for one in listed or [])


def _claim_phase(claim: Document) -> str:
    return "Terminating" if "deletionTimestamp" in claim["metadata"] else status(claim).get("phase", "")


def _claimed(claim: Document, value: str) -> str:
    return value if spec(claim).get("volumeName") else ""


def _claim_ref(volume: Document) -> str:
    claim = spec(volume).get("claimRef") or {}
    return f"{claim.get('namespace')}/{claim.get('name')}" if claim else ""


COLUMNS = {
    "persistentvolumeclaims": (
        Column("Status", _claim_phase),
        Column("Volume", lambda one: spec(one).get("volumeName", "")),
        Column("Capacity", lambda one: _claimed(one, (status(one).get("capacity") or {}).get("storage", ""))),
        Column("Access Modes", lambda one: _claimed(one, _modes(status(one).get("accessModes")))),
        Column("StorageClass", lambda one: spec(one).get("storageClassName", "")),
        Column("VolumeAttributesClass", lambda one: spec(one).get("volumeAttributesClassName") or "<unset>"),
        wide("VolumeMode", lambda one: spec(one).get("volumeMode", "<unset>")),
    ),
    "persistentvolumes": (
        Column("Capacity", lambda one: (spec(one).get("capacity") or {}).get("storage", "")),
        Column("Access Modes", lambda one: _modes(spec(one).get("accessModes"))),
        Column("Reclaim Policy", lambda one: spec(one).get("persistentVolumeReclaimPolicy", "")),
        Column("Status", _claim_phase),
        Column("Claim", _claim_ref),
        Column("StorageClass", lambda one: spec(one).get("storageClassName", "")),
        Column("VolumeAttributesClass", lambda one: spec(one).get("volumeAttributesClassName") or "<unset>"),
        Column("Reason", lambda one: status(one).get("reason", "")),
        wide("VolumeMode", lambda one: spec(one).get("volumeMode", "<unset>")),
    ),
    "storage.k8s.io/storageclasses": (
        Column(
            "Name",
            lambda one: (
                one["metadata"]["name"]
                + (" (default)" if (one["metadata"].get("annotations") or {}).get(_DEFAULT) == "true" else "")
            ),
            format="name",
        ),
        Column("Provisioner", lambda one: one.get("provisioner")),
        Column("ReclaimPolicy", lambda one: one.get("reclaimPolicy", "Delete")),
        Column("VolumeBindingMode", lambda one: one.get("volumeBindingMode", "Immediate")),
        Column("AllowVolumeExpansion", lambda one: bool(one.get("allowVolumeExpansion")), "boolean"),
    ),
    "configmaps": (number("Data", lambda one: len(one.get("data") or {}) + len(one.get("binaryData") or {})),),
    "secrets": (
        Column("Type", lambda one: or_none(one.get("type"))),
        number("Data", lambda one: len(one.get("data") or {})),
    ),
}
