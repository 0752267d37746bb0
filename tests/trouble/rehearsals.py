"""A program: many seeded rehearsals, each of which has to come out as the lab does without faults, with no human.

    python tests/trouble/rehearsals.py --seeds 1-200 --jobs 2

Each is `inv rehearse --seed=N`. A line of results.jsonl in the folder tells what came of it; seeds that have one are
left out, so that the program may be stopped and started again. What a failed one left lies in the folder too.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[2]
INV = Path(sys.executable).with_name("inv")
WITHIN_S = 1200.0

begun: list[subprocess.Popen[bytes]] = []


def rehearsed(seed: int, home: Path, options: list[str]) -> dict[str, Any]:
    """What came of one seed, as `inv rehearse` keeps it; what it said lies beside."""
    environ = {**os.environ, "AKS_LAB_HOME": str(home), "NO_COLOR": "1"}
    said = home / f"seed-{seed}.txt"
    with said.open("w") as output:
        ended = subprocess.Popen(
            [str(INV), "rehearse", f"--seed={seed}", *options],
            cwd=PROJECT, env=environ, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
        )  # fmt: skip
        begun.append(ended)
        ended.wait(WITHIN_S)
    kept = home / "rehearsals" / f"seed-{seed}.json"
    if not kept.exists():
        return {"plan": {"seed": seed}, "converged": False, "complaint": said.read_text()[-2000:]}
    found: dict[str, Any] = json.loads(kept.read_text())
    kept.unlink()
    assert found["converged"] == (ended.returncode == 0), "the exit code does not say what happened"
    return found


def summary(results: Iterable[dict[str, Any]]) -> list[str]:
    """The figures of all results: how many converged, how much they met, what it cost."""
    all_ = list(results)
    met = [one for one in all_ if "injected" in one]
    lines = [f"{sum(one['converged'] for one in all_)} of {len(all_)} converged"]
    if met:
        counts = Counter(fault["fault"] for one in met for fault in one["injected"])
        kinds = ", ".join(f"{name} {count}" for name, count in counts.most_common())
        columns = {"seconds": "seconds", "undisturbed_s": "undisturbed", "tried_again": "tried again",
                   "waited_s": "seconds waited"}  # fmt: skip
        lines += [f"faults a run: {_spread(len(one['injected']) for one in met)}"]
        lines += [f"{title}: {_spread(one[column] for one in met)}" for column, title in columns.items()]
        lines += [f"injected: {sum(counts.values())} ({kinds})"]
    failed = [one for one in all_ if not one["converged"]]
    for one in failed:
        why = [f"{step}: {text}" for step, text in one.get("failed", {}).items()] or one.get("differences", [])
        lines.append(f"seed {one['plan']['seed']}: {'; '.join(why)[:400] or one.get('complaint', '')[-400:]}")
    return lines


def _spread(values: Iterable[float]) -> str:
    found = list(values)
    return f"min {min(found):g}, median {statistics.median(found):g}, max {max(found):g}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="1-10", help="from-to")
    parser.add_argument("--jobs", type=int, default=1, help="seeds side by side")
    folder = PROJECT / ".lab/torture/rehearsals"
    parser.add_argument("--folder", type=lambda given: Path(given).absolute(), default=folder, help=str(folder))
    parser.add_argument("--tools", type=Path, default=PROJECT / ".lab/tools", help="the tools of a lab home")
    parser.add_argument("--faults", default="", help="only these, with commas between them")
    parser.add_argument("--rate", default="", help="the part of all requests at which a fault begins")
    given = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):  # also where the shell has left SIGINT ignored
        signal.signal(number, signal.default_int_handler)
    given.folder.mkdir(parents=True, exist_ok=True)
    if not (given.folder / "tools").exists():
        (given.folder / "tools").symlink_to(given.tools.resolve())
    results = given.folder / "results.jsonl"
    done = (
        {json.loads(line)["plan"]["seed"] for line in results.read_text().splitlines()} if results.exists() else set()
    )
    first, _, last = given.seeds.partition("-")
    seeds = [seed for seed in range(int(first), int(last or first) + 1) if seed not in done]
    options = [f"--{name}={getattr(given, name)}" for name in ("faults", "rate") if getattr(given, name)]

    stopped = threading.Event()

    def one(seed: int) -> None:
        found = rehearsed(seed, given.folder, options)
        if stopped.is_set():
            return
        with results.open("a") as file:
            file.write(json.dumps(found) + "\n")
        how = "converged" if found["converged"] else "FAILED"
        print(f"{seed:>4} {how:<9} {found.get('seconds')} s, {len(found.get('injected', []))} faults", flush=True)

    with ThreadPoolExecutor(given.jobs) as pool:
        try:
            list(pool.map(one, seeds[:1]))  # alone: it looks at the undisturbed lab first
            list(pool.map(one, seeds[1:]))
        except KeyboardInterrupt:
            stopped.set()
            pool.shutdown(wait=False, cancel_futures=True)
            for each in begun:  # a terminal's Ctrl-C has told them already; a second time, they end at once
                each.send_signal(signal.SIGTERM)
            return 130
    kept = [json.loads(line) for line in results.read_text().splitlines()]
    print("\n".join(summary(kept)))
    return int(not all(found["converged"] for found in kept))


if __name__ == "__main__":
    sys.exit(main())
