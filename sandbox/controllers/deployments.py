"""Deployments: one ReplicaSet a version of the template, rolled over from the old ones to the new one."""

import copy
from collections.abc import Iterable

from sandbox.controllers import conditions, events, owners, pod_template, rollout
from sandbox.controllers.controller import Controller, Key
from sandbox.kube.objects import Event, timestamp
from sandbox.store import Document

SOURCE = "deployment-controller"
REVISION = "deployment.kubernetes.io/revision"
DESIRED = "deployment.kubernetes.io/desired-replicas"
MOST = "deployment.kubernetes.io/max-replicas"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
#: The least time in which a rollout may stand still before it has failed, however fast the sandbox is.
STANDSTILL_S = 60.0


class Deployments(Controller):
    primary = "apps/deployments"
    others = frozenset({"apps/replicasets"})

    def concerned(self, event: Event) -> Iterable[Key]:
        return owners.owner_keys(event.object, self.primary)

    async def reconcile(self, namespace: str, name: str) -> float | None:
        deployment = self.objects.find(self.primary, namespace, name)
        if deployment is None or "deletionTimestamp" in deployment["metadata"]:
            return None
        sets = owners.owned(self.objects, "apps/replicasets", deployment)
        new = self._new_set(deployment, sets)
        if new is None:
            new = self._create_set(deployment, sets)
        else:
            deployment, new = self._revised(deployment, new, sets)
        old = [one for one in sets if one["metadata"]["uid"] != new["metadata"]["uid"]]
        if not deployment["spec"].get("paused"):
            new = self._roll(deployment, new, old)
            self._clean_up(deployment, old)
        return self._tell(deployment, new)

    # --- versions

    def _new_set(self, deployment: Document, sets: list[Document]) -> Document | None:
        """The ReplicaSet of the template as it is now."""
        wanted = pod_template.without_hash(deployment["spec"]["template"])
        same = (one for one in sets if pod_template.without_hash(one["spec"]["template"]) == wanted)
        return next(same, None)

    def _revision(self, sets: list[Document]) -> int:
        return max((int((one["metadata"].get("annotations") or {}).get(REVISION, 0)) for one in sets), default=0)

    def _annotations(self, deployment: Document, revision: int) -> dict[str, str]:
        replicas = deployment["spec"].get("replicas", 1)
        surge, _ = rollout.bounds(deployment["spec"].get("strategy") or {}, replicas)
        kept = {n: v for n, v in (deployment["metadata"].get("annotations") or {}).items() if n != LAST_APPLIED}
        return kept | {REVISION: str(revision), DESIRED: str(replicas), MOST: str(replicas + surge)}

    def _create_set(self, deployment: Document, sets: list[Document]) -> Document:
        metadata, spec = deployment["metadata"], deployment["spec"]
        digest = pod_template.fingerprint(spec["template"])
        revision = self._revision(sets) + 1
        template = pod_template.labelled(spec["template"], pod_template_hash=digest)
        selector = copy.deepcopy(spec["selector"])
        selector["matchLabels"] = {**(selector.get("matchLabels") or {}), pod_template.TEMPLATE_HASH: digest}
        created = self.objects.create(
            "apps/replicasets",
            {
                "apiVersion": "apps/v1",
                "kind": "ReplicaSet",
                "metadata": {
                    "name": f"{metadata['name']}-{digest}",
                    "namespace": metadata["namespace"],
                    "labels": template["metadata"]["labels"],
                    "annotations": self._annotations(deployment, revision),
                    "ownerReferences": [owners.reference(deployment)],
                },
                "spec": {
                    "replicas": 0, "selector": selector, "template": template,
                    **({"minReadySeconds": spec["minReadySeconds"]} if spec.get("minReadySeconds") else {}),
                },
                "status": {"replicas": 0},
            },
        )  # fmt: skip
        self._note_revision(deployment, revision)
        return created

    def _revised(self, deployment: Document, new: Document, sets: list[Document]) -> tuple[Document, Document]:
        """A version that comes back (``rollout undo``) gets the next revision number."""
        own = int((new["metadata"].get("annotations") or {}).get(REVISION, 0))
        others = [one for one in sets if one["metadata"]["uid"] != new["metadata"]["uid"]]
        revision = max(own, self._revision(others) + 1)
        wanted = self._annotations(deployment, revision)

        def annotate(replica_set: Document) -> None:
            replica_set["metadata"]["annotations"] = wanted

        new = self.objects.edit("apps/replicasets", *_place(new), annotate)
        return self._note_revision(deployment, revision), new

    def _note_revision(self, deployment: Document, revision: int) -> Document:
        def annotate(document: Document) -> None:
            document["metadata"].setdefault("annotations", {})[REVISION] = str(revision)

        return self.objects.edit(self.primary, *_place(deployment), annotate)

    # --- rolling

    def _roll(self, deployment: Document, new: Document, old: list[Document]) -> Document:
        spec = deployment["spec"]
        replicas, strategy = spec.get("replicas", 1), spec.get("strategy") or {}
        live = [one for one in old if one["spec"].get("replicas", 0) or (one.get("status") or {}).get("replicas")]
        if strategy.get("type") == "Recreate":
            for one in live:
                self._scale(deployment, one, 0)
            gone = not any((one.get("status") or {}).get("replicas") for one in live)
            return self._scale(deployment, new, replicas) if gone else new
        surge, unavailable = rollout.bounds(strategy, replicas)
        versions = [_version(one) for one in live]
        new = self._scale(deployment, new, rollout.next_new(replicas, surge, _version(new), versions))
        lefts = rollout.next_old(replicas, unavailable, _version(new), versions)
        for one, left in zip(live, lefts, strict=True):
            self._scale(deployment, one, left)
        return new

    def _scale(self, deployment: Document, replica_set: Document, wanted: int) -> Document:
        had, name = replica_set["spec"].get("replicas", 0), replica_set["metadata"]["name"]
        if had == wanted:
            return replica_set

        def resize(document: Document) -> None:
            document["spec"]["replicas"] = wanted

        changed = self.objects.edit("apps/replicasets", *_place(replica_set), resize)
        direction = "up" if wanted > had else "down"
        message = f"Scaled {direction} replica set {name} from {had} to {wanted}"
        events.record(self.cluster, deployment, "Normal", "ScalingReplicaSet", message, SOURCE)
        return changed

    def _clean_up(self, deployment: Document, old: list[Document]) -> None:
        """Forget the oldest versions beyond ``revisionHistoryLimit``."""
        limit = deployment["spec"].get("revisionHistoryLimit", 10)
        idle = [one for one in old if not one["spec"].get("replicas") and not (one.get("status") or {}).get("replicas")]
        idle.sort(key=lambda one: int((one["metadata"].get("annotations") or {}).get(REVISION, 0)))
        for one in idle[: max(0, len(idle) - limit)]:
            self.objects.delete("apps/replicasets", *_place(one))

    # --- telling

    def _tell(self, deployment: Document, new: Document) -> float | None:
        """Write the status. Returns the seconds until the rollout counts as stuck, if it is under way."""
        sets = owners.owned(self.objects, "apps/replicasets", deployment)
        replicas = deployment["spec"].get("replicas", 1)
        counts = {
            "replicas": _sum(sets, "replicas"),
            "updatedReplicas": _sum([new], "replicas"),
            "readyReplicas": _sum(sets, "readyReplicas"),
            "availableReplicas": _sum(sets, "availableReplicas"),
        }
        status = copy.deepcopy(deployment.get("status") or {})
        before = {field: status.get(field, 0) for field in counts}
        counts["unavailableReplicas"] = max(0, max(replicas, counts["replicas"]) - counts["availableReplicas"])
        for field, count in counts.items():
            status.pop(field, None)
            if count:
                status[field] = count
        status["observedGeneration"] = deployment["metadata"]["generation"]
        _, unavailable = rollout.bounds(deployment["spec"].get("strategy") or {}, replicas)
        if counts["availableReplicas"] >= replicas - unavailable:
            reason, said = "MinimumReplicasAvailable", "Deployment has minimum availability."
        else:
            reason, said = "MinimumReplicasUnavailable", "Deployment does not have minimum availability."
        conditions.put(
            status, "Available", reason == "MinimumReplicasAvailable", reason, said, lastUpdateTime=timestamp()
        )
        complete = counts["updatedReplicas"] == counts["replicas"] == counts["availableReplicas"] == replicas
        moved = before != {field: counts[field] for field in before}
        left = self._progress(deployment, new, status, complete, moved)
        failure = conditions.find(new.get("status"), "ReplicaFailure")
        if failure:
            conditions.put(status, "ReplicaFailure", True, failure["reason"], failure["message"])
        else:
            conditions.drop(status, "ReplicaFailure")
        self.tell(deployment, status)
        return left

    def _progress(
        self, deployment: Document, new: Document, status: Document, complete: bool, moved: bool
    ) -> float | None:
        name, deadline = new["metadata"]["name"], deployment["spec"].get("progressDeadlineSeconds", 600)
        clock = (deployment["metadata"]["uid"], "standstill")
        if complete:
            self.forget(clock)
            said = f'ReplicaSet "{name}" has successfully progressed.'
            conditions.put(status, "Progressing", True, "NewReplicaSetAvailable", said, lastUpdateTime=timestamp())
            return None
        existing = conditions.find(status, "Progressing") or {}
        if moved or not self.begun(clock):
            self.forget(clock)
        left = self.remaining_s(clock, deadline, min(deadline, STANDSTILL_S))
        if left:
            fresh = not (new.get("status") or {}).get("replicas")
            said = f'Created new replica set "{name}"' if fresh else f'ReplicaSet "{name}" is progressing.'
            reason = "NewReplicaSetCreated" if fresh else "ReplicaSetUpdated"
            conditions.put(status, "Progressing", True, reason, said, lastUpdateTime=timestamp())
            return left
        if existing.get("reason") != "ProgressDeadlineExceeded":
            said = f'ReplicaSet "{name}" has timed out progressing.'
            conditions.put(status, "Progressing", False, "ProgressDeadlineExceeded", said, lastUpdateTime=timestamp())
        return None


def _place(document: Document) -> tuple[str, str]:
    return document["metadata"]["namespace"], document["metadata"]["name"]


def _version(replica_set: Document) -> rollout.Version:
    available = (replica_set.get("status") or {}).get("availableReplicas", 0)
    return rollout.Version(replica_set["spec"].get("replicas", 0), available)


def _sum(sets: list[Document], field: str) -> int:
    return sum((one.get("status") or {}).get(field, 0) for one in sets)
