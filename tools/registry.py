"""Images in Azure Container Registry: built there, found by tag, deployed by digest."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from engine.errors import Absent, NotYet
from engine.goal import Completed, Differs, Goal, Holds, Missing, Question, Settle, State
from engine.lab import Lab
from tools import az

#: az waits this long for a build's log to go on before it gives up (and, then, exits with 0).
BUILD_TIMEOUT_S = 20 * 60


def shown(registry: str, group: str, subscription: UUID) -> Question:
    """The registry; ``loginServer`` is asked and not put together, since it may carry a hash of its own."""
    words = ("acr", "show", "--name", registry, "--resource-group", group)
    return az.question(az.az(*words, subscription=subscription), topic=f"registry/{registry}")


def digests(registry: str, image: str, subscription: UUID) -> Question:
    """The digest of each tag of an image: {"3f2a…": "sha256:…"}."""
    command = az.az(
        "acr", "manifest", "list-metadata", "--registry", registry, "--name", image, subscription=subscription
    )
    no_repository = az.absent_where("NAME_UNKNOWN", "repository name not known", "is not found")

    def by_tag(completed: Completed) -> dict[str, str]:
        manifests: list[dict[str, Any]] = no_repository(completed)
        return {tag: manifest["digest"] for manifest in manifests for tag in manifest.get("tags") or []}

    return Question(
        command=command,
        read=by_tag,
        topic=f"az/registry/{registry}/{image}",
        accepts=frozenset({0, 1, az.NOT_FOUND}),
    )


def built(lab: Lab, image: str, tag: str, context: Path) -> Iterator[Goal]:
    """The registry holds ``image`` under ``tag``, which is made of its sources' content: unchanged sources are not
    built again. A build goes on in the registry when its az is killed or loses it; it is waited for, and only then it
    is known whether another one is needed."""
    registry, subscription = lab.settings.names.registry, lab.settings.subscription
    goal = built_once(registry, image, tag, context, subscription)
    assert goal.quiet is not None
    if isinstance(goal.judge(lab.ask(goal.asks[0])), Missing):
        yield goal.quiet
    yield goal


def quiet(registry: str, subscription: UUID) -> Goal:
    """No build is under way in the registry. Which image a run builds is only told by one that has ended."""
    under_way = "[?status=='Queued' || status=='Started' || status=='Running'].runId"
    words = ("acr", "task", "list-runs", "--registry", registry, "--top", "20", "--query", under_way)
    runs = az.question(az.az(*words, subscription=subscription), topic=f"registry/{registry}-runs")

    def judge(found: list[str] | Absent) -> State:
        going_on = () if isinstance(found, Absent) else found
        return Differs(tuple(f"build {run} goes on" for run in going_on)) if going_on else Holds()

    patience = Settle(BUILD_TIMEOUT_S, "a build that was begun before to end", every_s=5, usually="1 to 3 min")
    return Goal(f"no build under way in {registry}", (runs,), judge, settle=patience)


def built_once(registry: str, image: str, tag: str, context: Path, subscription: UUID) -> Goal:
    """Asked again afterwards, because `az acr build` may exit with 0 before a build has ended."""

    def judge(tags: dict[str, str] | Exception) -> State:
        found = isinstance(tags, dict) and tag in tags
        return Holds() if found else Missing(f"{image}:{tag} in {registry}")

    build = az.az(
        "acr", "build", "--registry", registry, "--image", f"{image}:{tag}", str(context),
        subscription=subscription, timeout_s=BUILD_TIMEOUT_S,
    )  # fmt: skip
    return Goal(
        f"{image} built", asks=(digests(registry, image, subscription),), judge=judge, acts=(build,),
        quiet=quiet(registry, subscription),
    )  # fmt: skip


def reference(lab: Lab, image: str, tag: str) -> str:
    """The image as a pod names it, by digest: a tag may come to mean another image, a digest does not.

    :raises NotYet: it has not been built
    """
    settings = lab.settings
    names = settings.names
    server = lab.get(shown(names.registry, names.registry_group, settings.subscription))["loginServer"]
    tags = lab.get(digests(names.registry, image, settings.subscription))
    if tag not in tags:
        raise NotYet(f"{image}:{tag} is not in {names.registry}")
    return f"{server}/{image}@{tags[tag]}"
