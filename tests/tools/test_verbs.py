"""The verbs' own logic: what a command's answer means, before any command is run."""

from types import SimpleNamespace
from uuid import UUID

import pytest
import yaml

from engine.errors import Absent, CommandFailed, StepFailed, UsageError
from engine.goal import Change, Command, Completed, Differs, Holds, Missing
from tools import (
    az,
    certificate,
    checks,
    contexts,
    deployment,
    groups,
    helm,
    identity,
    kubectl,
    registry,
    role,
    rollout,
    zone,
)

SUBSCRIPTION = UUID("5ab5c1b0-0000-4000-8000-00000000c0de")


def ended(code: int, out: str = "", err: str = "") -> Completed:
    return Completed(Command(("az", "something")), code, out, err, 0.1)


def test_az_is_absent_only_where_it_says_so():
    with pytest.raises(Absent, match="not be found"):
        az.answer(ended(az.NOT_FOUND, err="ERROR: (ResourceNotFound) It could not be found.\nCode: ResourceNotFound"))
    read = az.absent_where("NAME_UNKNOWN")
    with pytest.raises(Absent):
        read(ended(1, err="ERROR: NAME_UNKNOWN: repository name not known"))
    with pytest.raises(CommandFailed):
        read(ended(1, err="ERROR: the network is down"))


def test_a_role_is_held_by_this_principal_in_this_name():
    goal = role.assigned("AcrPull", "p1", "kubelet", "/subscriptions/s/registry", SUBSCRIPTION)
    assert goal.judge([{"principalId": "p1", "roleDefinitionName": "AcrPull"}]) == Holds()
    assert isinstance(goal.judge([{"principalId": "p2", "roleDefinitionName": "AcrPull"}]), Missing)
    assert isinstance(goal.judge([{"principalId": "p1", "roleDefinitionName": "Reader"}]), Missing)


def test_a_federated_credential_differs_by_value():
    goal = identity.federated("id", "rg", "https://issuer/", "ns/sa", SUBSCRIPTION)
    good = {
        "name": "fic-ns-sa",
        "issuer": "https://issuer/",
        "subject": "system:serviceaccount:ns:sa",
        "audiences": [identity.AUDIENCE],
    }
    assert goal.judge([good]) == Holds()
    assert goal.judge([good | {"issuer": "https://issuer"}]) == Differs(("issuer: https://issuer -> https://issuer/",))
    assert isinstance(goal.judge([good | {"name": "another"}]), Holds), "the same trust under another name"
    assert isinstance(goal.judge([good | {"name": "another", "subject": "system:serviceaccount:ns:other"}]), Missing)
    assert goal.locks == ("identity:id",)


def change(kind: str, path: str, before: object, after: object) -> dict[str, object]:
    return {"path": path, "propertyChangeType": kind, "before": before, "after": after, "children": None}


def test_what_if_tells_missing_and_differing_and_not_its_noise():
    settings = SimpleNamespace(name="dev", location="here", subscription=SUBSCRIPTION, lab_tags={"aks-lab": "dev"})
    goal = deployment.deployed(SimpleNamespace(settings=settings), "part", a=1)
    assert 'tags={"aks-lab": "dev"}' in goal.acts[0].argv and "a=1" in goal.acts[0].argv
    modified = {"resourceId": "/x/networks/n", "changeType": "Modify"}
    assert goal.judge({"changes": [{"resourceId": "/x/networks/n", "changeType": "NoChange"}]}) == Holds()
    assert goal.judge({"changes": [{"resourceId": "/x/networks/n", "changeType": "Ignore"}]}) == Holds()
    assert goal.judge({"changes": [{"resourceId": "/x/networks/n", "changeType": "Create"}]}) == Differs(
        (Change("create", "networks n"),)
    )
    real = change("Modify", "sku", "Basic", "Standard")
    nested = {"path": "properties", "propertyChangeType": "Modify", "children": [real]}
    assert goal.judge({"changes": [modified | {"delta": [nested]}]}) == Differs(
        (Change("change", "networks n", ("properties.sku: Basic -> Standard",)),)
    )
    noise = [change("Delete", "default", "x", None), change("Modify", "id", "x", "[reference('y')]")]
    assert goal.judge({"changes": [modified | {"delta": noise}]}) == Holds()


def test_a_kubectl_diff_is_told_object_by_object():
    new = (
        "diff -u -N /tmp/LIVE-1/v1.Namespace..web /tmp/MERGED-2/v1.Namespace..web\n@@ -0,0 +1,2 @@\n+kind: Namespace\n"
    )
    old = (
        "diff -u -N /tmp/LIVE-1/apps.v1.Deployment.web.backend /tmp/MERGED-2/apps.v1.Deployment.web.backend\n"
        "--- /tmp/LIVE-1/apps.v1.Deployment.web.backend 2026\n+++ /tmp/MERGED-2/apps.v1.Deployment.web.backend 2026\n"
        "@@ -6,4 +6,4 @@\n-  generation: 2\n+  generation: 3\n spec:\n-  replicas: 3\n+  replicas: 1\n"
    )
    assert kubectl.same("") == Holds()
    lines = (" spec:", "-  replicas: 3", "+  replicas: 1")
    assert kubectl.same(new + old) == Differs(
        (Change("create", "Namespace web"), Change("change", "Deployment backend", lines))
    )
    assert kubectl.same(old.partition("@@ -6")[0] + "@@ -2,2 +2,2 @@\n-  generation: 2\n+  generation: 3\n") == Holds()
    assert isinstance(kubectl.same(Absent('namespaces "web" not found')), Differs)


def test_of_what_has_no_place_or_no_kind_yet_each_object_is_missing():
    objects = [
        ("Namespace", "web", None),
        ("Deployment", "backend", "web"),
        ("Role", "r", "other"),
        ("Issuer", "i", "a"),
    ]
    manifest = yaml.safe_dump_all(
        {"kind": kind, "metadata": {"name": name} | ({"namespace": place} if place else {})}
        for kind, name, place in objects
    )
    judge = kubectl.applied("objects", manifest, "web").judge
    missing = Differs((Change("create", "Namespace web"), Change("create", "Deployment backend")))
    assert judge(Absent('Error from server (NotFound): namespaces "web" not found')) == missing
    kind = 'no matches for kind "Issuer" in version "cert-manager.io/v1"'
    assert judge(Absent(f"error: resource mapping not found for name: {kind}")) == Differs(
        (Change("create", "Issuer i"),)
    )
    assert judge(Absent(where := "ensure CRDs are installed first")) == Differs((where,))
    assert judge("") == Holds()


def test_a_deployment_is_available_when_its_newest_template_is():
    judge = rollout.available("web", "ns").judge
    status = {"observedGeneration": 2, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}
    spec = {"replicas": 1, "selector": {"matchLabels": {"app": "web"}}}
    found = {"kind": "Deployment", "metadata": {"name": "web", "generation": 2}, "spec": spec, "status": status}
    assert judge([found]) == Holds()
    assert isinstance(judge([]), Missing)
    assert isinstance(judge([found | {"metadata": {"name": "web", "generation": 3}}]), Differs)
    assert isinstance(judge([found | {"status": status | {"replicas": 2}}]), Differs)
    waiting = {"state": {"waiting": {"reason": "ErrImagePull", "message": "401 Unauthorized"}}}
    pod = {
        "kind": "Pod", "metadata": {"name": "web-1", "labels": {"app": "web"}},
        "status": {"phase": "Pending", "containerStatuses": [waiting]},
    }  # fmt: skip
    behind = found | {"status": {"observedGeneration": 2}}
    assert judge([behind, pod]) == Differs(("0 of 1 pods of web are available", "web-1: ErrImagePull 401 Unauthorized"))


def ordered(name: str, created: str, state: str, reason: str, kind: str = "Order") -> dict[str, object]:
    metadata = {"name": name, "creationTimestamp": created}
    return {"kind": kind, "metadata": metadata, "status": {"state": state, "reason": reason}}


def test_a_certificate_tells_how_far_its_newest_order_has_come():
    judge = certificate.issued("wi", "ns").judge
    ready = {"type": "Ready", "status": "False", "message": "Issuing certificate as Secret does not exist"}
    found = {"kind": "Certificate", "metadata": {"name": "wi"}, "status": {"conditions": [ready]}}
    old = ordered("wi-1-8", "2026-11-23T00:00:00Z", "errored", "429 urn:ietf:params:acme:error:rateLimited")
    new = ordered("wi-2-9", "2026-11-24T00:00:00Z", "pending", "")
    challenge = ordered(
        "wi-2-9-7", "2026-11-24T00:00:00Z", "pending", "Waiting for DNS-01 challenge propagation", "Challenge"
    )
    state = judge([found, old, new, challenge])
    assert isinstance(state, Differs)
    assert [line.partition(":")[0] for line in state.how] == [
        "Certificate wi",
        "Order wi-2-9 pending",
        "Challenge wi-2-9-7 pending",
    ]
    assert judge([found | {"status": {"conditions": [ready | {"status": "True"}]}}, old]) == Holds()
    assert isinstance(judge([]), Missing)


def test_changed_values_are_named_by_path():
    before, after = {"a": {"b": 1, "c": 2}, "d": 3}, {"a": {"b": 1, "c": 4}}
    assert list(helm.changed(before, after)) == ["a.c: 2 -> 4", "d: 3 -> None"]


def record(kind: str, name: str, *texts: str) -> dict[str, object]:
    return {"type": f"Microsoft.Network/dnszones/{kind}", "name": name, "TXTRecords": [{"value": [t]} for t in texts]}


def test_only_the_owners_records_are_the_labs():
    ours = "heritage=external-dns,external-dns/owner=aks-lab-dev,external-dns/resource=ingress/workload/frontend"
    theirs = ours.replace("aks-lab-dev", "aks-lab-devops")
    records = [
        record("A", "wi-f"),
        record("TXT", "a-wi-f", ours),
        record("A", "a-wi-f"),
        record("AAAA", "wi-f"),
        record("A", "other"),
        record("TXT", "a-other", theirs),
        record("TXT", "wi-f", "v=spf1"),
    ]
    owned = [(zone.kind_of(one), one["name"]) for one in zone.owned_by("aks-lab-dev", records)]
    assert owned == [("A", "wi-f"), ("TXT", "a-wi-f")]


def test_a_group_without_the_labs_tag_stops_everything():
    found = {"rg-a": {"name": "rg-a", "tags": {groups.TAG: "dev"}}, "rg-b": {"name": "rg-b", "tags": None}}
    assert groups.ours(found, ("rg-a", "rg-c"), "dev") == {"rg-a"}
    with pytest.raises(StepFailed, match="rg-b"):
        groups.ours(found, ("rg-a", "rg-b"), "dev")


def test_a_chart_in_the_project_is_of_the_version_that_is_named(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/Chart.yaml").write_text("name: mine\nversion: 1.2.3\n")
    charts = {name: SimpleNamespace(ref=ref, version="1.2.3") for name, ref in (("a", "mine"), ("b", "oci://x/y"))}
    checks.charts_as_named(charts, tmp_path)
    charts["a"].version = "1.2.4"
    with pytest.raises(UsageError, match=r"charts\.a\.version is 1\.2\.4, and mine is 1\.2\.3"):
        checks.charts_as_named(charts, tmp_path)
    for broken in ("name: mine\n", "", "[1]", "a: b: c", "\0"):
        (tmp_path / "mine/Chart.yaml").write_text(broken)
        with pytest.raises(UsageError, match=r"charts\.a is .*mine, whose Chart\.yaml names no version"):
            checks.charts_as_named(charts, tmp_path)


def test_an_image_is_built_when_its_tag_is_there():
    judge = registry.built_once("acr", "web", "t1", "apps/web", SUBSCRIPTION).judge
    assert judge({"t1": "sha256:1"}) == Holds()
    assert isinstance(judge({"t0": "sha256:1"}), Missing)
    assert isinstance(judge(Absent("no such repository")), Missing)


def test_a_tag_follows_content_names_and_modes(tmp_path):
    source = tmp_path / "main.py"
    source.write_text("print()")
    first = contexts.content_tag(tmp_path)
    assert contexts.content_tag(tmp_path) == first
    for left_behind in ("__pycache__", ".mypy_cache"):
        (tmp_path / left_behind).mkdir()
        (tmp_path / left_behind / "main.pyc").write_text("x")
    assert contexts.content_tag(tmp_path) == first
    source.chmod(0o755)
    assert (second := contexts.content_tag(tmp_path)) != first
    source.rename(tmp_path / "other.py")
    assert contexts.content_tag(tmp_path) not in (first, second)


def test_what_helm_keeps_of_a_release_is_told_apart():
    printed = """NAME: dns
STATUS: deployed
USER-SUPPLIED VALUES:
note: |
  MANIFEST:
replicas: 2

COMPUTED VALUES:
replicas: 2
HOOKS:
---
# Source: dns/hook.yaml
kind: Job
MANIFEST:
---
# Source: dns/a.yaml
kind: Service
NOTES:
Have fun.
"""
    values, manifest = helm.values_of("dns", "web"), helm.manifest_of("dns", "web")
    assert values.identity == manifest.identity
    assert values.read(ended(0, printed)) == {"note": "MANIFEST:\n", "replicas": 2}
    assert manifest.read(ended(0, printed)) == "---\n# Source: dns/a.yaml\nkind: Service\n"
    bare = printed.partition("NOTES")[0].replace("note: |\n  MANIFEST:\nreplicas: 2", "null")
    assert values.read(ended(0, bare)) == {}
    assert manifest.read(ended(0, bare)).endswith("kind: Service\n")
    with pytest.raises(Absent):
        values.read(ended(1, err="Error: release: not found"))
    with pytest.raises(StepFailed, match="MANIFEST"):
        manifest.read(ended(0, "Somebody else's helm"))
