"""Pods that have their identity: the webhook gives it only to new ones, so that older ones are replaced."""

from typing import Any

from engine.goal import Differs, Goal, Holds, Settle, State
from tools import kubectl
from tools.pod_links import USE, lacking, pods


def furnished(deployment: str, namespace: str, client_id: str | None = None) -> Goal:
    """The deployment's pods have the environment and token of their identity, else they are replaced.

    For a template with the label. `client_id`: of the service account's identity, None where the program is told it
    elsewhere."""
    expected = {"AZURE_CLIENT_ID": client_id} if client_id else {}

    def judge(objects: list[dict[str, Any]]) -> State:
        how = []
        for pod in pods(deployment, objects):
            name = pod["metadata"]["name"]
            if (pod["metadata"].get("labels") or {}).get(USE) != "true":
                how.append(f"{name} has no label {USE}")
            elif found := lacking(pod, expected):
                how.append(f"{name}: {found[0]}")
        return Differs(tuple(how)) if how else Holds()

    restart = kubectl.kubectl("rollout", "restart", f"deployment/{deployment}", "--namespace", namespace)
    return Goal(
        f"{deployment}'s pods have their identity",
        asks=(kubectl.listed("deployments,pods", namespace),),
        judge=judge,
        acts=(restart,),
        settle=Settle(within_s=300, waiting_for="pods with their identity", every_s=1),
    )
