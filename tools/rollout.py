"""Deployments that roll out: until their pods are available, and why they are not."""

from typing import Any

from engine.errors import Absent
from engine.goal import Differs, Goal, Holds, Missing, Settle, State
from tools import kubectl
from tools.outcomes import PODS
from tools.pod_links import halted, pods


def available(deployment: str, namespace: str, within_s: float = 600) -> Goal:
    """Waits until all replicas of the deployment's newest template are available; tells why pods are not, meanwhile."""

    def judge(objects: list[dict[str, Any]] | Absent) -> State:
        named = [one for one in objects if one["kind"] == "Deployment"] if isinstance(objects, list) else []
        found = next((one for one in named if one["metadata"]["name"] == deployment), None)
        if found is None or isinstance(objects, Absent):
            return Missing(f"deployment {deployment}")
        status, replicas = found.get("status", {}), found["spec"].get("replicas", 1)
        if status.get("observedGeneration", 0) < found["metadata"]["generation"]:
            return Differs((f"{deployment}'s newest template is not looked at yet",))
        ready = min(status.get("updatedReplicas", 0), status.get("availableReplicas", 0))
        if ready >= replicas and status.get("replicas", 0) == replicas:
            return Holds()
        lacking = [f"{pod['metadata']['name']}: {why}" for pod in pods(deployment, objects) if (why := halted(pod))]
        return Differs((f"{ready} of {replicas} pods of {deployment} are available", *lacking))

    what = f"{deployment} available"
    wait = Settle(within_s, what, every_s=1, signs=PODS)
    return Goal(what, asks=(kubectl.listed("deployments,pods", namespace),), judge=judge, settle=wait)
