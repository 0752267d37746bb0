"""Azure templates, deployed at the subscription; whether they hold is told by what-if, so drift is seen too."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from engine.goal import Change, Differs, Goal, Holds, State
from engine.lab import Lab
from tools import az
from tools.outcomes import granted

#: Creating a cluster takes 5 to 15 minutes on most days, 34 on the worst that were reported (Azure/AKS#2980).
DEPLOY_TIMEOUT_S = 60 * 60


def deployed(lab: Lab, part: str, granted_to: str | None = None, **parameters: Any) -> Goal:
    """What templates/azure/<part>.json describes stands in the subscription as it says, with the lab's tags.

    The deployment's name carries the location, since Azure refuses one name in two locations. ``granted_to``: the
    object id of an identity that acts in it by a right which it was only just granted."""
    settings = lab.settings
    name, location, subscription = f"{part}-{settings.name}", settings.location, settings.subscription
    words = ["--name", f"{name}-{location}", "--location", location, "--template-file", f"templates/azure/{part}.json"]
    words += ["--parameters", *(f"{key}={_said(value)}" for key, value in parameters.items())]
    words.append(f"tags={_said(settings.lab_tags)}")
    what_if = az.az(
        "deployment", "sub", "what-if", *words, "--no-pretty-print", subscription=subscription, timeout_s=600
    )
    create = az.az("deployment", "sub", "create", *words, subscription=subscription, timeout_s=DEPLOY_TIMEOUT_S)
    if granted_to:
        create = replace(create, retry=granted(granted_to) + create.retry)

    def judge(prediction: dict[str, Any]) -> State:
        changes = prediction["changes"] or []
        how = []
        for change in changes:
            what = short(change["resourceId"])
            if change["changeType"] in ("Create", "Deploy"):
                how.append(Change("create", what))
            elif change["changeType"] == "Modify" and (lines := tuple(differences(change))):
                how.append(Change("change", what, lines))
        return Differs(tuple(how)) if how else Holds()

    ask = az.question(what_if, topic=f"deployment/{name}")
    return Goal(f"{name} deployed", asks=(ask,), judge=judge, acts=(create,), touches=("az",))


def _said(value: Any) -> str:
    """A parameter's value on az's command line."""
    return value if isinstance(value, str) else json.dumps(value)


def short(resource_id: str) -> str:
    """A resource's type and name, as people say it: ``registries acrdev``."""
    return " ".join(resource_id.rsplit("/", 2)[-2:])


def differences(change: dict[str, Any]) -> Iterator[str]:
    """One line for each property that the template sets and that stands otherwise.

    What-if also reports what the template leaves to Azure's defaults (as deletions) and what it cannot evaluate (as
    text in brackets); neither is a difference (Azure/arm-template-whatif, known noise)."""
    for path, before, after in leaves(change.get("delta") or []):
        if after is not None and not str(after).startswith("["):
            yield f"{path}: {before} -> {after}"


def leaves(delta: list[dict[str, Any]], prefix: str = "") -> Iterator[tuple[str, Any, Any]]:
    """The properties of a what-if delta that are created or modified: (path, before, after)."""
    for entry in delta:
        path = f"{prefix}.{entry['path']}" if prefix else str(entry["path"])
        if entry.get("children"):
            yield from leaves(entry["children"], path)
        elif entry["propertyChangeType"] in ("Create", "Modify"):
            yield path, entry.get("before"), entry.get("after")
