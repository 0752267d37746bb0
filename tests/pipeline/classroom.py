"""A program: a class on one sandbox. So many environments are rendered; of them some come up at once, each on an agent.

    PYTHONPATH=tests python tests/pipeline/classroom.py --labs 50 --at-once 10 --folder .lab/torture/class

Each has to have a registry, an issuer, an address and an owner of records that no other has. Then one goes, and the
others have to be as they were: their next run changes nothing, and nothing of theirs is missing or another. It prints
what it saw, and ends with 1 where something was not so. The folder has every agent's logs.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from agents import Played
from client_shell import LAB_HOME
from cloud import Cloud, Repository

from engine.settings import load
from steps.environment import Environment

ZONE = ("--resource-group", "rg-core-dns", "--zone-name", "contoso.localhost")
#: Which service account may act as which of a lab's identities: that of the lab's own cluster alone.
TRUSTED = {
    "infra": "azure-workload-identity-system:workload-identity-sa",
    "certmanager": "cert-manager:cert-manager",
    "externaldns": "external-dns:external-dns",
    "workload": "workload:backend",
}
AUDIENCE = ["api://AzureADTokenExchange"]
#: What an agent has done for itself, whatever Azure holds.
ON_ITS_MACHINE = {"tools", "credentials"}


class Classroom:
    """``labs`` environments on one sandbox, ``at_once`` of which are run."""

    def __init__(self, folder: Path, labs: int, at_once: int) -> None:
        self.cloud = Cloud.start(folder / "sandbox")
        self.repository = Repository.at(folder / "project")
        self.agents = self.cloud.agents(self.repository.root, folder / "agents")
        self.agents.environ["INVOKE_LAB_JOBS"] = "2"  # all agents are one machine here, and its pods have to answer too
        self.at_once = at_once
        self.repository.config("common", self.cloud.environment("common"))
        self.names = [f"lab{number:02}" for number in range(labs)]
        self._listed("fifty", self.names)
        print(f"{len(self.repository.inv('environments', 'config/fifty.yaml').splitlines())} environments rendered")

    def run(self, *names: str, step: str = "lab") -> dict[str, Played]:
        """What became of these labs, run from one rendered pipeline."""
        file = f"pipelines/{step}-{names[0]}-{len(names)}.yml"
        self._listed("some", list(names))
        self.repository.inv("pipeline", "--environments", "config/some.yaml", "--step", step, "--output", file)
        started = time.monotonic()
        ended = self.agents.run(file, agents=self.at_once)
        played = {name: ended[f"{step}.{name}"] for name in names}
        good = sum(one.result == "succeeded" for one in played.values())
        print(f"inv {step}: {good} of {len(names)} succeeded, in {time.monotonic() - started:.0f} s", flush=True)
        for name, one in played.items():
            if one.result != "succeeded":
                print(f"--- {name} {one.result}\n{one.said}")
        return played

    def things(self, names: list[str]) -> dict[str, set[str]]:
        """Of each lab, all in the subscription and the directory that has the lab's name in its own."""
        everything = list(self._everything())
        return {name: {one for one in everything if name in one} for name in names}

    def settings(self, name: str) -> Environment:
        return load(self.repository.root / f"config/fifty/{name}.yaml", Environment)

    def _everything(self) -> Iterator[str]:
        for words in (("group", "list"), ("resource", "list")):
            yield from (one["id"] for one in self._az(*words))
        for one in self._az("network", "dns", "record-set", "list", *ZONE):
            addresses = [each["ipv4Address"] for each in one.get("ARecords") or []]
            texts = ["".join(each["value"]) for each in one.get("TXTRecords") or []]
            yield f"record {one['name']} {one['type'].rpartition('/')[2]} {sorted(addresses + texts)}"
        for one in self._az("identity", "list"):
            place = ("--identity-name", one["name"], "--resource-group", one["resourceGroup"])
            for each in self._az("identity", "federated-credential", "list", *place):
                yield f"{one['name']} trusts {each['subject']} of {each['issuer']} for {each['audiences']}"
        for one in self._az("aks", "list"):
            yield f"{one['name']} issues as {one['oidcIssuerProfile']['issuerUrl']}"
        yield from (one["displayName"] for one in self._az("ad", "group", "list"))
        for one in self._az("role", "assignment", "list", "--all"):
            yield f"{one['roleDefinitionName']} of {one['principalName']} at {one['scope']}"

    def _az(self, *words: str) -> Any:
        environ = {**os.environ, **self.cloud.shell}
        az = ["az", *words, "--output", "json"]
        return json.loads(subprocess.run(az, env=environ, check=True, capture_output=True).stdout)

    def _listed(self, file: str, names: list[str]) -> None:
        labs = [{"name": name} for name in names]
        self.repository.config(file, {"like": "config/common.yaml", "at_once": self.at_once, "labs": labs})


def changed(ended: Mapping[str, Played]) -> dict[str, set[str]]:
    """By lab, the steps that did not hold."""
    return {
        name: wrong
        for name, one in ended.items()
        if (wrong := {step for step, verdict in one.verdicts.items() if verdict != "held"} - ON_ITS_MACHINE)
    }


def amiss(lab: Environment, things: set[str], others: set[str]) -> Iterator[str]:
    """What is not the lab's own as it should be: issuer and who is trusted, records and their owner, registry."""
    own = {"registry": lab.registry_id}
    for what, pattern in {
        "issuer": rf"{lab.names.cluster} issues as (https://\S+)",
        "address": rf"record {lab.workload.host} A \['([\d.]+)'\]",
        "owner": rf"record \S*{lab.workload.host} TXT .*external-dns/owner=({lab.names.dns_owner}),",
    }.items():
        values = {found[1] for one in things if (found := re.fullmatch(rf"{pattern}.*", one))}
        if len(values) != 1:
            yield f"{lab.name} has no one {what}: {values}"
        own[what] = "".join(values)
    if own["registry"] not in things:
        yield f"{lab.name} has no registry {own['registry']}"
    trusts = {f"id-{lab.name}-{part} trusts system:serviceaccount:{who} of {own['issuer']} for {AUDIENCE}"
              for part, who in TRUSTED.items()}  # fmt: skip
    if trusts != (found := {one for one in things if " trusts " in one}):
        yield f"{lab.name} trusts {found}, not {trusts}"
    text = "\n".join(others)
    yield from (f"{lab.name}'s {what} {value} is another's too" for what, value in own.items() if value in text)


def wrong(room: Classroom) -> Iterator[str]:
    """Brings some up at once, destroys the first, and tells what is not as it should be."""
    chosen = room.names[: room.at_once]
    first, *others = chosen
    up = room.run(*chosen)
    yield from (f"{name} did not come up" for name, one in up.items() if one.result != "succeeded")
    before = room.things(chosen)
    print(f"things of each lab: {sorted(len(one) for one in before.values())}")
    for name, things in before.items():
        yield from amiss(room.settings(name), things, set().union(*(before[other] for other in {*chosen} - {name})))
    yield from (
        f"{first} was not destroyed" for one in room.run(first, step="destroy").values() if one.result != "succeeded"
    )
    left = room.things(chosen)
    yield from (f"{one} is left of {first}" for one in left[first])
    yield from (f"{name} is another: {before[name] ^ left[name]}" for name in others if left[name] != before[name])
    yield from (f"{name} was changed again: {steps}" for name, steps in changed(room.run(*others)).items())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labs", type=int, default=50)
    parser.add_argument("--at-once", type=int, default=10)
    parser.add_argument("--folder", type=Path, required=True)
    asked = parser.parse_args()
    os.environ["PATH"] = os.pathsep.join([str(LAB_HOME / "tools/bin"), os.environ["PATH"]])
    room = Classroom(asked.folder.absolute(), asked.labs, asked.at_once)
    try:
        found = list(wrong(room))
    finally:
        room.cloud.stop()
    print("\n".join(found) or "nothing was in anybody's way")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
