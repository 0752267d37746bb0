"""What a kubelet remembers of one pod beside its status, and what kind of pod it is."""

from dataclasses import dataclass, field

from sandbox.acr.images import Image
from sandbox.controllers import owners
from sandbox.controllers.pod_processes import PodProcesses
from sandbox.store import Document


@dataclass
class Life:
    """Forgotten with the process, then found out again."""

    pod: Document
    images: dict[str, Image] = field(default_factory=dict)
    failures: dict[str, int] = field(default_factory=dict)
    refusals: dict[str, str] = field(default_factory=dict)
    processes: PodProcesses | None = None
    told: tuple[object, ...] = ()


def ends(pod: Document) -> bool:
    """Whether a pod's programs end by themselves: those of Jobs do, and those of bare pods that are given a command."""
    managing = owners.controller_of(pod)
    if managing:
        return managing["kind"] == "Job"
    return any(one.get("command") or one.get("args") for one in pod["spec"]["containers"])


def command(image: Image | None) -> list[str]:
    return [*image.entrypoint, *image.command] if image else []
