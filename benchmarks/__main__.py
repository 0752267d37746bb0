"""The command line: `python -m benchmarks`, or `python -m benchmarks listing makespan --rounds 9`."""

from __future__ import annotations

import argparse
import os
import pkgutil
import platform
import time
from importlib import import_module

from benchmarks import parts


def main() -> None:
    names = sorted(module.name for module in pkgutil.iter_modules(parts.__path__))
    found = {name: import_module(f"benchmarks.parts.{name}") for name in names}
    lines = "\n".join(f"  {name:<12} {(found[name].__doc__ or '').partition(chr(10))[0]}" for name in names)
    parser = argparse.ArgumentParser(
        "python -m benchmarks",
        description="Measures, and prints tables for Markdown.",
        epilog=f"parts:\n{lines}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("part", nargs="*", help="all of them, unless some are named", metavar="PART")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is run, in turn with the others (5)")
    asked = parser.parse_args()
    if unknown := set(asked.part) - found.keys():
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    print(f"{os.cpu_count()} processors, {platform.platform()}, Python {platform.python_version()}")
    for name in asked.part or names:
        began = time.monotonic()
        for table in found[name].tables(asked.rounds):
            print(f"\n{table}", flush=True)
        print(f"\n({name} took {time.monotonic() - began:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
