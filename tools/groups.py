"""Resource groups: which are the lab's, and how they go."""

from typing import Any
from uuid import UUID

from engine.errors import StepFailed
from engine.goal import Change, Completed, Differs, Goal, Holds, Question, State
from tools import az

#: The tag that the lab puts on the groups that it makes; its value is the environment's name.
TAG = "aks-lab"


def listed(subscription: UUID) -> Question:
    """Every resource group by name."""

    def by_name(completed: Completed) -> dict[str, Any]:
        return {group["name"]: group for group in az.answer(completed)}

    return az.question(az.az("group", "list", subscription=subscription), topic="groups", read=by_name)


def ours(found: dict[str, Any], names: tuple[str, ...], lab: str) -> set[str]:
    """Which of the groups called ``names`` the lab made.

    :raises StepFailed: one of them exists without the lab's tag: somebody else's, so nothing is deleted at all
    """
    there = [found[name] for name in names if name in found]
    foreign = [group["name"] for group in there if (group.get("tags") or {}).get(TAG) != lab]
    if foreign:
        raise StepFailed(
            f"not made by this lab, so nothing was deleted: {', '.join(foreign)}",
            meaning=f"a group that the lab makes has the tag {TAG}={lab}",
            advice=f"if it is the lab's all the same: az group update --name {foreign[0]} --set tags.{TAG}={lab}",
        )
    return {group["name"] for group in there}


def removed(name: str, subscription: UUID) -> Goal:
    """The group and all that is in it are gone."""

    def judge(found: dict[str, Any]) -> State:
        return Differs((Change("remove", f"group {name}"),)) if name in found else Holds()

    delete = az.az("group", "delete", "--name", name, "--yes", subscription=subscription, timeout_s=3600)
    return Goal(f"no group {name}", asks=(listed(subscription),), judge=judge, acts=(delete,), touches=("az", "kube"))
