"""A program: kills (-9) at seeded moments, of the runner or of one of its processes; the next run has to converge.

    python tests/trouble/kills.py --seeds 1-100 --jobs 2

Each seed has a home and a sandbox of its own. It says whether the runner dies (odd seeds) or one of its processes,
after how many commands, how slow the sandbox is, and what one goes on with. A line of results.jsonl in the folder tells
how it came out; seeds that have one are left out, so that the program may be stopped and started again. Needs Linux's
/proc.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[2]
INV = Path(sys.executable).with_name("inv")
PROC = Path("/proc")
RUN_WITHIN_S = 600.0
GONE_WITHIN_S = 5.0

#: What the run after the kill is asked for, before `inv lab` has the last word: mostly nothing else.
GOING_ON = ((), (), (), ("certmanager",), ("workload",))
#: How slow the sandbox is: at once, and so that most kills find something under way in Azure.
PACES = (0, 0.02)


@dataclass
class Kill:
    """One run that is disturbed: `victim` ("runner" or "child") dies `delay_s` after so many commands were started.

    pick    which child: from 0 to 1, in the order of their ids
    killed  its command line; empty when the run was over before
    code    how the run ended: 1 where a step failed for it, 0 where it was tried again
    """

    victim: str
    after: int
    delay_s: float
    pick: float
    killed: str = ""
    code: int = 0


@dataclass
class Outcome:
    """How one seed came out: the kills, then what was gone on with and how that ended."""

    seed: int
    pace: float
    kills: list[Kill]
    going_on: list[str]
    codes: list[int] = field(default_factory=list)
    left_behind: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    complaint: str = ""
    seconds: float = 0.0

    @classmethod
    def planned(cls, seed: int, commands: int, kills: int = 1) -> Outcome:
        """`commands`: how many an undisturbed run starts."""
        chance = random.Random(seed)
        victims = [("child", "runner")[(seed + number) % 2] for number in range(kills)]
        planned = [
            Kill(victim, chance.randrange(commands // (number + 1)), chance.uniform(0, 0.3), chance.random())
            for number, victim in enumerate(victims)
        ]
        return cls(seed, chance.choice(PACES), planned, [*chance.choice(GOING_ON), "lab"])

    @property
    def missed(self) -> bool:
        """A run was over before its kill came: no evidence of anything."""
        return not all(kill.killed for kill in self.kills)

    @property
    def converged(self) -> bool:
        wrong = self.left_behind or self.differences or self.complaint or any(self.codes)
        ends = {"runner": (0, -signal.SIGKILL), "child": (0, 1)}
        return not wrong and all(kill.code in ends[kill.victim] for kill in self.kills)


class Home:
    """A lab home with a sandbox that nobody else uses."""

    def __init__(self, folder: Path, tools: Path, pace: float = 0) -> None:
        self.folder, self.settings = folder, folder / "sandbox.yaml"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "tools").symlink_to(tools.resolve())
        settings = (PROJECT / "config/sandbox.yaml").read_text()
        self.settings.write_text(re.sub(r"(?m)^  pace: \S+", f"  pace: {pace}", settings))
        self.environ = {**os.environ, "AKS_LAB_HOME": str(folder), "NO_COLOR": "1"}

    def start(self, *words: str) -> subprocess.Popen[str]:
        """`inv words` in a session of its own, so that a signal to us is none to it."""
        return subprocess.Popen(
            [str(INV), "-f", str(self.settings), *words], cwd=PROJECT, env=self.environ, start_new_session=True,
            text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def inv(self, *words: str) -> tuple[int, str]:
        with self.start(*words) as run:
            said, _ = run.communicate(timeout=RUN_WITHIN_S)
        return run.returncode, said

    def sandbox(self, word: str) -> str:
        argv = [sys.executable, "-m", "sandbox", word, "--home", str(self.folder / "sandbox")]
        ended = subprocess.run(argv, cwd=PROJECT, env=self.environ, capture_output=True, text=True, timeout=120)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    def newest(self) -> Path | None:
        """The newest run's folder."""
        return max(self.folder.glob("environments/*/runs/*"), default=None, key=lambda path: path.name)

    def commands(self) -> int:
        """How many commands the newest run has started so far."""
        run = self.newest()
        journal = run / "journal.jsonl" if run else None
        return journal.read_bytes().count(b'"command.started"') if journal and journal.exists() else 0

    def processes(self) -> dict[int, str]:
        """Every process that has this home in its environment, but the sandbox and the pods of its cluster."""
        mark = f"AKS_LAB_HOME={self.folder}\0".encode()
        found = {}
        for pid in _pids():
            with suppress(OSError):
                line = _command_line(pid)
                if mark in (PROC / str(pid) / "environ").read_bytes() + b"\0" and "sandbox serve" not in line:
                    found[pid] = line
        served = _descendants(self._serving())
        return {pid: line for pid, line in found.items() if pid not in served}

    def _serving(self) -> int:
        endpoint = self.folder / "sandbox/endpoint.json"
        return int(json.loads(endpoint.read_text())["pid"]) if endpoint.exists() else 0


def tried(outcome: Outcome, folder: Path, tools: Path, wanted: dict[str, Any]) -> Outcome:
    """One seed from an empty home to the comparison; its home is kept when something was wrong."""
    home = Home(folder / f"seed-{outcome.seed}", tools, outcome.pace)
    started = time.monotonic()
    try:
        home.sandbox("start")
        texts = []
        for kill in outcome.kills:
            texts.append(disturbed(home, kill))
            if kill.victim == "runner":
                outcome.left_behind += _left_behind(home)
        for word in outcome.going_on:
            code, text = home.inv(word)
            outcome.codes.append(code)
            texts.append(text)
        (home.folder / "said.txt").write_text("\n\n".join(texts))
        outcome.complaint = next((text for text in texts if "Traceback" in text), "")
        outcome.differences = list(differences(wanted, json.loads(home.sandbox("state"))))
        outcome.left_behind += _left_behind(home)
    except Exception as error:  # noqa: BLE001 - it is this seed's outcome, and the others go on
        outcome.complaint = f"{type(error).__name__}: {error}"
    finally:
        outcome.seconds = round(time.monotonic() - started, 1)
        home.sandbox("stop")
    if outcome.converged:
        shutil.rmtree(home.folder)
    return outcome


def disturbed(home: Home, kill: Kill) -> str:
    """`inv lab`, with one kill; what it said."""
    before = home.newest()
    with home.start("lab") as run:
        output: list[str] = []
        reader = threading.Thread(target=lambda: output.append(run.stdout.read() if run.stdout else ""), daemon=True)
        reader.start()
        while (home.newest() == before or home.commands() <= kill.after) and run.poll() is None:
            time.sleep(0.01)
        time.sleep(kill.delay_s)
        while not kill.killed and run.poll() is None:
            victims = [run.pid] if kill.victim == "runner" else sorted(_descendants(run.pid))
            if victims:
                victim = victims[int(kill.pick * len(victims))]
                with suppress(OSError):
                    line = _command_line(victim)
                    os.kill(victim, signal.SIGKILL)
                    kill.killed = line or f"process {victim}"
        kill.code = run.wait(RUN_WITHIN_S)
        reader.join(GONE_WITHIN_S)  # what is left behind may hold its output open
    return "".join(output)


def undisturbed(folder: Path, tools: Path) -> tuple[dict[str, Any], int]:
    """How the lab comes out without a kill, and how many commands that takes; kept in the folder."""
    kept = folder / "undisturbed.json"
    if not kept.exists():
        home = Home(folder / "undisturbed", tools)
        home.sandbox("start")
        try:
            code, said = home.inv("lab")
            assert code == 0, said
            kept.write_text(json.dumps({"state": json.loads(home.sandbox("state")), "commands": home.commands()}))
        finally:
            home.sandbox("stop")
        shutil.rmtree(home.folder)
    found = json.loads(kept.read_text())
    return found["state"], found["commands"]


def _left_behind(home: Home) -> list[str]:
    """What still runs in this home after a while."""
    until = time.monotonic() + GONE_WITHIN_S
    while (left := home.processes()) and time.monotonic() < until:
        time.sleep(0.05)
    return list(left.values())


def _pids() -> list[int]:
    return [int(path.name) for path in PROC.iterdir() if path.name.isdecimal()]


def _command_line(pid: int) -> str:
    return (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()[:300]


def _descendants(ancestor: int) -> set[int]:
    """Its children, theirs, and so on."""
    parents = {}
    for pid in _pids():
        with suppress(OSError):
            parents[pid] = int((PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
    found = {ancestor} if ancestor else set()
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {ancestor}


def differences(wanted: Any, found: Any) -> list[str]:
    """Lines that a person can read; see tools/comparison.py."""
    sys.path.insert(0, str(PROJECT))
    from tools.comparison import differences

    return list(differences(wanted, found))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="1-10", help="from-to")
    parser.add_argument("--kills", type=int, default=1, help="how many runs are disturbed before one that is not")
    parser.add_argument("--jobs", type=int, default=1, help="seeds side by side")
    folder = PROJECT / ".lab/torture/kills"
    parser.add_argument("--folder", type=lambda given: Path(given).absolute(), default=folder, help=str(folder))
    parser.add_argument("--tools", type=Path, default=PROJECT / ".lab/tools", help="the tools of a lab home")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    results = given.folder / "results.jsonl"
    done = {json.loads(line)["seed"] for line in results.read_text().splitlines()} if results.exists() else set()
    first, _, last = given.seeds.partition("-")
    seeds = [seed for seed in range(int(first), int(last or first) + 1) if seed not in done]
    wanted, commands = undisturbed(given.folder, given.tools)

    def one(seed: int) -> bool:
        outcome = tried(Outcome.planned(seed, commands, given.kills), given.folder, given.tools, wanted)
        with results.open("a") as file:
            file.write(json.dumps(asdict(outcome) | {"converged": outcome.converged, "missed": outcome.missed}) + "\n")
        how = "FAILED" if not outcome.converged else "missed" if outcome.missed else "converged"
        killed = "; ".join(f"{kill.victim}: {kill.killed[-80:]}" for kill in outcome.kills)
        print(f"{seed:>4} {how:<9} {outcome.seconds:>6} s  {killed}", flush=True)
        return outcome.converged

    with ThreadPoolExecutor(given.jobs) as pool:
        list(pool.map(one, seeds))
    kept = [json.loads(line) for line in results.read_text().splitlines()]
    killed = [one for one in kept if not one["missed"]]
    print(
        f"{sum(one['converged'] for one in killed)} of {len(killed)} killed runs converged; {len(kept) - len(killed)} "
        f"were over before"
    )
    return int(not all(one["converged"] for one in kept))


if __name__ == "__main__":
    sys.exit(main())
