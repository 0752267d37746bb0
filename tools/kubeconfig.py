"""The lab's own kubeconfig: there, private, of this cluster, and let in."""

from collections.abc import Callable
from pathlib import Path

from engine.errors import Absent
from engine.goal import Act, Change, Command, Completed, Differs, Goal, Holds, Missing, Question, Settle, State
from tools import cluster
from tools.az import reason
from tools.outcomes import KUBERNETES, SERVERS

#: Only its owner may read it.
MODE = 0o600

#: A right to use the cluster takes up to five minutes to take effect (AKS, Entra authorization).
RIGHTS_WITHIN_S = 360


def usable(path: Path, fetch: Callable[[Path], Command], entra: bool) -> Goal:
    """The kubeconfig reaches the cluster and may list its nodes. That of a cluster which was built again since does
    not: its server's name is another.

    It is finished beside its place. Between `fetch` and the conversion it would ask for a browser, and a run that was
    killed there would leave a file of which the next one cannot even tell that it is of no use."""
    file = Question(ask=lambda: _mode(path), key=f"mode of {path}", topic="kube/kubeconfig")

    def judge(mode: int | Absent, nodes: int | Absent) -> State:
        if isinstance(mode, Absent):
            return Missing(path.name)
        if isinstance(nodes, Absent):
            return Differs((f"{path.name} does not open the cluster: {nodes}",))
        return Holds(f"{nodes} nodes") if mode == MODE else Differs((f"mode: {mode:o} -> {MODE:o}",))

    draft = path.with_name(f"{path.name}.new")
    acts: list[Command | Act] = [Act(f"remove {draft.name}", lambda: draft.unlink(missing_ok=True)), fetch(draft)]
    acts += [cluster.through_az(draft)] if entra else []
    acts += [Act(f"make it private and name it {path.name}", lambda: _placed(draft, path))]
    return Goal(
        "kubeconfig", asks=(file, let_in()), judge=judge, acts=tuple(acts), touches=("kube",),
        settle=Settle(RIGHTS_WITHIN_S, "the right to use the cluster", every_s=5, usually="at once, up to 5 min",
                       signs=KUBERNETES),
    )  # fmt: skip


def let_in() -> Question:
    """How many nodes the cluster has: a question that takes a right. Absent where the kubeconfig does not get us in."""

    def read(completed: Completed) -> int:
        if completed.exit_code:
            raise Absent(reason(completed.stderr))
        return len(completed.stdout.splitlines())

    argv = ("kubectl", "get", "nodes", "--output", "name", "--request-timeout", "30s")
    command = Command(argv=argv, timeout_s=60, retry=SERVERS)
    return Question(command=command, read=read, topic="kube/kubeconfig", accepts=frozenset({0, 1}))


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode & 0o777
    except FileNotFoundError:
        raise Absent(f"there is no {path}") from None


def _placed(draft: Path, path: Path) -> None:
    draft.chmod(MODE)
    draft.replace(path)


def removed(path: Path) -> Goal:
    """The kubeconfig is gone."""
    file = Question(ask=lambda: _mode(path), key=f"mode of {path}", topic="kube/kubeconfig")

    def judge(mode: int | Absent) -> State:
        return Holds() if isinstance(mode, Absent) else Differs((Change("remove", path.name),))

    return Goal(
        f"no {path.name}",
        asks=(file,),
        judge=judge,
        acts=(Act(f"remove {path.name}", lambda: path.unlink()),),
    )
