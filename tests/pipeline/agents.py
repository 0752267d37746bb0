"""Azure Pipelines, played: the jobs of a rendered file on agents of their own, which have nothing in common but Azure.

Scripts are run as they stand in the file, by bash. Tasks are played: AzureCLI@2 signs in as the service connection,
runs its script and signs out. What is not known here is an error, so that nothing is passed over. One run at a time
has the environment that its jobs deploy to, as the check "Exclusive lock" has it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

#: `python3 -m venv` of an agent's image: the project's requirements are there already, and pip has nothing to do.
PYTHON3 = """\
#!/bin/sh
[ "$1 $2" = "-m venv" ] || exec {python} "$@"
mkdir -p "$3/bin" && printf '#!/bin/sh\\n' >"$3/bin/pip" && chmod +x "$3/bin/pip" && ln -s {inv} "$3/bin/inv"
"""


#: All that is said of a step.
KEYS = {"checkout", "fetchDepth", "persistCredentials", "download", "script", "publish", "artifact", "task", "inputs",
        "displayName", "condition"}  # fmt: skip
#: Beside `succeeded()`: whatever has happened, once a script has said so.
BEGUN = "and(always(), eq(variables.begun, 'yes'))"
SET_VARIABLE = re.compile(r"##vso\[task\.setvariable variable=(\w+)\](.*)")


@dataclass(frozen=True)
class Connection:
    """A service connection: the cloud it is for, whom it signs in, and the token that vouches for it."""

    name: str
    cloud: str
    client: str
    tenant: str
    subscription: str
    assertion: str

    def sign_in(self) -> Iterator[tuple[str, ...]]:
        """What the task does before its script, for a cloud that az does not know by itself."""
        yield "az", "cloud", "register", "--name", "Lab", "--endpoint-resource-manager", self.cloud
        yield "az", "cloud", "set", "--name", "Lab"
        login = ("az", "login", "--service-principal", "--username", self.client, "--tenant", self.tenant)
        yield *login, "--federated-token", self.assertion, "--allow-no-subscriptions"
        yield "az", "account", "set", "--subscription", self.subscription


@dataclass
class Job:
    """A job of the file, or one leg of its matrix."""

    name: str
    after: list[str]
    steps: list[dict[str, Any]]
    variables: dict[str, str]
    at_once: tuple[str, int] | None = None
    lock: str = ""


@dataclass
class Played:
    """How a job ended: `succeeded`, `failed` or `skipped`; what it said; and what it published."""

    result: str
    job: str = ""
    attempt: int = 0
    folder: Path = Path()
    said: str = ""
    results: list[Path] = field(default_factory=list)
    artifacts: dict[str, Path] = field(default_factory=dict)

    @property
    def verdicts(self) -> dict[str, str]:
        """The verdict of each step that has ended, in the job's only run of `inv`."""
        events = [
            json.loads(line)
            for journal in self.folder.glob("temporary/lab/environments/*/runs/*/journal.jsonl")
            for line in journal.read_text().splitlines(keepends=True)
            if line.endswith("\n")
        ]
        return {event["step"]: event["verdict"] for event in events if event["event"] == "step.ended"}


#: Is told each process that is started, with what the job has come to.
Watch = Callable[[Played, subprocess.Popen[str]], None]


def jobs_of(pipeline: Mapping[str, Any]) -> list[Job]:
    """The jobs of a file with one stage; those of a matrix are called job.leg, and all of them are waited for."""
    (stage,) = pipeline["stages"]
    found: list[Job] = []
    legs: dict[str, list[str]] = {}
    for one in stage["jobs"]:
        name = one.get("deployment") or one["job"]
        assert one.get("condition", "succeeded()") == "succeeded()"
        after = [leg for before in one.get("dependsOn", ()) for leg in legs[before]]
        if "deployment" in one:
            assert one["environment"] and stage["lockBehavior"] == "sequential"
            steps = one["strategy"]["runOnce"]["deploy"]["steps"]
            assert {"download": "none"} in steps, f"{name} would be handed all that jobs before it have published"
            found.append(Job(name, after, steps, dict(pipeline["variables"]), lock=one["environment"]))
            legs[name] = [name]
            continue
        matrix, limit = one["strategy"]["matrix"], int(one["strategy"]["maxParallel"])
        for leg, variables in matrix.items():
            found.append(Job(f"{name}.{leg}", after, one["steps"], pipeline["variables"] | variables, (name, limit)))
        legs[name] = [f"{name}.{leg}" for leg in matrix]
    return found


class Agents:
    """A pool of agents for the pipelines of one repository, which is copied for each job.

    ``image`` is a folder of programs that each agent has.
    """

    def __init__(self, repository: Path, folder: Path, environ: Mapping[str, str], connection: Connection) -> None:
        self.repository, self.folder, self.connection = repository, folder, connection
        self.image = folder / "image"
        self.image.mkdir(parents=True)
        python3 = self.image / "python3"
        python3.write_text(PYTHON3.format(python=sys.executable, inv=Path(sys.executable).with_name("inv")))
        python3.chmod(0o755)
        self.environ = {**environ, "PATH": os.pathsep.join([str(self.image), environ["PATH"]])}
        self.watch: Watch = lambda played, process: None
        self.attempts: dict[str, int] = {}
        self._locks: dict[str, threading.Lock] = {}

    def run(self, file: str, agents: int, done: Mapping[str, Played] | None = None) -> dict[str, Played]:
        """Runs the pipeline on so many agents; of an earlier run what did not succeed is run again."""
        jobs = jobs_of(yaml.safe_load((self.repository / file).read_text()))
        ended = {name: played for name, played in (done or {}).items() if played.result == "succeeded"}
        waiting = [job for job in jobs if job.name not in ended]
        running: dict[Future[Played], Job] = {}
        with ExitStack() as held, ThreadPoolExecutor(agents) as pool:
            for name in sorted({job.lock for job in jobs} - {""}):
                held.enter_context(self._locks.setdefault(name, threading.Lock()))
            while waiting or running:
                for job in list(waiting):
                    results = [ended[before].result for before in job.after if before in ended]
                    if any(result != "succeeded" for result in results):
                        ended[job.name] = Played("skipped")
                        waiting.remove(job)
                    elif len(results) == len(job.after) and _has_room(job, running.values()):
                        running[pool.submit(self._job, job)] = job
                        waiting.remove(job)
                for future in wait(running, return_when=FIRST_COMPLETED).done if running else ():
                    ended[running.pop(future).name] = future.result()
        return ended

    def _job(self, job: Job) -> Played:
        """One job, on an agent that has never seen another one."""
        attempt = self.attempts[job.name] = self.attempts.get(job.name, 0) + 1
        folder = self.folder / f"{job.name}-{attempt}"
        for name in ("sources", "temporary", "home"):
            (folder / name).mkdir(parents=True)
        variables = job.variables | {
            "Agent.TempDirectory": str(folder / "temporary"),
            "System.JobAttempt": str(attempt),
        }
        played = Played("succeeded", job.name, attempt, folder)
        for step in job.steps:
            condition = step.get("condition", "succeeded()")
            assert condition in ("succeeded()", BEGUN), condition
            if variables.get("begun") == "yes" if condition == BEGUN else played.result == "succeeded":
                self._step(_expanded(step, variables), variables, played)
                variables |= SET_VARIABLE.findall(played.said)
        return played

    def _step(self, step: dict[str, Any], variables: Mapping[str, str], played: Played) -> None:
        assert step.keys() <= KEYS, step
        if "download" in step:
            assert step["download"] == "none"
        elif "checkout" in step:
            assert step["checkout"] == "self"
            shutil.copytree(self.repository, played.folder / "sources", dirs_exist_ok=True)
        elif "script" in step:
            self._scripts([["bash", "-c", step["script"]]], {}, variables, played)
        elif "publish" in step:
            assert Path(step["publish"]).is_dir(), f"{step['publish']} is not there to be published"
            played.artifacts[step["artifact"]] = Path(step["publish"])
        elif step["task"] == "PublishTestResults@2":
            inputs = _inputs(step, "searchFolder", "testResultsFiles", "testRunTitle", testResultsFormat="JUnit")
            played.results += sorted(Path(inputs["searchFolder"]).glob(inputs["testResultsFiles"]))
        elif step["task"] == "AzureCLI@2":
            bash = {"scriptType": "bash", "scriptLocation": "inlineScript"}
            inputs = _inputs(step, "inlineScript", azureSubscription=self.connection.name, **bash)
            session = played.folder / "temporary" / "azure"
            commands = [*map(list, self.connection.sign_in()), ["bash", "-c", inputs["inlineScript"]]]
            self._scripts(commands, {"AZURE_CONFIG_DIR": str(session)}, variables, played)
            shutil.rmtree(session)
        else:
            raise AssertionError(f"{step} is not known here")

    def _scripts(
        self, commands: list[list[str]], more: dict[str, str], variables: Mapping[str, str], played: Played
    ) -> None:
        """Runs commands one after the other until one fails, in an environment that has each variable."""
        named = {name.upper().replace(".", "_"): value for name, value in _expanded(variables, variables).items()}
        environ = {**self.environ, **named, **more, "HOME": str(played.folder / "home"), "TF_BUILD": "True"}
        for command in commands:
            process = subprocess.Popen(
                command,
                cwd=played.folder / "sources",
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
            self.watch(played, process)
            played.said += process.communicate()[0]
            if process.returncode:
                played.result = "failed"
                return


def _inputs(step: dict[str, Any], *free: str, **fixed: str) -> dict[str, str]:
    """The task's inputs: just these, of which some have the one value that is played here."""
    inputs: dict[str, str] = step["inputs"]
    assert inputs.keys() == {*free, *fixed} and fixed.items() <= inputs.items(), step
    return inputs


def _has_room(job: Job, running: Any) -> bool:
    """Whether the job's matrix may have one more leg at once."""
    return job.at_once is None or sum(other.at_once == job.at_once for other in running) < job.at_once[1]


def _expanded(value: Any, variables: Mapping[str, str]) -> Any:
    """The value with each $(name) replaced, as often as it takes; what is no variable stays as it is."""
    if isinstance(value, Mapping):
        return {key: _expanded(one, variables) for key, one in value.items()}
    while isinstance(value, str):
        fuller = re.sub(r"\$\(([\w.]+)\)", lambda found: variables.get(found[1], found[0]), value)
        if fuller == value:
            break
        value = fuller
    return value
