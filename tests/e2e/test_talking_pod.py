"""A pod that talks to the pipeline's agent: what its process writes is relayed by the doctor, and obeyed by nobody."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from labs import Ended, TestLab

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

#: Each on a line of its own, as an agent looks for them; then all in the line of which the doctor takes notice.
TRIES = ("##vso[task.setvariable variable=x]y", "##[error]z", "::error::q")
COMPLAINT = f"::error::q level=error {' '.join(TRIES)} \\r::warning::r"
PROGRAM = f"""
import signal
print({chr(10).join((*TRIES, COMPLAINT))!r}, flush=True)
signal.pause()
"""
DOCKERFILE = 'FROM python:3.13-slim-bookworm\nCOPY main.py .\nUSER 10001:10001\nCMD ["python", "main.py"]\n'
#: In the place of the lab's own backend, whose logs the doctor reads.
DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: backend, namespace: workload}
spec:
  selector: {matchLabels: {app: backend}}
  template:
    metadata: {labels: {app: backend}}
    spec:
      securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
      containers:
      - name: backend
        image: IMAGE
        securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
"""
#: All that an agent would take for a command, and what this run itself has to say.
OBEYED = {"TF_BUILD": r"##(?:vso)?\[.*", "GITHUB_ACTIONS": r"^[^\S\n]*::.*::.*"}
OWN = {
    "TF_BUILD": r"##\[(group|endgroup)\].*|"
    r"##vso\[task\.(setsecret|setprogress value=\d+;|logissue type=error|uploadsummary)\].*",
    "GITHUB_ACTIONS": r"::(group|endgroup|add-mask|error)::.*",
}


@pytest.fixture(scope="module")
def talking(lab: TestLab, tmp_path_factory: pytest.TempPathFactory) -> TestLab:
    """A lab without the sample, but with a pod whose process has written all that."""
    context = tmp_path_factory.mktemp("image")
    (context / "main.py").write_text(PROGRAM)
    (context / "Dockerfile").write_text(DOCKERFILE)
    _done(lab.inv("workload-namespace", "acrpull"))
    (registry,) = lab.asked("az", "acr", "list")
    _done(lab.client("az", "acr", "build", "--registry", registry["name"], "--image", "talking:1", str(context)))
    manifest = DEPLOYMENT.replace("IMAGE", f"{registry['loginServer']}/talking:1")
    _done(lab.client("kubectl", "apply", "--filename", "-", stdin=manifest))
    backend = ("deployment/backend", "--namespace", "workload")
    _done(lab.client("kubectl", "rollout", "status", *backend, "--timeout=60s"))
    ends_at = time.monotonic() + 30
    while COMPLAINT.partition("\r")[0] not in (said := _done(lab.client("kubectl", "logs", *backend))):
        assert time.monotonic() < ends_at, said
        time.sleep(0.2)
    assert all(line in said.splitlines() for line in TRIES), "the pod has really written them"
    return lab


def _done(ended: Ended) -> str:
    assert ended.code == 0, ended.text
    return ended.out


@pytest.mark.parametrize("agent", OBEYED)
def test_what_a_pod_writes_is_shown_and_no_command(talking: TestLab, agent: str, tmp_path: Path) -> None:
    ended = talking.run("inv", "doctor", **{agent: "true", "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")})
    assert ended.code == 1, ended.text
    assert "it says: ::error::q level=error # #vso[task.setvariable variable=x]y # #[error]z ::error::q" in ended.out
    commands = re.findall(OBEYED[agent], ended.text, re.MULTILINE)
    assert len(commands) > 3, "this run has commands of its own"
    foreign = [one for one in commands if not re.fullmatch(OWN[agent], one)]
    assert foreign == []
    told = "\n".join(commands)
    assert not re.search(r"setvariable|error\]z|error::q|warning", told), told
