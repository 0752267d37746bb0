"""Rehearsals: the lab run under faults, what they cost, and whether it came out as it does without."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine import clock
from engine.errors import UsageError
from engine.goal import Completed, Question
from tools import sandbox
from tools.comparison import differences
from tools.stage import Stage, folder

if TYPE_CHECKING:
    from engine.lab import Lab

#: What decides how an undisturbed lab comes out.
_SOURCES = ("tasks.py", "invoke.yaml", "steps", "tools", "engine", "sandbox", "templates", "config", "apps")
_SHOWN_DIFFERENCES = 40


@dataclass(frozen=True)
class Undisturbed:
    """How the lab comes out when nothing goes wrong, and how long it takes."""

    seconds: float
    state: dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """``rate``: the part of all requests at which a fault begins."""

    seed: int
    faults: list[str]
    rate: float

    @classmethod
    def of(cls, lab: "Lab", seed: int, faults: str, rate: float) -> "Plan":
        """``faults`` has commas between them; "" is all that the sandbox knows. Raises UsageError."""
        known = list(lab.get(Question(sandbox.command(lab, "faults"), Completed.json, topic="sandbox/faults")))
        wanted = [fault for fault in faults.split(",") if fault] or known
        if unknown := [fault for fault in wanted if fault not in known]:
            raise UsageError(f"there is no fault '{unknown[0]}': {', '.join(known)}")
        if not 0 <= rate <= 1:
            raise UsageError(f"a rate is a number from 0 to 1, not {rate:g}")
        return cls(seed, wanted, rate)

    def begin(self, stage: Stage) -> None:
        options = {"seed": self.seed, "faults": ",".join(self.faults), "rate": self.rate}
        stage.sandbox("trouble", *(f"--{name}={value}" for name, value in options.items()))


@dataclass(frozen=True)
class Rehearsal:
    """What came of one. ``failed``: the steps that did, and why. ``injected``: as the sandbox tells it, a dict with
    ``fault``, ``request`` and ``what`` for each."""

    plan: Plan
    exit_code: int
    seconds: float
    undisturbed_s: float
    tried_again: int
    waited_s: float
    failed: dict[str, str]
    injected: list[dict[str, Any]]
    differences: list[str]

    @property
    def converged(self) -> bool:
        return self.exit_code == 0 and not self.differences


def kept(lab: "Lab") -> Undisturbed | None:
    """How this version of the project came out undisturbed, if that was looked at before."""
    path = _kept_at(lab)
    return Undisturbed(**json.loads(path.read_text())) if path.exists() else None


def undisturbed(stage: Stage) -> Undisturbed:
    """What was played on this stage without faults; kept for the next time."""
    found = Undisturbed(round(stage.run.seconds, 1), stage.sandbox("state"))
    _write(_kept_at(stage.lab), asdict(found))
    return found


def outcome(stage: Stage, plan: Plan, exit_code: int, wanted: Undisturbed) -> tuple[Rehearsal, Path]:
    """What came of a rehearsal, and the file that has it."""
    run = stage.run
    steps = run.steps.values()
    rehearsal = Rehearsal(
        plan=plan,
        exit_code=exit_code,
        seconds=round(run.seconds, 1),
        undisturbed_s=wanted.seconds,
        tried_again=sum(one.attempt > 1 for step in steps for one in step.commands),
        waited_s=round(sum(one.seconds for step in steps for one in step.waits if one.on == "attempt"), 1),
        failed={step.name: step.end.why for step in run.worded("failed") if step.end},
        injected=stage.sandbox("trouble")["injected"],
        differences=[] if exit_code else list(differences(wanted.state, stage.sandbox("state"))),
    )
    path = folder(stage.lab) / f"seed-{plan.seed}.json"
    _write(path, asdict(rehearsal) | {"converged": rehearsal.converged})
    return rehearsal, path


def report(rehearsal: Rehearsal, state: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Lines for the screen: what was injected and where, what it cost, how it came out."""
    yield "", ""
    counts = Counter(one["fault"] for one in rehearsal.injected)
    plan = rehearsal.plan
    yield "bold", f"injected  {_counted(len(rehearsal.injected), 'fault')} (seed {plan.seed}, rate {plan.rate:g})"
    for fault, count in counts.most_common():
        yield "", f"  {fault}  {count}"
        where = Counter((one["request"], one["what"]) for one in rehearsal.injected if one["fault"] == fault)
        for (request, what), times in where.items():
            yield "dim", f"    {request}: {what}{f' ({times} times)' if times > 1 else ''}"
    took = f"{clock.spoken(rehearsal.seconds)} instead of {clock.spoken(rehearsal.undisturbed_s)}"
    again = f"{_counted(rehearsal.tried_again, 'more attempt')}, waited for {clock.spoken(rehearsal.waited_s)}"
    yield "bold", f"cost      {took}; {again}"
    if rehearsal.exit_code:
        yield "failed", f"state     not looked at: the run ended with {rehearsal.exit_code}"
    elif rehearsal.differences:
        yield "failed", f"state     not as without faults: {_counted(len(rehearsal.differences), 'difference')}"
    else:
        parts = ", ".join(f"{len(named)} {section}" for section, named in state.items() if named)
        yield "bold", f"state     as without faults: {parts}"
    yield from (("", f"  {line}") for line in rehearsal.differences[:_SHOWN_DIFFERENCES])
    if (more := len(rehearsal.differences) - _SHOWN_DIFFERENCES) > 0:
        yield "", f"  and {more} more"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _kept_at(lab: "Lab") -> Path:
    digest = hashlib.sha256(repr(lab.settings).encode())
    for name in _SOURCES:
        source = lab.project / name
        files = sorted(source.rglob("*")) if source.is_dir() else [source]
        for path in files:
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(f"{path.relative_to(lab.project)}\0".encode() + path.read_bytes())
    return folder(lab) / f"undisturbed-{digest.hexdigest()[:12]}.json"


def _write(path: Path, document: dict[str, Any]) -> None:
    """At once, so that nobody reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(document, indent=1))
    draft.replace(path)
