"""helm: releases, brought to a chart's version and values, and put right where the cluster has drifted from them."""

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import yaml

from engine.errors import Absent, StepFailed
from engine.goal import Command, Completed, Differs, Goal, Holds, Missing, Question, Settle, State
from tools import claims, kubectl
from tools.az import reason
from tools.outcomes import KUBERNETES
from tools.outcomes.helm import ABANDONED_S

if TYPE_CHECKING:
    from engine.lab import Lab

#: Go's way to write a format of time: this one is ISO 8601.
ISO = "2006-01-02T15:04:05.000Z07:00"

#: The server applies, and what others have taken over is taken back.
FORCED = ("--server-side=true", "--force-conflicts")

Release = dict[str, Any]
Releases = dict[tuple[str, str], Release]


def helm(*words: str, stdin: str | None = None, timeout_s: float | None = 120) -> Command:
    return Command(argv=("helm", *words), stdin=stdin, timeout_s=timeout_s, retry=KUBERNETES)


def listed() -> Question:
    """Every release by (namespace, name), whatever its state: ``chart`` ("cert-manager-v1.21.0"), ``status``, and since
    when it has that: ``updated``."""

    def by_name(completed: Completed) -> Releases:
        return {(release["namespace"], release["name"]): release for release in completed.json()}

    states = ("--deployed", "--failed", "--pending", "--superseded", "--uninstalling")
    words = ("list", "--all-namespaces", *states, "--time-format", ISO, "--output", "json")
    return Question(command=helm(*words), read=by_name, topic="kube/helm")


def values_of(name: str, namespace: str) -> Question:
    """The values that the release was given."""
    return _of(name, namespace, lambda printed: yaml.safe_load(_between(printed, "USER-SUPPLIED", "COMPUTED")) or {})


def manifest_of(name: str, namespace: str) -> Question:
    """The objects that the release made."""
    return _of(name, namespace, lambda printed: _between(printed, "MANIFEST", "NOTES"))


def _of(name: str, namespace: str, read: Callable[[str], Any]) -> Question:
    """Something of what helm keeps of a release, which it prints all at once."""

    def answer(completed: Completed) -> Any:
        if completed.exit_code and "not found" in completed.stderr:
            raise Absent(reason(completed.stderr))
        return read(completed.checked().stdout)

    command = helm("get", "all", name, "--namespace", namespace)
    return Question(command=command, read=answer, topic=f"kube/helm/{namespace}", accepts=frozenset({0, 1}))


def _between(printed: str, heading: str, following: str) -> str:
    """The YAML below a heading of ``helm get all``; no line of YAML looks like one."""
    found = re.search(rf"^{heading}[A-Z ]*:\n(.*?)(?:^{following}[A-Z ]*:\n|\Z)", printed, re.DOTALL | re.MULTILINE)
    if found is None:
        raise StepFailed(f"helm get all has no {heading}: {printed[:200]!r}")
    return found[1]


def release(lab: "Lab", name: str, chart: Any, namespace: str, values: str, timeout_s: int = 600) -> Iterator[Goal]:
    """The release is deployed with this chart and these values, and its objects stand as it made them.

    ``chart``: the settings' ``ref`` (a folder is relative to the project, where commands run), ``repo`` and
    ``version``. A failed upgrade is rolled back by helm itself; what a killed one left half-way is cleared away first.
    Conflicts are forced: a field that somebody took over with kubectl would never be put right otherwise."""
    source = (chart.ref, *(("--repo", chart.repo) if chart.repo else ()), "--version", chart.version)
    upgrade = helm(
        "upgrade", "--install", name, *source, "--namespace", namespace, "--create-namespace", "--values", "-",
        *FORCED, "--rollback-on-failure", "--wait", "--timeout", f"{timeout_s}s", "--hide-notes",
        stdin=values, timeout_s=timeout_s + 60,
    )  # fmt: skip
    wanted = yaml.safe_load(values) or {}

    def remains(found: Release) -> tuple[Command, ...]:
        abandoned = claims.pending(found) and claims.abandoned(found, lab.home)
        return (cleared(found, timeout_s),) if abandoned else ()

    def left_alone(releases: Releases) -> State:
        found = releases.get((namespace, name))
        if found is None or not claims.pending(found) or claims.abandoned(found, lab.home):
            return Holds()
        return Differs((f"somebody's helm works on it since {found['updated']}: {found['status']}",))

    def deployed(releases: Releases, given: dict[str, Any] | Absent) -> State:
        found = releases.get((namespace, name))
        if found is None:
            return Missing(f"release {name}")
        how = [f"status: {found['status']} -> deployed"] if found["status"] != "deployed" else []
        if not found["chart"].endswith(f"-{chart.version}"):
            how.append(f"chart: {found['chart']} -> {chart.version}")
        if given != wanted:
            how += [f"values: {path}" for path in changed({} if isinstance(given, Absent) else given, wanted)]
        return Differs(tuple(how), first=remains(found)) if how else Holds()

    def unaltered(difference: str | Absent, releases: Releases) -> State:
        state, found = kubectl.same(difference), releases.get((namespace, name))
        if found is None or found["status"] == "deployed":
            return state
        how = state.how if isinstance(state, Differs) else ()
        return Differs((f"status: {found['status']} -> deployed", *how), first=remains(found))

    def goal(what: str, asks: tuple[Question, ...], judge: Callable[..., State]) -> Goal:
        return Goal(what, asks, judge, acts=(upgrade,), locks=(f"helm:{name}",), touches=("kube",))

    patience = Settle(ABANDONED_S + 60, f"somebody else's helm to be done with release {name}", usually="under 5 min")
    yield Goal(f"release {name} in nobody's hands", (listed(),), left_alone, settle=patience)
    yield goal(f"release {name} {chart.version}", (listed(), values_of(name, namespace)), deployed)
    made = kubectl.difference(lab.get(manifest_of(name, namespace)), namespace)
    yield goal(f"release {name} unaltered", (made, listed()), unaltered)


def cleared(release: Release, timeout_s: int) -> Command:
    """What makes a release that a killed helm left pending one that can be upgraded: back to its last revision, or away
    with it where it has none. `helm upgrade` refuses both: "another operation (install/upgrade/rollback) is in
    progress", or "has no deployed releases"."""
    place = (release["name"], "--namespace", release["namespace"], "--timeout", f"{timeout_s}s")
    if release["status"] in ("pending-install", "uninstalling"):
        return helm("uninstall", *place, "--wait", "--ignore-not-found", timeout_s=timeout_s + 60)
    return helm("rollback", *place, *FORCED, timeout_s=timeout_s + 60)


def changed(before: Any, after: Any, path: str = "") -> Iterator[str]:
    """The paths at which two values files differ, with both values."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted({*before, *after}, key=str):
            yield from changed(before.get(key), after.get(key), f"{path}.{key}" if path else str(key))
    elif before != after:
        yield f"{path}: {before} -> {after}"
