"""Where the lab runs: the sandbox, started or joined where the environment asks for it."""

from collections.abc import Iterator

from engine.goal import Goal
from engine.lab import Lab
from tools import sandbox as embedded

#: The plain tasks of this file, beside the step: ``inv sandbox.<name>``.
COMMANDS = ("env", "status", "stop", "reset")


def sandbox(lab: Lab) -> Iterator[Goal]:
    """The sandbox answers: an embedded Azure that az, kubectl and helm are pointed at."""
    if lab.settings.sandbox:
        yield embedded.running(lab)
        lab.env.update(lab.get(embedded.environment(lab)))


def env(lab: Lab) -> None:
    """Print what a shell needs for az, kubectl and helm to talk to the sandbox: eval "$(inv sandbox.env)"."""
    places = ("--kubeconfig", str(lab.home / "kubeconfig"), "--tools", str(lab.root / "tools/bin"))
    lab.run(str(embedded.command(lab, "env", *places)), in_stream=False)


def status(lab: Lab) -> None:
    """Tell whether the sandbox runs, where, and what it has been asked."""
    lab.run(str(embedded.command(lab, "status")), in_stream=False)


def stop(lab: Lab) -> None:
    """Stop the sandbox; what it holds is kept."""
    lab.run(str(embedded.command(lab, "stop")), in_stream=False)


def reset(lab: Lab) -> None:
    """Stop the sandbox and forget all that it holds."""
    lab.run(str(embedded.command(lab, "reset")), in_stream=False)
