"""The sandbox, seen from outside: a process that is started, asked and stopped. Nothing of its code is used here."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.errors import Absent
from engine.goal import Command, Completed, Differs, Goal, Holds, Missing, Question, State
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
    """The sandbox runs, at its pace. Starting it changes nothing of anybody's, so a dry run does it too."""
    pace = lab.settings.sandbox.pace

    def judge(found: dict[str, Any] | Absent) -> State:
        if isinstance(found, Absent):
            return Missing("a running sandbox")
        return Holds(found["url"]) if found["pace"] == pace else Differs((f"pace: {found['pace']} -> {pace}",))

    start = command(lab, "start", "--pace", str(pace), *_places(lab))
    return Goal("sandbox running", asks=(_status(lab),), judge=judge, acts=(start,), prepares=True)


def environment(lab: Lab) -> Question:
    """What processes need in order to talk to it: AZURE_CONFIG_DIR and others, and a PATH with its stand-ins."""

    def read(found: dict[str, Any]) -> dict[str, str]:
        before = lab.env.get("PATH") or os.environ.get("PATH", os.defpath)
        folders = [folder for folder in found["path"] if folder not in before.split(os.pathsep)]
        # In a run az asks nobody but the sandbox; reading all public authorities would take longer than many an answer.
        trust = {"REQUESTS_CA_BUNDLE": str(home(lab) / "tls/ca.pem")}
        return {**found["env"], **trust, "PATH": os.pathsep.join([*folders, before])}

    return _status(lab, read)


def ingress_port(lab: Lab) -> int:
    """The port of 127.0.0.1 at which the cluster's host names are served: as the sandbox has told already, or asked
    again, because an ingress comes with some write to the cluster. Raises NotYet where there is none."""

    def read(found: dict[str, Any]) -> int:
        if found["ingress"]["port"] is None:
            raise Absent("no ingress is served yet")
        return int(found["ingress"]["port"])

    told = lab.ask(_status(lab, read))
    again = Question(command(lab, "status"), lambda completed: read(completed.json()), topic="kube")
    return lab.get(again) if isinstance(told, Absent) else told


def _status(lab: Lab, read: Callable[[dict[str, Any]], Any] = dict) -> Question:
    """What the running sandbox tells of itself."""

    def answer(completed: Completed) -> Any:
        if completed.exit_code == NOT_RUNNING:
            raise Absent("it does not run")
        return read(completed.json())

    status = command(lab, "status", "--clients", *_places(lab))
    return Question(status, answer, topic="sandbox", accepts=frozenset({0, NOT_RUNNING}))


def roots(lab: Lab, issuer: str) -> Path:
    """The root certificates of one of its two Let's Encrypts, "staging" or "production"."""
    return home(lab) / "tls" / f"letsencrypt-{issuer}.pem"


def exports(lab: Lab) -> Command:
    """Prints a shell's `export` lines for the running sandbox."""
    return command(lab, "env", *_places(lab))


def shell(lab: Lab) -> Command:
    """The user's own shell, with those lines carried out."""
    script = f'lines="$({exports(lab)})" && eval "$lines" && exec "${{SHELL:-/bin/sh}}"'
    return Command(argv=("/bin/sh", "-c", script))


def _places(lab: Lab) -> tuple[str, ...]:
    return ("--kubeconfig", str(lab.home / "kubeconfig"), "--tools", str(lab.root / "tools/bin"))
