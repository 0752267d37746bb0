"""Jobs: pods until enough have succeeded, or too many failed; and their end."""

import copy
from collections.abc import Iterable
from datetime import UTC, datetime

from sandbox.controllers import conditions, events, owners, pod_template
from sandbox.controllers.controller import Controller, Key
from sandbox.controllers.replicasets import active, ready
from sandbox.kube.errors import ApiError
from sandbox.kube.objects import Event, timestamp
from sandbox.store import Document

SOURCE = "job-controller"
#: The least seconds that a finished job stays, so that who waits for it sees its end.
LEAST_STAY_S = 3.0


class Jobs(Controller):
    primary = "batch/jobs"
    others = frozenset({"pods"})

    def concerned(self, event: Event) -> Iterable[Key]:
        return owners.owner_keys(event.object, self.primary)

    async def reconcile(self, namespace: str, name: str) -> float | None:
        job = self.objects.find(self.primary, namespace, name)
        if job is None or "deletionTimestamp" in job["metadata"]:
            return None
        if finished(job):
            return self._expire(job)
        status = copy.deepcopy(job.get("status") or {})
        pods = owners.owned(self.objects, "pods", job)
        succeeded = sum((pod.get("status") or {}).get("phase") == "Succeeded" for pod in pods)
        failed = sum((pod.get("status") or {}).get("phase") == "Failed" for pod in pods)
        spec, again = job["spec"], None
        if spec.get("suspend"):
            self._suspend(job, status, pods)
            pods = []
        else:
            conditions.drop(status, "Suspended")
            status.setdefault("startTime", timestamp())
            wanted = spec.get("completions") or 1
            if succeeded >= wanted:
                self._complete(job, status)
            elif failed > spec.get("backoffLimit", 6):
                self._fail(job, status, pods, "BackoffLimitExceeded", "Job has reached the specified backoff limit")
            elif self._too_late(job, status):
                self._fail(job, status, pods, "DeadlineExceeded", "Job was active longer than specified deadline")
            else:
                again = self._run(job, pods, min(spec.get("parallelism", 1), wanted - succeeded))
        self._count(job, status, succeeded, failed)
        self.tell(job, status)
        return again

    def _run(self, job: Document, pods: list[Document], wanted: int) -> float | None:
        """Have ``wanted`` pods at work. Returns the seconds after which to try again, or to check the deadline."""
        for _ in range(wanted - sum(map(active, pods))):
            try:
                pod_template.create(self.cluster, job, job["spec"]["template"], SOURCE, labels=_marks(job))
            except ApiError:
                return max(1.0, self.world.pace.scaled(10))
        return job["spec"].get("activeDeadlineSeconds")

    def _suspend(self, job: Document, status: Document, pods: list[Document]) -> None:
        for pod in filter(active, pods):
            pod_template.remove(self.cluster, job, pod, SOURCE)
        if conditions.put(status, "Suspended", True, "JobSuspended", "Job suspended"):
            events.record(self.cluster, job, "Normal", "Suspended", "Job suspended", SOURCE)

    def _complete(self, job: Document, status: Document) -> None:
        """Since Kubernetes 1.31 two conditions: that the job will be complete, and that it is."""
        said = "Reached expected number of succeeded pods"
        for condition in ("SuccessCriteriaMet", "Complete"):
            conditions.put(status, condition, True, "CompletionsReached", said, lastProbeTime=timestamp())
        status["completionTime"] = timestamp()
        events.record(self.cluster, job, "Normal", "Completed", "Job completed", SOURCE)

    def _fail(self, job: Document, status: Document, pods: list[Document], reason: str, said: str) -> None:
        for pod in filter(active, pods):
            pod_template.remove(self.cluster, job, pod, SOURCE)
        for condition in ("FailureTarget", "Failed"):
            conditions.put(status, condition, True, reason, said, lastProbeTime=timestamp())
        events.record(self.cluster, job, "Warning", reason, said, SOURCE)

    def _too_late(self, job: Document, status: Document) -> bool:
        deadline = job["spec"].get("activeDeadlineSeconds")
        return deadline is not None and _age_s(status["startTime"]) >= deadline

    def _count(self, job: Document, status: Document, succeeded: int, failed: int) -> None:
        pods = [pod for pod in owners.owned(self.objects, "pods", job) if active(pod)]
        status |= {"terminating": 0, "uncountedTerminatedPods": {}, "ready": sum(map(ready, pods))}
        for field, count in (("active", len(pods)), ("succeeded", succeeded), ("failed", failed)):
            status.pop(field, None)
            if count:
                status[field] = count

    def _expire(self, job: Document) -> float | None:
        """Delete a finished job some time after its end, if it says so."""
        metadata, stay_s = job["metadata"], job["spec"].get("ttlSecondsAfterFinished")
        if stay_s is None:
            return None
        left = self.remaining_s((metadata["uid"], "stay"), stay_s, LEAST_STAY_S)
        if not left:
            self.objects.delete(self.primary, metadata["namespace"], metadata["name"])
        return left or None


def finished(job: Document) -> bool:
    return conditions.is_true(job, "Complete") or conditions.is_true(job, "Failed")


def _marks(job: Document) -> dict[str, str]:
    """The labels that lead from a pod to its job: ``kubectl logs job/x`` selects by them."""
    uid, name = job["metadata"]["uid"], job["metadata"]["name"]
    return {
        "batch.kubernetes.io/controller-uid": uid, "batch.kubernetes.io/job-name": name,
        "controller-uid": uid, "job-name": name,
    }  # fmt: skip


def _age_s(moment: str) -> float:
    then = datetime.strptime(moment, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    return (datetime.now(UTC) - then).total_seconds()
