"""The real helm at a cluster: installs, upgrades that fail and are rolled back, hooks, custom resources."""

from pathlib import Path

import pytest
from conftest import Cluster

pytestmark = pytest.mark.e2e

DEFINITION = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: gadgets, kind: Gadget}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties: {spec: {type: object, properties: {size: {type: integer}}}}
"""
TEMPLATES = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}}
spec:
  selector: {matchLabels: {app: {{ .Release.Name }}}}
  template:
    metadata: {labels: {app: {{ .Release.Name }}}}
    spec: {containers: [{name: main, image: {{ .Values.image | quote }}}]}
---
apiVersion: v1
kind: Service
metadata: {name: {{ .Release.Name }}}
spec: {selector: {app: {{ .Release.Name }}}, ports: [{port: 80}]}
---
apiVersion: example.com/v1
kind: Gadget
metadata: {name: {{ .Release.Name }}}
spec: {size: 2}
---
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .Release.Name }}-before
  annotations: {helm.sh/hook: "pre-install,pre-upgrade", helm.sh/hook-delete-policy: before-hook-creation}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: main, image: "registry.k8s.io/pause:3.10"}]}}}
"""
MISSING = "localhost:1/missing:1"
WAIT = ("--wait", "--rollback-on-failure")


@pytest.fixture(scope="module")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small chart with a definition, an object of it, a hook and a deployment."""
    root = tmp_path_factory.mktemp("chart")
    for folder in ("templates", "crds"):
        (root / folder).mkdir()
    (root / "Chart.yaml").write_text("apiVersion: v2\nname: small\nversion: 0.1.0\n")
    (root / "values.yaml").write_text("image: registry.k8s.io/pause:3.10\n")
    (root / "crds" / "gadgets.yaml").write_text(DEFINITION)
    (root / "templates" / "all.yaml").write_text(TEMPLATES)
    return root


def statuses(cluster: Cluster, namespace: str) -> list[str]:
    found = cluster.helm("history", "rel", "-n", namespace, "-o", "json").json()
    return [one["status"] for one in found]


def test_a_release_from_install_to_uninstall(cluster: Cluster, chart: Path) -> None:
    place = ("-n", "hns")
    upgrade = ("upgrade", "--install", "rel", str(chart), *place, *WAIT)
    cluster.helm(*upgrade, "--create-namespace", "--timeout", "60s").ok()
    assert [one["name"] for one in cluster.helm("list", "-A", "-o", "json").json()] == ["rel"]
    assert cluster.kubectl("get", "gadgets", *place, "-o", "jsonpath={.items[0].spec.size}").ok() == "2"
    assert "Complete" in cluster.kubectl("get", "job", "rel-before", *place).ok()
    uid = ("get", "svc", "rel", *place, "-o", "jsonpath={.metadata.uid}{.metadata.resourceVersion}")
    before = cluster.kubectl(*uid).ok()
    cluster.helm(*upgrade, "--set", "image=registry.k8s.io/pause:3.9", "--timeout", "60s").ok()
    assert cluster.kubectl(*uid).ok() == before, "what an upgrade does not change is not written"
    assert statuses(cluster, "hns") == ["superseded", "deployed"]
    assert "image: registry.k8s.io/pause:3.9" in cluster.helm("get", "values", "rel", *place).ok()
    status = cluster.helm("status", "rel", *place).ok()
    assert "==> v1/Deployment" in status and "1/1" in status
    failed = cluster.helm(*upgrade, "--set", f"image={MISSING}", "--timeout", "5s")
    assert failed.code == 1 and "has been rolled back due to rollback-on-failure" in failed.err
    assert statuses(cluster, "hns") == ["superseded", "superseded", "failed", "deployed"]
    image = "jsonpath={.spec.template.spec.containers[0].image}"
    assert cluster.kubectl("get", "deploy", "rel", *place, "-o", image).ok() == "registry.k8s.io/pause:3.9"
    cluster.helm("rollback", "rel", "1", *place, "--wait").ok()
    assert cluster.kubectl("get", "deploy", "rel", *place, "-o", image).ok() == "registry.k8s.io/pause:3.10"
    cluster.helm("uninstall", "rel", *place, "--wait").ok()
    assert cluster.kubectl("get", "deploy,svc,gadgets", *place, "-o", "name").ok() == ""
    assert cluster.kubectl("get", "secrets", *place, "-l", "owner=helm", "-o", "name").ok() == ""


def test_a_failed_install_leaves_nothing(cluster: Cluster, chart: Path, namespace: str) -> None:
    install = ("upgrade", "--install", "rel", str(chart), "-n", namespace, *WAIT, "--timeout", "5s")
    failed = cluster.helm(*install, "--set", f"image={MISSING}")
    assert failed.code == 1
    assert f"resource Deployment/{namespace}/rel not ready" in failed.err
    assert cluster.helm("list", "-n", namespace, "-q").ok().strip() == ""
    assert cluster.kubectl("get", "deploy,svc", "-n", namespace, "-o", "name").ok() == ""


@pytest.mark.parametrize("flags", [("--server-side=false",), ("--wait=legacy",), ("--dry-run=server",)])
def test_other_ways_to_install(cluster: Cluster, chart: Path, namespace: str, flags: tuple[str, ...]) -> None:
    install = ("upgrade", "--install", "rel", str(chart), "-n", namespace, *flags, "--timeout", "60s")
    cluster.helm(*install).ok()
    found = cluster.kubectl("get", "deploy", "-n", namespace, "-o", "name").ok().split()
    assert found == ([] if "--dry-run=server" in flags else ["deployment.apps/rel"])
    if found:
        cluster.helm(*install, "--set", "image=registry.k8s.io/pause:3.9").ok()
        assert statuses(cluster, namespace) == ["superseded", "deployed"]
