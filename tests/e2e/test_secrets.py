"""No secret where it does not belong: every token, key and credential that the sandbox handed out is looked for."""

import json
import os
import re
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from labs import INV, PROJECT, TestLab

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

#: Who has to have secrets in a lab's home; nobody but its owner can read them there. The sandbox is the cloud itself:
#: what it knows, and the volumes of its pods. The rest is az's own login and kubectl's way into the cluster.
KEEPERS = re.compile(
    r"sandbox/(state\.db.*|tls/.*|pods/.*|azure/(msal_token_cache|service_principal_entries|kubelogin\..*)\.json)"
    r"|environments/[^/]+/kubeconfig"
)
#: Given to every program as the platform gives it; only its owner can read a process's environment.
OF_THE_MACHINE = "IDENTITY_HEADER="


class Processes(threading.Thread):
    """Looks, again and again, at the command line of every process, and at the environment of those of one home."""

    def __init__(self, home: Path) -> None:
        super().__init__()
        self._mark = f"AKS_LAB_HOME={home}"
        self._pods = f"{home}/sandbox/pods"
        self._ended = threading.Event()
        self.environments: dict[str, list[str]] = {}
        """By process id and command line; pods are the cloud's own, and others than the lab's have none here."""

    def __enter__(self) -> "Processes":
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self.join()

    def run(self) -> None:
        while not self._ended.wait(0.025):
            for process in Path("/proc").glob("[1-9]*"):
                with suppress(OSError):  # it has ended meanwhile
                    self._look(process)

    def _look(self, process: Path) -> None:
        line = f"{process.name} {(process / 'cmdline').read_text(errors='replace')}"
        if line not in self.environments:
            variables = (process / "environ").read_text(errors="replace").split("\0")
            ours = self._mark in variables and not any(self._pods in one for one in variables)
            self.environments[line] = variables if ours else []


#: What Python reads when it starts: each process that it starts then writes down what it starts itself, however short
#: that lives. Programs that are no Python are seen by `Processes`.
STARTS = """
import os, sys

def heard(event, args):
    if event in ("subprocess.Popen", "os.exec", "os.posix_spawn"):
        with open({file!r}, "a") as file:
            file.write(repr(args[1]) + "\\n")

sys.addaudithook(heard)
"""


@dataclass(frozen=True)
class Evidence:
    """What was handed out, and where it may have got to. `secrets` has what each is, by a part that gives it away."""

    home: Path
    secrets: dict[str, str]
    said: str
    environments: dict[str, list[str]]
    started: str

    def found_in(self, text: str) -> set[str]:
        return {what for part, what in self.secrets.items() if part in text}


@pytest.fixture(scope="module")
def evidence(tools: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evidence]:
    """A lab with Entra, one without (its kubeconfig has credentials in it) that fails, a plan, and a run's report."""
    folder = tmp_path_factory.mktemp("secrets")
    lab, overheard, local = TestLab(folder / "home", tools), folder / "overheard.jsonl", folder / "local.yaml"
    settings = (PROJECT / "config/sandbox.yaml").read_text().replace("charts/cert-manager", "charts/nowhere")
    local.write_text(settings.replace("name: dev", "name: local").replace("cluster:\n", "cluster:\n  entra: false\n"))
    (folder / "python").mkdir()
    (folder / "python/sitecustomize.py").write_text(STARTS.format(file=str(folder / "started.txt")))
    lab.environ["PYTHONPATH"] = str(folder / "python")
    ears = [sys.executable, str(Path(__file__).with_name("overheard.py")), str(lab.home / "sandbox"), str(overheard)]
    with subprocess.Popen(ears, cwd=PROJECT, env=lab.environ, stdout=subprocess.PIPE, text=True) as sandbox:
        try:
            assert sandbox.stdout is not None and sandbox.stdout.readline().startswith("sandbox: ")
            with Processes(lab.home) as processes:
                plain = lab.run(str(INV), "-f", str(local), "certmanager", INVOKE_LAB_WARM="0")
                runs = [plain, *map(lab.inv, ("lab", "plan", "report")), lab.inv("-f", str(local), "report")]
            said = "\n".join(run.text for run in runs)
            assert [run.code for run in runs] == [1, 0, 0, 0, 0], said
            assert "charts/nowhere" in plain.out
            time.sleep(0.1)  # the last answer has been written down
            started = (folder / "started.txt").read_text()
            yield Evidence(lab.home, _parts(overheard), said, processes.environments, started)
        finally:
            sandbox.terminate()


def _parts(overheard: Path) -> dict[str, str]:
    """The ends of secrets; of a token of each of its parts, but the header that all have."""
    found = {}
    for line in overheard.read_text().splitlines():
        entry = json.loads(line)
        parts = entry["secret"].split(".")[1:] if entry["secret"].startswith("eyJ") else [entry["secret"]]
        found |= {part[-40:]: entry["what"] for part in parts if len(part) >= 16}
    return found


def test_there_were_secrets_to_be_lost(evidence: Evidence) -> None:
    assert set(evidence.secrets.values()) >= {"token", "signature", "token of a kubeconfig"}


def test_files_have_secrets_only_where_they_are_kept(evidence: Evidence) -> None:
    """Logs, journals, reports, JUnit, helm's and kubectl's caches, az's own logs: all of the home but the tools."""
    kept, found = set(), {}
    for folder, folders, files in os.walk(evidence.home):
        folders[:] = [name for name in folders if name != "tools"]
        for path in (Path(folder) / name for name in files):
            with suppress(FileNotFoundError):  # a pod's, gone meanwhile
                has, name = (
                    evidence.found_in(path.read_text(errors="replace")),
                    path.relative_to(evidence.home).as_posix(),
                )
                if has and KEEPERS.fullmatch(name) and _private(path, evidence.home):
                    kept.add(name)
                elif has:
                    found[name] = has
    assert found == {}
    assert kept >= {"sandbox/azure/msal_token_cache.json", "environments/local/kubeconfig"}, "they were not looked for"


def _private(path: Path, home: Path) -> bool:
    """Nobody but the owner gets at it: for its own mode, or for that of a folder above it."""
    above = [path, *path.parents][: len(path.relative_to(home).parts)]
    return any(stat.S_IMODE(one.stat().st_mode) & 0o077 == 0 for one in above)


def test_the_kubeconfigs_are_readable_for_their_owner_alone(evidence: Evidence) -> None:
    modes = [stat.S_IMODE(path.stat().st_mode) for path in evidence.home.glob("environments/*/kubeconfig")]
    assert modes == [0o600, 0o600]


def test_what_was_said_has_no_secret(evidence: Evidence) -> None:
    assert evidence.found_in(evidence.said) == set()


def test_no_command_line_has_a_secret(evidence: Evidence) -> None:
    lines = "\n".join(evidence.environments)
    assert "kubectl" in lines and "helm" in lines and "warm_server" in lines  # they were looked at while they ran
    assert evidence.found_in(lines) == set()
    for one in ("'kubectl', 'get'", "'helm', 'upgrade'", "'az', 'aks', 'get-credentials'"):
        assert one in evidence.started
    assert evidence.found_in(evidence.started) == set()


def test_no_environment_has_a_secret_but_the_machines_own(evidence: Evidence) -> None:
    assert any(evidence.environments.values())
    for line, variables in evidence.environments.items():
        kept = [one for one in variables if not one.startswith(OF_THE_MACHINE)]
        assert evidence.found_in("\0".join(kept)) == set(), line
