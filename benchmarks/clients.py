"""Real clients in a lab of its own: az called plainly or warm, `inv` as a person runs it, what the journal tells."""

from __future__ import annotations

import json
import os
import re
import resource
import shlex
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from engine.process import Process, Spawned
from engine.warm import Warm
from tools import releases, warm

PROJECT = Path(__file__).resolve().parents[1]

#: What differs from one call to the next whoever makes it, and from one sandbox to another: ids, times, durations,
#: digests, the numbers of builds, ports, clusters' names in DNS.
PASSING = re.compile(
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{24,}\b|\d{4}[-/]\d\d[-/]\d\d[T ][\d:.]+(\+00:00|Z)?"
    r"|PT[\d.]+S|ID: \w+|\b\d+\.\d+ seconds|(?<=localhost:)\d+|(?<=-)\w{8}(?=\.(portal\.)?hcp\.)"
)

Answer = tuple[int, str, str]


def masked(answer: Answer) -> Answer:
    """The answer as far as two calls of the same command can be expected to agree."""
    code, out, err = answer
    return code, PASSING.sub("*", out), PASSING.sub("*", err)


@dataclass
class Clients:
    """az in one environment, called plainly or warm."""

    env: dict[str, str]
    folder: Path
    warm: Warm = field(init=False)
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.warm = Warm({"az": warm.az}, self.folder)

    def plain(self, argv: tuple[str, ...]) -> Answer:
        return self._read(Process(Spawned(argv, self.env, PROJECT, False), None))

    def kept_warm(self, argv: tuple[str, ...]) -> Answer:
        child = self.warm.start(argv, self.env, PROJECT, False, threading.Event(), self.said.append)
        assert child is not None, f"{argv[0]} is not kept warm: {self.said}"
        return self._read(Process(child, None))

    def compiled(self) -> None:
        """Sees to it that az has its bytecode, as a copy of ours has: of all that the lab's commands import. Where that
        may not be written, az is as whoever installed it has left it."""
        copy = releases.load(PROJECT)["az"].copies["any"]
        found = warm.interpreter(Path(shutil.which("az", path=self.env["PATH"]) or ""), self.env["PATH"])
        assert isinstance(copy, releases.Packages) and found
        where = "import azure.cli, pathlib; print(pathlib.Path(azure.cli.__path__[0]).parents[1])"
        python, env = found[0], self.env | found[1]
        site = subprocess.run(
            [*python, "-c", where], env=env, capture_output=True, text=True, check=True
        ).stdout.strip()
        folders = [folder for one in copy.compiled if os.access(folder := Path(site, one), os.W_OK)]
        if not folders:
            return
        words = ("-m", "compileall", "-q", "-x", "/(aio|tests)/", *map(str, folders))
        subprocess.run([*python, *words], env=env, stdin=subprocess.DEVNULL, check=True)

    @staticmethod
    def _read(process: Process) -> Answer:
        code, out, err, _ = process.read_to_end(lambda mark, text: None, None)
        return code, out, err


def kinds(commands: Iterable[tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """One command of each kind ("aks show", "rest get organization"), the first."""
    found: dict[str, tuple[str, ...]] = {}
    for argv in commands:
        if argv[0] == "az":
            words = list(takewhile(lambda word: not word.startswith("-"), argv[1:]))
            if words == ["rest"]:
                url = argv[argv.index("--url") + 1]
                named = [one for one in urlsplit(url).path.split("/") if one and not PASSING.fullmatch(one)]
                words += [argv[argv.index("--method") + 1], named[-1]]
            found.setdefault(" ".join(words), argv)
    return found


def plain_cpu_s() -> float:
    """Processor time of this process's children that have ended, and of their own."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime


def warm_cpu_s() -> float:
    """Processor time of its children that have not: servers, with what they have run."""
    time.sleep(0.1)  # until they have noticed that the last one has ended
    stats = [stat.rpartition(") ")[2].split() for stat in own("stat")]
    return sum(sum(map(int, fields[11:15])) for fields in stats) / os.sysconf("SC_CLK_TCK")


def own(file: str) -> Iterator[str]:
    """What /proc tells of each child of this process."""
    for parent in Path("/proc").glob("[0-9]*/stat"):
        try:
            if parent.read_text().rpartition(") ")[2].split()[1] == str(os.getpid()):
                yield parent.with_name(file).read_text()
        except OSError:  # it has ended meanwhile
            continue


def memory_mb() -> list[float]:
    """What each server keeps in memory, which its children share."""
    found = [re.search(r"VmRSS:\s+(\d+)", status) for status in own("status")]
    return [int(resident[1]) / 1024 for resident in found if resident]


@dataclass
class Lab:
    """`inv` with a home of its own, and a sandbox in it."""

    home: Path
    env: dict[str, str] = field(default_factory=dict)

    def inv(self, *words: str, **env: str) -> tuple[str, float]:
        """Standard output, and seconds. Ends this program if `inv` fails."""
        before = time.perf_counter()
        ended = subprocess.run(
            [sys.executable, "-m", "invoke", *words],
            cwd=PROJECT,
            env={**os.environ, "AKS_LAB_HOME": str(self.home), "NO_COLOR": "1", **env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if ended.returncode:
            sys.exit(f"inv {' '.join(words)}:\n{ended.stdout}{ended.stderr}")
        return ended.stdout, time.perf_counter() - before

    def commands(self) -> list[Ran]:
        """What the newest run started, in the order in which it did."""
        newest = max(self.home.glob("environments/*/runs/*"))
        events = [json.loads(line) for line in (newest / "journal.jsonl").read_text().splitlines()]
        took = {(event["step"], event["n"]): event["seconds"] for event in events if event["event"] == "command.ended"}
        return [
            Ran(tuple(shlex.split(event["command"])), took[event["step"], event["n"]])
            for event in events if event["event"] == "command.started"
        ]  # fmt: skip

    def requests(self) -> int:
        """How many the sandbox has had so far."""
        status: dict[str, Any] = json.loads(self.inv("sandbox.status")[0])
        return int(status["requests"])

    @contextmanager
    def clients(self) -> Iterator[Clients]:
        """az at this sandbox, as in a run; its bytecode is compiled."""
        trust = {"REQUESTS_CA_BUNDLE": str(self.home / "sandbox/tls/ca.pem")}
        clients = Clients(environment(self.inv("sandbox.env")[0]) | trust, self.home / "learned")
        clients.compiled()
        try:
            yield clients
        finally:
            clients.warm.close()

    def guide(self) -> tuple[Counter[str], float]:
        """The guide's commands one after the other (benchmarks/guide.sh): how often each program, and seconds."""
        with self.clients() as clients:
            env = clients.env | {"COUNTED": str(self.home / "counted"), "KUBECONFIG": str(self.home / "guide")}
            _, cloud, _ = clients.plain(("az", "cloud", "show", "--output", "json"))
        env["GRAPH"] = json.loads(cloud)["endpoints"]["microsoftGraphResourceId"].rstrip("/")
        before = time.perf_counter()
        with (self.home / "guide.log").open("w") as log:
            script = ["bash", str(Path(__file__).with_name("guide.sh"))]
            ended = subprocess.run(script, cwd=PROJECT, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        if ended.returncode:
            sys.exit(f"{script[1]}:\n{(self.home / 'guide.log').read_text()}")
        return Counter((self.home / "counted").read_text().split()), time.perf_counter() - before


@dataclass(frozen=True)
class Ran:
    """A command of a run, and its seconds."""

    argv: tuple[str, ...]
    seconds: float

    @property
    def program(self) -> str:
        return Path(self.argv[0]).name


@contextmanager
def lab(home: Path) -> Iterator[Lab]:
    """A lab in which nothing has been done yet, with the tools that this machine's own lab has."""
    tools = Path(os.environ.get("AKS_LAB_HOME") or PROJECT / ".lab") / "tools"
    home.mkdir(parents=True, exist_ok=True)
    if tools.exists():
        (home / "tools").symlink_to(tools.resolve())
    made = Lab(home)
    try:
        yield made
    finally:
        made.inv("sandbox.stop")


def environment(exports: str) -> dict[str, str]:
    """The variables after these `export` lines."""
    script = f"{exports}\nexec {shlex.quote(sys.executable)} -c 'import json, os; print(json.dumps(dict(os.environ)))'"
    return dict(json.loads(subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout))
