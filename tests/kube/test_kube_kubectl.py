"""The real kubectl at a cluster: a row of the contract each."""

import json
import re

import pytest
import yaml
from conftest import Cluster, deployment

pytestmark = pytest.mark.e2e


@pytest.fixture
def home(cluster: Cluster, namespace: str) -> Cluster:
    """The cluster, with the test's own namespace as kubectl's."""
    cluster.kubectl("config", "set-context", "--current", f"--namespace={namespace}").ok()
    return cluster


def documents(*listed: dict) -> str:
    return yaml.safe_dump_all(listed)


def test_what_a_fresh_cluster_shows(cluster: Cluster) -> None:
    version = json.loads(cluster.kubectl("version", "-o", "json").ok())
    assert version["serverVersion"]["gitVersion"] == "v1.35.0"
    nodes = cluster.kubectl("get", "nodes").ok().splitlines()
    assert nodes[0].split() == ["NAME", "STATUS", "ROLES", "AGE", "VERSION"]
    assert re.match(r"aks-nodepool1-\d{8}-vmss000000\s+Ready\s+<none>\s+\d+s\s+v1\.35\.0", nodes[1])
    cluster.kubectl("wait", "-n", "kube-system", "deploy", "--all", "--for=condition=Available", "--timeout=30s").ok()
    everything = cluster.kubectl("get", "all", "-A").ok()
    assert "service/kubernetes" in everything and "deployment.apps/coredns" in everything
    assert "nodes" in cluster.kubectl("api-resources").ok()
    assert cluster.kubectl("get", "--raw", "/readyz").ok() == "ok"
    assert "kubernetes.io/hostname" in cluster.kubectl("describe", "nodes").ok()


def test_apply_diff_rollout_and_logs(home: Cluster) -> None:
    text = documents(deployment("web", replicas=2))
    assert home.kubectl("apply", "-f", "-", stdin=text).ok() == "deployment.apps/web created\n"
    home.kubectl("rollout", "status", "deploy/web", "--timeout=30s").ok()
    assert home.kubectl("apply", "-f", "-", stdin=text).ok() == "deployment.apps/web unchanged\n"
    changed = documents(deployment("web", "registry.k8s.io/pause:3.9", replicas=3))
    difference = home.kubectl("diff", "-f", "-", stdin=changed)
    assert difference.code == 1
    assert "-  replicas: 2\n+  replicas: 3\n" in difference.out
    assert home.kubectl("apply", "-f", "-", stdin=changed).ok() == "deployment.apps/web configured\n"
    home.kubectl("rollout", "status", "deploy/web", "--timeout=30s").ok()
    assert re.findall(r"^\d+", home.kubectl("rollout", "history", "deploy/web").ok(), re.M) == ["1", "2"]
    ready = home.kubectl("get", "deploy", "web").ok().splitlines()[1].split()
    assert ready[:4] == ["web", "3/3", "3", "3"]
    assert home.kubectl("logs", "deploy/web", "--tail=1").ok().count("\n") == 1
    described = home.kubectl("describe", "deploy", "web").ok()
    assert "StrategyType:           RollingUpdate" in described and "ScalingReplicaSet" in described


def test_server_side_apply(home: Cluster) -> None:
    text = documents(deployment("web"))
    version = ("get", "deploy", "web", "-o", "jsonpath={.metadata.resourceVersion}")
    home.kubectl("apply", "--server-side", "-f", "-", stdin=text).ok()
    home.kubectl("rollout", "status", "deploy/web", "--timeout=30s").ok()
    before = home.kubectl(*version).ok()
    home.kubectl("apply", "--server-side", "-f", "-", stdin=text).ok()
    assert home.kubectl(*version).ok() == before, "what is there already is not written again"
    assert home.kubectl("diff", "--server-side", "-f", "-", stdin=text).code == 0
    home.kubectl("scale", "deploy/web", "--replicas=2").ok()
    refusal = home.kubectl("apply", "--server-side", "-f", "-", stdin=text)
    assert refusal.code == 1
    assert 'conflict with "kubectl" with subresource "scale" using apps/v1: .spec.replicas' in refusal.err
    home.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=text).ok()
    assert home.kubectl("get", "deploy", "web", "-o", "jsonpath={.spec.replicas}").ok() == "1"


def test_from_client_side_to_server_side_apply(home: Cluster) -> None:
    document = deployment("web")
    home.kubectl("apply", "-f", "-", stdin=documents(document)).ok()
    home.kubectl("apply", "--server-side", "-f", "-", stdin=documents(document)).ok()
    found = json.loads(home.kubectl("get", "deploy", "web", "-o", "json", "--show-managed-fields").ok())
    owners = {(one["manager"], one["operation"]) for one in found["metadata"]["managedFields"]}
    assert ("kubectl", "Apply") in owners
    assert ("kubectl-client-side-apply", "Update") not in owners, "kubectl hands its fields over"
    del document["spec"]["template"]["spec"]["containers"][0]["ports"]
    home.kubectl("apply", "--server-side", "-f", "-", stdin=documents(document)).ok()
    ports = home.kubectl("get", "deploy", "web", "-o", "jsonpath={.spec.template.spec.containers[0].ports}").ok()
    assert ports == ""


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("create configmap c --from-literal=a=b", "get configmap c -o jsonpath={.data.a} => b"),
        ("create secret generic s --from-literal=a=b", "get secret s -o jsonpath={.data.a}{.type} => Yg==Opaque"),
        ("create serviceaccount sa1", "get sa sa1 -o name => serviceaccount/sa1"),
        ("create deployment d --image=pause:1", "get deploy d -o jsonpath={.spec.replicas} => 1"),
        ("create job j --image=pause:1", "get job j -o jsonpath={.spec.backoffLimit} => 6"),
        (
            "create cronjob cj --image=pause:1 --schedule=@daily",
            "get cj cj -o jsonpath={.spec.concurrencyPolicy} => Allow",
        ),
        ("create role r --verb=get --resource=pods", "get role r -o jsonpath={.rules[0].verbs[0]} => get"),
        ("create ingress i --rule=a.b/x=web:80", "get ing i -o jsonpath={.spec.rules[0].host} => a.b"),
        ("create service clusterip s1 --tcp=80:8080", "get svc s1 -o jsonpath={.spec.ports[0].targetPort} => 8080"),
        ("create quota q --hard=pods=5", "get quota q -o jsonpath={.spec.hard.pods} => 5"),
        ("create pdb p --selector=a=b --min-available=50%", "get pdb p -o jsonpath={.spec.minAvailable} => 50%"),
        ("run p --image=pause:1 --port=80", "get pod p -o jsonpath={.spec.containers[0].ports[0].protocol} => TCP"),
    ],
)
def test_create(home: Cluster, command: str, shown: str) -> None:
    """Typed creates: their bodies are protobuf."""
    home.kubectl(*command.split()).ok()
    query, _, expected = shown.partition(" => ")
    assert home.kubectl(*query.split()).ok().strip() == expected


def test_label_annotate_patch_set_expose_replace(home: Cluster) -> None:
    home.kubectl("apply", "-f", "-", stdin=documents(deployment("web"))).ok()
    home.kubectl("label", "deploy", "web", "tier=front").ok()
    home.kubectl("annotate", "deploy", "web", "note=x").ok()
    home.kubectl("set", "image", "deploy/web", "web=registry.k8s.io/pause:3.8").ok()
    home.kubectl(
        "patch", "deploy", "web", "--type=json", "-p", '[{"op":"add","path":"/spec/paused","value":true}]'
    ).ok()
    side = '{"spec":{"template":{"spec":{"containers":[{"name":"side","image":"pause:1"}]}}}}'
    home.kubectl("patch", "deploy", "web", "-p", side).ok()
    found = json.loads(home.kubectl("get", "deploy", "web", "-o", "json").ok())
    assert found["metadata"]["labels"] == {"app": "web", "tier": "front"}
    images = {one["name"]: one["image"] for one in found["spec"]["template"]["spec"]["containers"]}
    assert images == {"web": "registry.k8s.io/pause:3.8", "side": "pause:1"}
    assert found["spec"]["paused"] is True
    home.kubectl("expose", "deploy", "web", "--port=80", "--target-port=8080").ok()
    assert "80/TCP" in home.kubectl("get", "svc", "web").ok()
    home.kubectl("wait", "deploy/web", "--for=jsonpath={.spec.paused}=true", "--timeout=5s").ok()
    home.kubectl("replace", "-f", "-", stdin=documents(deployment("web"))).ok()
    assert home.kubectl("get", "deploy", "web", "-o", "jsonpath={.spec.template.spec.containers[*].name}").ok() == "web"
    home.kubectl("rollout", "restart", "deploy/web").ok()
    home.kubectl("rollout", "status", "deploy/web", "--timeout=30s").ok()
    home.kubectl("describe", "svc", "web").ok()


def test_delete_and_wait(home: Cluster) -> None:
    home.kubectl("apply", "-f", "-", stdin=documents(deployment("web"))).ok()
    home.kubectl("rollout", "status", "deploy/web", "--timeout=30s").ok()
    home.kubectl("delete", "deploy", "web", "--wait").ok()
    home.kubectl("wait", "--for=delete", "pod", "-l", "app=web", "--timeout=30s").ok()
    assert home.kubectl("delete", "deploy", "web", "--ignore-not-found").ok() == ""
    refusal = home.kubectl("delete", "deploy", "web")
    assert (refusal.code, refusal.err) == (1, 'Error from server (NotFound): deployments.apps "web" not found\n')
    late = home.kubectl("wait", "deploy", "--all", "--for=condition=Available", "--timeout=1s")
    assert "no matching resources found" in late.err


def test_a_namespace_goes_with_what_is_in_it(cluster: Cluster) -> None:
    cluster.kubectl("create", "namespace", "gone").ok()
    cluster.kubectl("create", "configmap", "c", "-n", "gone").ok()
    cluster.kubectl("delete", "namespace", "gone", "--timeout=30s").ok()
    assert cluster.kubectl("get", "namespace", "gone").code == 1


def test_mistakes_are_told_as_by_a_real_cluster(home: Cluster) -> None:
    document = deployment("web")
    document["spec"]["replica"] = 2
    refusal = home.kubectl("apply", "-f", "-", stdin=documents(document))
    assert refusal.code == 1
    assert 'strict decoding error: unknown field "spec.replica"' in refusal.err
    warned = home.kubectl("apply", "--validate=warn", "-f", "-", stdin=documents(document))
    assert 'Warning: unknown field "spec.replica"' in warned.err
    home.kubectl("create", "configmap", "c").ok()
    assert 'configmaps "c" already exists' in home.kubectl("create", "configmap", "c").err
    unknown = documents({"apiVersion": "example.com/v9", "kind": "Nope", "metadata": {"name": "x"}})
    assert (
        'no matches for kind "Nope" in version "example.com/v9"' in home.kubectl("apply", "-f", "-", stdin=unknown).err
    )
    selector = '{"spec":{"selector":{"matchLabels":{"app":"other"}}}}'
    assert "field is immutable" in home.kubectl("patch", "deploy", "web", "--type=merge", "-p", selector).err
    assert home.kubectl("explain", "deployment").code == 1


def test_dry_runs_change_nothing(home: Cluster) -> None:
    text = documents(deployment("web"))
    for mode in (("apply",), ("apply", "--server-side"), ("create",)):
        home.kubectl(*mode, "--dry-run=server", "-f", "-", stdin=text).ok()
    assert "No resources found" in home.kubectl("get", "deploy").err


def test_access_questions(home: Cluster) -> None:
    assert home.kubectl("auth", "can-i", "delete", "nodes").ok() == "yes\n"
    assert home.kubectl("auth", "can-i", "list", "secrets", "--as=nobody").out == "no\n"
    assert "masterclient" in home.kubectl("auth", "whoami").ok()
    assert home.kubectl("auth", "can-i", "--list").ok().startswith("Resources")
    assert home.kubectl("create", "token", "default", "--audience=x").ok().count(".") == 2
    refusal = home.kubectl("get", "nodes", "--as=nobody")
    said = 'nodes is forbidden: User "nobody" cannot list resource "nodes" in API group "" at the cluster scope'
    assert said in refusal.err


def test_drain(home: Cluster) -> None:
    home.kubectl("apply", "-f", "-", stdin=documents(deployment("web", replicas=2))).ok()
    home.kubectl("rollout", "status", "deploy/web", "--timeout=30s").ok()
    node = home.kubectl("get", "nodes", "-o", "jsonpath={.items[0].metadata.name}").ok()
    flags = ("--ignore-daemonsets", "--delete-emptydir-data", "--force", "--timeout=30s")
    home.kubectl("drain", node, *flags).ok()
    assert "SchedulingDisabled" in home.kubectl("get", "node", node).ok()
    home.kubectl("uncordon", node).ok()
