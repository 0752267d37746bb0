"""A cluster from the outside: made, followed, removed; and how its tables tell of age and trouble."""

from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from conftest import CLUSTER, document

from sandbox.kube import cluster as clusters
from sandbox.kube.tables import pods
from sandbox.kube.tables.column import duration
from sandbox.store import Store
from sandbox.tls import Certificates
from sandbox.world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    (tmp_path / "tls").mkdir()
    Certificates(tmp_path / "tls").prepare()
    return World(tmp_path, "https://localhost:1", Store(None))


def nodes(world: World, uid: str) -> list[str]:
    return [node["metadata"]["name"] for node in clusters.objects(world, uid).list("nodes")]


def test_nodes_follow_the_agent_pools(world: World) -> None:
    uid = clusters.create(world, CLUSTER, document())
    before = nodes(world, uid)
    assert [name[-6:] for name in before] == ["000000", "000001"]
    more = [{"name": "nodepool1", "count": 3}, {"name": "user", "count": 1, "mode": "User"}]
    assert clusters.create(world, CLUSTER, document(agentPoolProfiles=more)) == uid
    assert set(before) < set(nodes(world, uid)) and len(nodes(world, uid)) == 4
    clusters.create(world, CLUSTER, document())
    assert nodes(world, uid) == before


def test_nothing_is_written_when_nothing_changes(world: World) -> None:
    uid = clusters.create(world, CLUSTER, document())
    revision = clusters.objects(world, uid).revision
    clusters.create(world, CLUSTER, document())
    assert clusters.objects(world, uid).revision == revision


def test_the_workload_identity_webhook_comes_and_goes(world: World) -> None:
    def present(enabled: bool) -> bool:
        security = {"workloadIdentity": {"enabled": enabled}}
        uid = clusters.create(world, CLUSTER, document(securityProfile=security))
        name = "azure-wi-webhook-controller-manager"
        return clusters.objects(world, uid).find("apps/deployments", "kube-system", name) is not None

    assert [present(False), present(True), present(False)] == [False, True, False]


def test_kubeconfigs(world: World) -> None:
    uid = clusters.create(world, CLUSTER, document())
    admin = yaml.safe_load(clusters.kubeconfig(world, uid, "admin"))
    assert (admin["current-context"], admin["users"][0]["name"]) == ("lab", "clusterAdmin_rg-lab_lab"), "az adds -admin"
    assert admin["clusters"][0]["cluster"]["server"] == f"https://localhost:1/clusters/{uid}"
    clusters.create(world, CLUSTER, document(aadProfile={"managed": True}))
    user = yaml.safe_load(clusters.kubeconfig(world, uid, "user"))["users"][0]["user"]
    assert user["exec"]["command"] == "kubelogin" and "token" not in user


def test_a_removed_cluster_leaves_nothing(world: World) -> None:
    uid = clusters.create(world, CLUSTER, document())
    clusters.remove(world, uid)
    clusters.remove(world, uid)
    assert clusters.find(world, CLUSTER) is None and clusters.uids(world) == []
    assert len(world.store.table(f"kube/{uid}")) == 0
    assert clusters.create(world, CLUSTER, document()) != uid


def test_an_unknown_cluster_is_not_there(api: httpx.Client) -> None:
    root = str(api.base_url).split("/clusters/")[0]
    for path in ("/clusters/none/version", "/oidc/7e7a9c00-0000-4000-8000-00000000c0de/none/openid/v1/jwks"):
        assert api.get(root + path).status_code == 404


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0s"), (119, "119s"), (120, "2m"), (130, "2m10s"), (3 * 3600 - 1, "179m"), (3 * 3600, "3h"),
        (5 * 3600 + 60, "5h1m"), (47 * 3600, "47h"), (3 * 86400 + 7200, "3d2h"), (100 * 86400, "100d"),
        (800 * 86400, "2y70d"),
    ],
)  # fmt: skip
def test_ages(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


def state(**found: Any) -> dict[str, Any]:
    return {"name": "a", "ready": "running" in found, "restartCount": 0, "state": found}


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        ({"phase": "Pending"}, "Pending"),
        (
            {"phase": "Pending", "containerStatuses": [state(waiting={"reason": "ImagePullBackOff"})]},
            "ImagePullBackOff",
        ),
        ({"phase": "Running", "containerStatuses": [state(running={})]}, "Running"),
        ({"phase": "Failed", "containerStatuses": [state(terminated={"exitCode": 3})]}, "ExitCode:3"),
        ({"phase": "Succeeded", "containerStatuses": [state(terminated={"reason": "Completed"})]}, "Completed"),
        ({"phase": "Pending", "initContainerStatuses": [state(waiting={"reason": "PodInitializing"})]}, "Init:0/1"),
        ({"phase": "Failed", "reason": "Evicted"}, "Evicted"),
    ],
)
def test_the_status_of_a_pod(status: dict[str, Any], shown: str) -> None:
    pod = {"metadata": {"name": "p"}, "spec": {"containers": [{}], "initContainers": [{}]}, "status": status}
    assert pods.reason(pod) == shown
