"""az, kubectl and helm at hand: from PATH where their versions will do, else pinned copies of the lab's own."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from engine.errors import Absent, StepFailed
from engine.goal import Act, Command, Completed, Goal, Holds, Missing, Question, State
from engine.lab import Lab
from tools import packages, releases
from tools.copies import Order, folder_name
from tools.releases import Machine, Program, Wheel
from tools.toolbox import Stamp, Toolbox

#: A program that takes longer to tell its version is not one to work with.
VERSION_TIMEOUT_S = 20.0


def toolbox(lab: Lab) -> Toolbox:
    """The lab's own programs; all environments share them."""
    return Toolbox(lab.home.parent / "tools")


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
    """`name` in a version that will do. No process is started for one that was chosen before and is still the same."""
    box, copy = toolbox(lab), wanted.copy_for(Machine.here())
    origins = {"PATH"} | ({folder_name(name, wanted.pinned, copy, lab.project)} if copy else set())

    def ask() -> Stamp:
        stamp = box.stamp(name)
        if refusal := wanted.refusal(stamp.version):
            raise Absent(refusal)
        if stamp.origin not in origins:
            raise Absent(f"{stamp.origin} is no longer the pinned copy")
        return stamp

    chosen = Question(ask=ask, key=f"the lab's own {name}", topic=f"tools/{name}")
    if not isinstance(lab.ask(chosen), Absent):
        return Goal(f"{name} {wanted.accepted}", asks=(chosen,), judge=_judge(()))

    refused: list[str] = []
    for path, version in _on_path(lab, name, wanted, refused):
        adopt = Act(f"use {path}, which is {version}", lambda: _adopt(box, name, path, version))  # noqa: B023
        return Goal(f"{name} {wanted.accepted}", asks=(chosen,), judge=_judge(refused), acts=(adopt,))
    if copy is None:
        return Goal(f"{name} {wanted.accepted}", asks=(chosen,), judge=_judge((*refused, _no_copy(name))))
    order = Order(name, wanted.pinned, copy, box, lab.project, _index(lab), lab.say)
    # One wheel holds two programs: the second finds it in uv's cache when it comes after the first.
    locks = (f"wheel:{copy.wheel}",) if isinstance(copy, Wheel) else ()
    return Goal(f"{name} {wanted.accepted}", (chosen,), _judge(refused), order.acts(), locks=locks)
