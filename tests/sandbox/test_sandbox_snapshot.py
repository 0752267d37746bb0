"""Snapshots: equal for two sandboxes in which the same was done, and different for every change that matters."""

import asyncio
import base64
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from seeded_sandbox import new_world

from sandbox.arm import resources, roles
from sandbox.arm.ids import ResourceId
from sandbox.entra import principals
from sandbox.kube import cluster
from sandbox.kube.objects import Objects
from sandbox.snapshot import snapshot
from sandbox.world import SUBSCRIPTION_ID, World

GROUP = f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/rg-lab"
CLUSTER = ResourceId(f"{GROUP}/providers/Microsoft.ContainerService/managedClusters/lab")
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-lab"
RECORD = (
    f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/rg-core-dns/providers/Microsoft.Network/dnsZones"
    "/contoso.localhost/A/www"
)


def put(world: World, id: str, body: dict[str, Any], version: str) -> None:
    asyncio.run(resources.put(world, None, ResourceId(id), body, api_version=version))


def objects(world: World) -> Objects:
    found = cluster.find(world, CLUSTER)
    assert found is not None
    return cluster.objects(world, found["uid"])


def secret(world: World, name: str, kind: str, **data: bytes) -> None:
    encoded = {key: base64.b64encode(value).decode() for key, value in data.items()}
    metadata = {"name": name, "namespace": "default"}
    document = {"apiVersion": "v1", "kind": "Secret", "type": kind, "metadata": metadata, "data": encoded}
    objects(world).create("secrets", document)


def release(world: World, version: int = 1, status: str = "deployed", **values: Any) -> None:
    said = {
        "name": "web", "namespace": "default", "version": version, "info": {"status": status}, "config": values,
        "chart": {"metadata": {"name": "web", "version": "1.0.0"}}, "manifest": "",
    }  # fmt: skip
    packed = base64.b64encode(gzip.compress(json.dumps(said).encode()))
    secret(world, f"sh.helm.release.v1.web.v{version}", "helm.sh/release.v1", release=packed)


def address(world: World, ip: str) -> None:
    put(world, RECORD, {"properties": {"TTL": 300, "ARecords": [{"ipv4Address": ip}]}}, "2018-05-01")


def identity(world: World) -> str:
    found = resources.stored(world, ResourceId(IDENTITY))
    assert found is not None
    principal: str = found["properties"]["principalId"]
    return principal


def pod(world: World, name: str, **spec: Any) -> None:
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-d2fzhh6w4f", "uid": "1", "controller": True}
    metadata = {"name": f"web-d2fzhh6w4f-{name}", "namespace": "default", "ownerReferences": [owner]}
    document = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [], **spec}}
    objects(world).create("pods", document)


def lab(folder: Path, pod_name: str) -> World:
    """A sandbox with something of everything, whose ids are its own."""
    world = new_world(folder)
    put(world, GROUP, {"location": "norwayeast"}, "2024-11-01")
    put(world, IDENTITY, {"location": "norwayeast"}, "2024-11-30")
    roles.grant(world, identity(world), "Reader", GROUP)
    principals.create_group(world, "aks-admins")
    address(world, "203.0.113.2")
    cluster.create(world, CLUSTER, {"location": "norwayeast", "properties": {}})
    config = {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "who", "namespace": "default"}}
    objects(world).create("configmaps", {**config, "data": {"client": identity(world)}})
    secret(world, "settings", "Opaque", colour=b"blue")
    release(world, replicas=1)
    pod(world, pod_name)
    return world


CHANGES: dict[str, tuple[Callable[[World], object], str]] = {
    "a record": (lambda world: address(world, "203.0.113.3"), "resources"),
    "a second role": (lambda world: roles.grant(world, identity(world), "Contributor", GROUP), "role assignments"),
    "the same role twice": (
        lambda world: world.store.table("resources").update(
            {
                f"{key}2": one
                for key, one in world.store.table("resources").items()
                if "/resourcegroups/rg-lab/providers/microsoft.authorization/" in key
            }
        ),
        "role assignments",
    ),
    "a group of the same name": (lambda world: principals.create_group(world, "aks-admins"), "directory objects"),
    "a member": (
        lambda world: principals.add_member(
            world, principals.of_type(world, principals.GROUP)[0]["id"], identity(world)
        ),
        "directory objects",
    ),
    "an image without a tag": (
        lambda world: world.store.table("acr_manifests").update({"lab/web@sha256:1": {"repository": "web"}}),
        "images",
    ),
    "a value in a config map": (
        lambda world: objects(world).edit(
            "configmaps", "default", "who", lambda one: one.update(data={"client": "somebody"})
        ),
        "objects",
    ),
    "a value in a secret": (
        lambda world: objects(world).edit("secrets", "default", "settings", lambda one: one.update(data={})),
        "objects",
    ),
    "a leftover job": (
        lambda world: objects(world).create(
            "batch/jobs",
            {"kind": "Job", "apiVersion": "batch/v1", "metadata": {"name": "hook", "namespace": "default"}},
        ),
        "objects",
    ),
    "one pod more": (lambda world: pod(world, "zzzzz"), "pods"),
    "a release's values": (lambda world: release(world, 2, replicas=2), "releases"),
    "a release that is not over": (lambda world: release(world, 2, "pending-upgrade", replicas=1), "releases"),
}


def test_the_same_done_twice_is_the_same(tmp_path: Path) -> None:
    one, other = lab(tmp_path / "one", "abcde"), lab(tmp_path / "other", "fghij")
    assert identity(one) != identity(other)
    assert snapshot.take(one) == snapshot.take(other)
    text = json.dumps(snapshot.take(one))
    assert "<servicePrincipal id-lab> has <role Reader>" in text and identity(one) not in text


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_shows_where_it_belongs_and_nowhere_else(tmp_path: Path, change: str) -> None:
    world = lab(tmp_path, "abcde")
    before = snapshot.take(world)
    make, section = CHANGES[change]
    make(world)
    after = snapshot.take(world)
    assert [name for name in before if before[name] != after[name]] == [section]


def test_what_is_history_does_not_show(tmp_path: Path) -> None:
    """A release that was upgraded to the same, and an event."""
    world = lab(tmp_path, "abcde")
    before = snapshot.take(world)
    objects(world).delete("secrets", "default", "sh.helm.release.v1.web.v1")
    release(world, 1, "superseded", replicas=1)
    release(world, 2, replicas=1)
    happened = {"kind": "Event", "apiVersion": "v1", "metadata": {"name": "web.1", "namespace": "default"}}
    objects(world).create("events", happened)
    assert snapshot.take(world) == before
