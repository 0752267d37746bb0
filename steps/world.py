"""Where the lab runs: the sandbox, started or joined where the environment asks for it."""

from collections.abc import Iterator

from engine.goal import Goal
from engine.lab import Lab
from tools import sandbox as embedded


def sandbox(lab: Lab) -> Iterator[Goal]:
    """The sandbox answers: an embedded Azure that az, kubectl and helm are pointed at."""
    if lab.settings.sandbox:
        yield embedded.running(lab)
        lab.env.update(lab.get(embedded.environment(lab)))


def env(lab: Lab) -> None:
    """Print what a shell needs for az, kubectl and helm to talk to the sandbox: eval "$(inv sandbox.env)"."""
    embedded.run(lab, "env", "--kubeconfig", str(lab.home / "kubeconfig"))


def status(lab: Lab) -> None:
    """Tell whether the sandbox runs, where, and what it has been asked."""
    embedded.run(lab, "status")


def stop(lab: Lab) -> None:
    """Stop the sandbox; what it holds is kept."""
    embedded.run(lab, "stop")


def reset(lab: Lab) -> None:
    """Stop the sandbox and forget all that it holds."""
    embedded.run(lab, "reset")
