"""helm: releases, brought to a chart's version and values, and put right where the cluster has drifted from them."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import yaml

from engine.errors import Absent
from engine.goal import Command, Completed, Differs, Goal, Holds, Missing, Question, State
from tools import kubectl
from tools.az import reason
from tools.outcomes import KUBERNETES

if TYPE_CHECKING:
    from engine.lab import Lab


def helm(*words: str, stdin: str | None = None, timeout_s: float | None = 120) -> Command:
    return Command(argv=("helm", *words), stdin=stdin, timeout_s=timeout_s, retry=KUBERNETES)


def listed() -> Question:
    """Every release by (namespace, name), whatever its state: ``chart`` ("cert-manager-v1.21.0") and ``status``."""

    def by_name(completed: Completed) -> dict[tuple[str, str], dict[str, Any]]:
        return {(release["namespace"], release["name"]): release for release in completed.json()}

    states = ("--deployed", "--failed", "--pending", "--superseded", "--uninstalling")
    return Question(
        command=helm("list", "--all-namespaces", *states, "--output", "json"), read=by_name, topic="kube/helm"
    )


def values_of(name: str, namespace: str) -> Question:
    """The values that the release was given."""
    return _of("values", name, namespace, lambda completed: completed.json() or {}, "--output", "json")


def manifest_of(name: str, namespace: str) -> Question:
    """The objects that the release made."""
    return _of("manifest", name, namespace, lambda completed: completed.stdout)


def _of(part: str, name: str, namespace: str, read: Any, *options: str) -> Question:
    def answer(completed: Completed) -> Any:
        if completed.exit_code and "not found" in completed.stderr:
            raise Absent(reason(completed.stderr))
        return read(completed.checked())

    command = helm("get", part, name, "--namespace", namespace, *options)
    return Question(command=command, read=answer, topic=f"kube/helm/{namespace}", accepts=frozenset({0, 1}))


def release(lab: "Lab", name: str, chart: Any, namespace: str, values: str, timeout_s: int = 600) -> Iterator[Goal]:
    """The release is deployed with this chart and these values, and its objects stand as it made them.

    ``chart``: the settings' ``ref`` (a folder is relative to the project, where commands run), ``repo`` and
    ``version``. A failed upgrade is rolled back by helm itself. Conflicts are forced: a field that somebody took over
    with kubectl would never be put right otherwise."""
    source = (chart.ref, *(("--repo", chart.repo) if chart.repo else ()), "--version", chart.version)
    upgrade = helm(
        "upgrade", "--install", name, *source, "--namespace", namespace, "--create-namespace", "--values", "-",
        "--server-side=true", "--force-conflicts", "--rollback-on-failure",
        "--wait", "--timeout", f"{timeout_s}s", "--hide-notes",
        stdin=values, timeout_s=timeout_s + 60,
    )  # fmt: skip
    wanted = yaml.safe_load(values) or {}

    def deployed(releases: dict[tuple[str, str], dict[str, Any]], given: dict[str, Any] | Absent) -> State:
        found = releases.get((namespace, name))
        if found is None:
            return Missing(f"release {name}")
        how = []
        if found["status"] != "deployed":
            how.append(f"status: {found['status']} -> deployed")
        if not found["chart"].endswith(f"-{chart.version}"):
            how.append(f"chart: {found['chart']} -> {chart.version}")
        if given != wanted:
            how += [f"values: {path}" for path in changed({} if isinstance(given, Absent) else given, wanted)]
        return Differs(tuple(how)) if how else Holds()

    def goal(what: str, asks: tuple[Question, ...], judge: Callable[..., State]) -> Goal:
        return Goal(what, asks, judge, acts=(upgrade,), locks=(f"helm:{name}",), touches=("kube",))

    yield goal(f"release {name} {chart.version}", (listed(), values_of(name, namespace)), deployed)
    made = kubectl.difference(lab.get(manifest_of(name, namespace)), namespace)
    yield goal(f"release {name} unaltered", (made,), kubectl.same)


def changed(before: Any, after: Any, path: str = "") -> Iterator[str]:
    """The paths at which two values files differ, with both values."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted({*before, *after}, key=str):
            yield from changed(before.get(key), after.get(key), f"{path}.{key}" if path else str(key))
    elif before != after:
        yield f"{path}: {before} -> {after}"
