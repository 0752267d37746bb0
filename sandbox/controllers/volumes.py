"""Persistent volume claims: bound to a disk that is made for them once a pod wants it."""

from collections.abc import Iterable

from sandbox.controllers import events
from sandbox.controllers.controller import Controller, Key
from sandbox.kube.objects import Event
from sandbox.store import Document

SOURCE = "persistentvolume-controller"
CLAIMS, CLASSES = "persistentvolumeclaims", "storage.k8s.io/storageclasses"
#: Azure's seconds to make a disk.
DISK_S = 5.0


class VolumeClaims(Controller):
    primary = CLAIMS
    others = frozenset({"pods"})

    def concerned(self, event: Event) -> Iterable[Key]:
        return [(event.object["metadata"]["namespace"], name) for name in _claimed(event.object)]

    async def reconcile(self, namespace: str, name: str) -> float | None:
        claim = self.objects.find(CLAIMS, namespace, name)
        if (
            claim is None
            or (claim.get("status") or {}).get("phase") == "Bound"
            or "deletionTimestamp" in claim["metadata"]
        ):
            return None
        class_name = claim["spec"].get("storageClassName")
        storage = self.objects.find(CLASSES, "", class_name) if class_name else None
        if storage is None:
            said = "no persistent volumes available for this claim and no storage class is set"
            if class_name:
                said = f'storageclass.storage.k8s.io "{class_name}" not found'
            events.record(self.cluster, claim, "Warning", "ProvisioningFailed", said, SOURCE)
            return max(2.0, self.world.pace.scaled(15))
        wanted = any(name in _claimed(pod) for pod in self.objects.list("pods", namespace))
        if storage.get("volumeBindingMode") == "WaitForFirstConsumer" and not wanted:
            said = "waiting for first consumer to be created before binding"
            events.record(self.cluster, claim, "Normal", "WaitForFirstConsumer", said, SOURCE)
            return None
        left = self.remaining_s((claim["metadata"]["uid"], "disk"), DISK_S)
        if not left:
            self._bind(claim, storage)
        return left or None

    def _bind(self, claim: Document, storage: Document) -> None:
        metadata, spec, driver = claim["metadata"], claim["spec"], storage["provisioner"]
        volume, capacity = f"pvc-{metadata['uid']}", {"storage": spec["resources"]["requests"]["storage"]}
        reference = {
            "apiVersion": "v1", "kind": "PersistentVolumeClaim", "name": metadata["name"],
            "namespace": metadata["namespace"], "uid": metadata["uid"],
        }  # fmt: skip
        if self.objects.find("persistentvolumes", "", volume) is None:
            self.objects.create(
                "persistentvolumes",
                {
                    "apiVersion": "v1",
                    "kind": "PersistentVolume",
                    "metadata": {"name": volume, "annotations": {"pv.kubernetes.io/provisioned-by": driver}},
                    "spec": {
                        "accessModes": spec["accessModes"], "capacity": capacity, "claimRef": reference,
                        "csi": {"driver": driver, "volumeHandle": volume},
                        "persistentVolumeReclaimPolicy": storage.get("reclaimPolicy", "Delete"),
                        "storageClassName": storage["metadata"]["name"],
                        "volumeMode": spec.get("volumeMode", "Filesystem"),
                    },
                    "status": {"phase": "Bound"},
                },
            )  # fmt: skip

        def bind(document: Document) -> None:
            document["spec"]["volumeName"] = volume
            document["status"] = {"phase": "Bound", "accessModes": spec["accessModes"], "capacity": capacity}

        bound = self.objects.edit(CLAIMS, metadata["namespace"], metadata["name"], bind)
        said = f"Successfully provisioned volume {volume}"
        events.record(self.cluster, bound, "Normal", "ProvisioningSucceeded", said, driver)


def _claimed(pod: Document) -> list[str]:
    volumes = pod["spec"].get("volumes") or []
    return [one["persistentVolumeClaim"]["claimName"] for one in volumes if one.get("persistentVolumeClaim")]
