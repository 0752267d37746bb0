"""The sandbox, seen from outside: a process that is started, asked and stopped. Nothing of its code is used here."""

import os
import sys
from pathlib import Path
from typing import Any

from engine.errors import Absent
from engine.goal import Command, Completed, Goal, Holds, Missing, Question, State
from engine.lab import Lab

#: What `python -m sandbox status` ends with where nothing runs.
NOT_RUNNING = 3


def command(lab: Lab, *words: str) -> Command:
    """``python -m sandbox …``, for the one sandbox that all environments of this project share."""
    return command_at(home(lab), *words)


def command_at(home: Path, *words: str) -> Command:
    """``python -m sandbox …``, for the one in this folder."""
    return Command(argv=(sys.executable, "-m", "sandbox", *words, "--home", str(home)), timeout_s=60)


def home(lab: Lab) -> Path:
    return lab.root / "sandbox"


def running(lab: Lab) -> Goal:
    """The sandbox runs. Starting it changes nothing of anybody's, so a dry run does it too."""

    def read(completed: Completed) -> Any:
        if completed.exit_code == NOT_RUNNING:
            raise Absent("it does not run")
        return completed.json()

    status = Question(command=command(lab, "status"), read=read, topic="sandbox", accepts=frozenset({0, NOT_RUNNING}))

    def judge(found: dict[str, Any] | Absent) -> State:
        return Missing("a running sandbox") if isinstance(found, Absent) else Holds(found["url"])

    return Goal("sandbox running", asks=(status,), judge=judge, acts=(_started(lab),), prepares=True)


def environment(lab: Lab) -> Question:
    """What processes need in order to talk to it: AZURE_CONFIG_DIR and others, and a PATH with its stand-ins."""

    def read(completed: Completed) -> dict[str, str]:
        found = completed.json()
        before = lab.env.get("PATH") or os.environ.get("PATH", os.defpath)
        folders = [folder for folder in found["path"] if folder not in before.split(os.pathsep)]
        # In a run az asks nobody but the sandbox; reading all public authorities would take longer than many an answer.
        trust = {"REQUESTS_CA_BUNDLE": str(home(lab) / "tls/ca.pem")}
        return {**found["env"], **trust, "PATH": os.pathsep.join([*folders, before])}

    return Question(command=_started(lab), read=read, topic="sandbox/environment")


def ingress_port(lab: Lab) -> Question:
    """The port of 127.0.0.1 at which the cluster's host names are served."""

    def read(completed: Completed) -> int:
        port = completed.json()["ingress"]["port"]
        if port is None:
            raise Absent("no ingress is served yet")
        return int(port)

    return Question(command=command(lab, "status"), read=read, topic="sandbox/ingress")


def roots(lab: Lab, issuer: str) -> Path:
    """The root certificates of one of its two Let's Encrypts, "staging" or "production"."""
    return home(lab) / "tls" / f"letsencrypt-{issuer}.pem"


def exports(lab: Lab) -> Command:
    """Prints a shell's `export` lines for the running sandbox."""
    return command(lab, "env", *_places(lab))


def shell(lab: Lab) -> Command:
    """The user's own shell, with those lines carried out."""
    script = f'eval "$({exports(lab)})" && exec "${{SHELL:-/bin/sh}}"'
    return Command(argv=("/bin/sh", "-c", script))


def _started(lab: Lab) -> Command:
    """Starts the sandbox, or joins the running one."""
    return command(lab, "start", "--pace", str(lab.settings.sandbox.pace), *_places(lab))


def _places(lab: Lab) -> tuple[str, ...]:
    return ("--kubeconfig", str(lab.home / "kubeconfig"), "--tools", str(lab.root / "tools/bin"))
