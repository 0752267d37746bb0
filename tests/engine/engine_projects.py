"""Small projects on which the real `inv` is run as a process."""

import os
import re
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).parents[2]

TASKS = """
from pathlib import Path
from invoke import Collection, task
from engine.errors import Absent, StepFailed
from engine.goal import Act, Command, Differs, Goal, Holds, Missing, Question, Settle
from engine.retry import Retry, Row
from engine.step import Step, step, typical

WORLD = Path(__file__).parent / "world"
WORLD.mkdir(exist_ok=True)

def read(completed):
    if completed.exit_code:
        raise Absent(f"{completed.command.argv[-1]} does not exist")
    return completed.stdout.strip()

def fact(name):
    return Question(Command(("cat", f"world/{name}")), read, f"world/{name}", frozenset({0, 1}))

def thing(name, script="", **options):
    def judge(answer):
        return Missing(name) if isinstance(answer, Absent) else Holds(answer)
    script = script or f"echo there > world/{name}"
    return Goal(f"the {name}", (fact(name),), judge, (Command(("sh", "-c", script)),), **options)
"""

#: Three steps and a plain task.
LAB = """
def network(lab):
    '''The network is there.'''
    return thing("network")

@typical(minutes=5)
def cluster(lab):
    '''The cluster runs.'''
    return thing("cluster")

def app(lab):
    '''The app runs.'''

network = step(network)
cluster = step(cluster, network)
app = step(app, cluster, network)

@task
def status(c):
    '''Says hello.'''
    c.run("echo hello from invoke")
"""

#: Variables by which inv would behave otherwise, in a pipeline for instance.
ELSEWHERE = ("INVOKE_", "AKS_LAB", "CI", "TF_BUILD", "OTEL_", "TRACEPARENT")

INVOKE = """
tasks:
  executor_class: engine.executor.GraphExecutor
lab:
  jobs: 4
  fail_fast: false
"""


class Project:
    """A folder with tasks.py and invoke.yaml."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.write("invoke.yaml", INVOKE)

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
        return path

    def tasks(self, text: str) -> None:
        self.write("tasks.py", TASKS + textwrap.dedent(text))

    def command(self, *words: str) -> tuple[list[str], dict[str, str]]:
        env = {key: value for key, value in os.environ.items() if not key.startswith(ELSEWHERE)}
        env |= {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
        return [sys.executable, "-m", "invoke", *words], env

    def inv(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        argv, base = self.command(*words)
        return subprocess.run(
            argv, cwd=self.folder, env=base | env, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL
        )

    def start(self, *words: str) -> subprocess.Popen[str]:
        """The same in the background, with SIGINT as a terminal's programs have it."""
        argv, env = self.command(*words)
        return subprocess.Popen(
            argv,
            cwd=self.folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler) and None,
        )

    @property
    def runs(self) -> list[Path]:
        return sorted(self.folder.glob(".lab/environments/*/runs/*"))


def steady(output: str) -> str:
    """The output without what differs from run to run: durations and the run's folder."""
    output = re.sub(r" *\d+\.\d s", " N s", output)
    return re.sub(r"\d{8}-\d{6}-[0-9a-f]{4}", "RUN", output)


def alive(pid: int) -> bool:
    """Whether this process runs; one that ended and was not waited for does not."""
    status = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
    return bool(status) and not status.startswith("Z")
