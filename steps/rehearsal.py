"""Rehearsals: the lab on a sandbox of its own that goes wrong on purpose."""

from __future__ import annotations

from engine.errors import Unmet
from engine.foreground import ended
from engine.lab import Lab
from tools import rehearsal, stage

#: What ``inv --help rehearse`` says of its options.
OPTIONS = {
    "seed": "the same seed means the same faults; 1 by default",
    "faults": "only these, with commas between them; all by default, see the README",
    "rate": "the part of all requests at which a fault begins; 0.01 by default",
    "keep": "leave the rehearsal's folder where it is, also when all went well",
}


def rehearse(lab: Lab, seed: int = 1, faults: str = "", rate: float = 0.01, keep: bool = False) -> None:
    """Run the lab on a sandbox of its own that goes wrong by a seeded plan; tell what happened and what it cost."""
    plan = rehearsal.Plan.of(lab, seed, faults, rate)
    wanted = undisturbed(lab)
    with stage.opened(lab, f"seed-{seed}") as rehearsed:
        plan.begin(rehearsed)
        lab.say(f"seed {seed}, in {rehearsed.home}")
        code = ended(rehearsed.play)
        outcome, path = rehearsal.outcome(rehearsed, plan, code, wanted)
    lab.show(rehearsal.report(outcome, wanted.state))
    if not outcome.converged:
        raise Unmet("rehearsal", [f"the lab did not come out as without faults; look at {rehearsed.home} and {path}"])
    if not keep:
        stage.cleared(rehearsed)


def undisturbed(lab: Lab) -> rehearsal.Undisturbed:
    """How the lab comes out when nothing goes wrong: looked at once for each version of the project."""
    if found := rehearsal.kept(lab):
        return found
    lab.say("first without faults, to compare with")
    with stage.opened(lab, "undisturbed") as played:
        if ended(played.play):
            raise Unmet("undisturbed lab", [f"the lab fails without any fault; look at {played.home}"])
        found = rehearsal.undisturbed(played)
    stage.cleared(played)
    return found
