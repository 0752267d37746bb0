"""kubectl: manifests applied server-side, and what the cluster says of them."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import yaml

from engine.errors import Absent
from engine.goal import Change, Command, Completed, Differs, Goal, Holds, Missing, Question, Settle, State
from tools.az import reason
from tools.outcomes import KUBERNETES

Object = dict[str, Any]

#: The field manager of everything that the lab applies: what it owns, it may put right.
MANAGER = "aks-lab"

#: kubectl diff's exit codes where there are differences, and where something went wrong.
DIFFERENT, WRONG = 1, 2

#: What the API server says of an object whose namespace or kind is yet to come.
NOT_YET = re.compile(
    r'namespaces? "(?P<namespace>[^"]+)" not found|no matches for kind "(?P<kind>[^"]+)"'
    r"|ensure CRDs are installed first"
)

#: Where a diff's next object begins; the group is its name.
PARTS = re.compile(r"^diff .*/", re.MULTILINE)

#: A line of a diff that tells a change, and one that tells only where.
CHANGED = re.compile(r"[+-](?![+-]{2} )")
PLACE = re.compile(r"@@ |--- |\+\+\+ ")

#: How many lines before and after a change are shown.
CONTEXT = 2

#: kubectl's name for an object in a diff: group.version.Kind.namespace.name.
NAMED = re.compile(r".*?\bv\d\w*\.([A-Z]\w*)\.[^.]*\.(.+)")

#: Kinds that are listed in the whole cluster at once, for all who ask, as long as nothing is changed there.
TOGETHER = ("deployments,pods,services,ingresses", "clusterissuers,certificates,orders,challenges")

#: What the server counts by itself.
NOISE = re.compile(r"[+-]\s*(generation|resourceVersion|time):")


def kubectl(*words: str, stdin: str | None = None, timeout_s: float | None = 120) -> Command:
    """A kubectl command, at the cluster that $KUBECONFIG names."""
    return Command(argv=("kubectl", *words), stdin=stdin, timeout_s=timeout_s, retry=KUBERNETES)


def shown(kind: str, name: str, namespace: str | None = None) -> Question:
    """One object as JSON."""
    where = ("--namespace", namespace) if namespace else ()

    def one(objects: list[Object]) -> Object:
        found = [item for item in _among(objects, [_plural(kind)], namespace) if item["metadata"]["name"] == name]
        if not found:
            raise Absent(f"there is no {kind} {name}")
        return found[0]

    whole = _together([_plural(kind)])
    return Question(
        kubectl("get", kind, name, *where, "--output", "json"), _object, f"kube/{namespace or 'cluster'}",
        accepts=frozenset({0, 1}), whole=whole, part=one if whole else None,
    )  # fmt: skip


def _object(completed: Completed) -> Any:
    if completed.exit_code and ("(NotFound)" in completed.stderr or "have a resource type" in completed.stderr):
        raise Absent(reason(completed.stderr))
    return completed.checked().json()


def listed(kinds: str, namespace: str | None = None) -> Question:
    """All objects of some kinds ("deployments,pods"), in one namespace or in all."""
    where = ("--namespace", namespace) if namespace else ("--all-namespaces",)
    named = kinds.split(",")

    def read(completed: Completed) -> list[Object]:
        items: list[Object] = _object(completed)["items"]
        return items

    whole = _together(named) if namespace else None
    those = partial(_among, kinds=named, namespace=namespace)
    return Question(
        kubectl("get", kinds, *where, "--output", "json"), read, f"kube/{namespace}" if namespace else "kube",
        accepts=frozenset({0, 1}), whole=whole, part=those if whole else None,
    )  # fmt: skip


def _together(kinds: list[str]) -> Question | None:
    """The list of the whole cluster that has these kinds."""
    return next((listed(family) for family in TOGETHER if {*kinds} <= {*family.split(",")}), None)


def _among(objects: list[Object], kinds: list[str], namespace: str | None) -> list[Object]:
    """Those of some kinds, in this namespace; None: of kinds that are in none."""
    return [
        item for item in objects
        if _plural(item["kind"]) in kinds and item["metadata"].get("namespace") == namespace
    ]  # fmt: skip


def _plural(kind: str) -> str:
    """``Ingress`` or ``ingress`` as in the API's paths: ``ingresses``."""
    return kind.lower() + ("es" if kind.endswith("s") else "s")


def logs(deployment: str, namespace: str, lines: int = 40) -> Question:
    """The last lines that a deployment's program wrote."""
    command = kubectl("logs", f"deployment/{deployment}", "--namespace", namespace, "--tail", str(lines))

    def read(completed: Completed) -> list[str]:
        return completed.stdout.splitlines()

    return Question(command=command, read=read, topic=f"kube/{namespace}")


def issuer() -> Question:
    """What the API server calls itself in the service account tokens that it signs."""

    def read(completed: Completed) -> str:
        return str(completed.json()["issuer"])

    command = kubectl("get", "--raw", "/.well-known/openid-configuration")
    return Question(command=command, read=read, topic="kube/cluster")


def applied(what: str, manifest: str, namespace: str) -> Goal:
    """The objects of ``manifest`` stand in the cluster as it says; fields that it does not name are not looked at."""
    apply = kubectl(
        "apply", "--server-side", "--force-conflicts", f"--field-manager={MANAGER}", "--filename", "-",
        stdin=manifest,
    )  # fmt: skip

    def judge(found: str | Absent) -> State:
        missing = tuple(_missing(manifest, str(found))) if isinstance(found, Absent) else ()
        return Differs(missing) if missing else same(found)

    return Goal(what, asks=(difference(manifest, namespace),), judge=judge, acts=(apply,))


def _missing(manifest: str, why: str) -> Iterator[Change]:
    """The objects of a manifest that cannot be there, since their namespace or their kind is not."""
    gone = NOT_YET.search(why)
    if gone is None:
        return
    for one in yaml.safe_load_all(manifest):
        kind, name = one["kind"], one["metadata"]["name"]
        place = name if kind == "Namespace" else one["metadata"].get("namespace")
        if kind == gone["kind"] or (place and place == gone["namespace"]):
            yield Change("create", f"{kind} {name}")


def difference(manifest: str, namespace: str) -> Question:
    """What applying ``manifest`` would change, as the server itself works it out: a unified diff, empty for nothing."""
    command = kubectl(
        "diff", "--server-side", "--force-conflicts", f"--field-manager={MANAGER}", "--filename", "-",
        stdin=manifest,
    )  # fmt: skip

    def read(completed: Completed) -> str:
        if completed.exit_code and NOT_YET.search(completed.stderr):
            raise Absent(reason(completed.stderr))
        if completed.exit_code == DIFFERENT and completed.stdout:
            return completed.stdout
        return completed.checked().stdout

    return Question(command=command, read=read, topic=f"kube/{namespace}", accepts=frozenset({0, DIFFERENT, WRONG}))


def same(difference: str | Absent) -> State:
    """Judges a diff: which objects are missing, and in which lines the others differ."""
    if isinstance(difference, Absent):
        return Differs((str(difference),))
    found = tuple(change for part in PARTS.split(difference)[1:] for change in _told(part))
    return Differs(found) if found else Holds()


def _told(part: str) -> Iterator[Change]:
    """One object's part of a diff, which begins with its name: ``apps.v1.Deployment.workload.backend``."""
    name, _, rest = part.partition("\n")
    named = NAMED.match(name)
    what = " ".join(named.groups()) if named else name
    shown = _near_changes([line for line in rest.splitlines() if not NOISE.match(line)])
    if shown and "@@ -0,0 " in rest:
        yield Change("create", what)
    elif shown:
        yield Change("change", what, shown)


def _near_changes(lines: list[str]) -> tuple[str, ...]:
    """The lines of a diff that changed and those beside them, with dots where some are left out."""
    changed = [number for number, line in enumerate(lines) if CHANGED.match(line)]
    near = sorted({number + by for number in changed for by in range(-CONTEXT, CONTEXT + 1)})
    shown: list[str] = []
    for number in near:
        if 0 <= number < len(lines) and not PLACE.match(lines[number]):
            if shown and number - 1 not in near:
                shown.append(" ...")
            shown.append(lines[number])
    return tuple(shown)


def addressed(service: str, namespace: str, within_s: float = 600) -> Goal:
    """Waits until the service of type LoadBalancer has an address."""

    def judge(found: dict[str, Any] | Absent) -> State:
        ingress = [] if isinstance(found, Absent) else found.get("status", {}).get("loadBalancer", {}).get("ingress")
        return Holds(ingress[0].get("ip", "")) if ingress else Missing(f"an address of service {service}")

    return _wait(f"{service} has an address", shown("service", service, namespace), judge, within_s)


def _wait(what: str, ask: Question, judge: Callable[..., State], within_s: float) -> Goal:
    return Goal(what, asks=(ask,), judge=judge, acts=(), settle=Settle(within_s=within_s, waiting_for=what, every_s=1))
